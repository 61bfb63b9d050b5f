"""What could not be understood of a query, as a sentence."""

from django.utils.translation import gettext as _

from labelapp.queries.language.problems import Problem


def sentence(problem: Problem) -> str:
    """What is wrong, in the active language."""
    said = {
        "field": _("There is no filter “%(word)s”."),
        "empty": _("The filter “%(word)s” needs a value."),
        "value": _("“%(word)s” is no value of this filter."),
        "label": _("No label is called “%(word)s”."),
        "stage": _("No stage is called “%(word)s”."),
        "range": _("No funnel has the stages “%(word)s”."),
        "number": _("No number is called “%(word)s”."),
        "person": _("Nobody is called “%(word)s”."),
        "gone": _("The label “%(word)s” was deleted."),
        "hidden": _("This view is about something of a number that you can't see: that part is left out."),
        "text": _("“%(word)s” has no letters or digits to look for."),
        "long": _("The search is too long: its end is left out."),
    }
    return said[problem.code] % {"word": problem.word}
