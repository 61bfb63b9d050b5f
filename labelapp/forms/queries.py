"""A query that is typed into a form to be kept: nothing of it may be misunderstood."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from labelapp.models import Instance, User
from labelapp.queries.language.reading import read
from labelapp.queries.language.saved import Saved, label_pks, load, save
from labelapp.queries.language.writing import write
from labelapp.queries.saved import kept_labels
from labelapp.queries.scopes import Scope, scope_of


def kept_query(user: User, text: str) -> tuple[Saved, str]:
    """The query in its kept form, and as it is written. Over all numbers that the person may see. ValidationError names what is wrong."""
    reading = read(text, _scope(user).vocabulary)
    if reading.problems:
        words = ", ".join(problem.word or reading.text[slice(*problem.span)] for problem in reading.problems[:3])
        raise ValidationError(_("This is not understood: %(words)s"), params={"words": words})
    return save(reading.query), write(reading.query)


def kept_text(user: User, terms: Saved) -> tuple[str, bool]:
    """A kept query as this person writes it today, and whether all of it still means something."""
    if not terms:
        return "", True
    reading = load(terms, _scope(user).vocabulary, kept_labels(user, label_pks(terms)))
    return reading.text, not reading.problems


def _scope(user: User) -> Scope:
    return scope_of(user, Instance.objects.visible_to(user))
