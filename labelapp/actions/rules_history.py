"""A rule that is done to the past: its dry run becomes a run."""

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.run_starts import start
from labelapp.actions.run_targets import chosen
from labelapp.models import Label, Rule, Run
from labelapp.queries.rules.dry_run import dry_run
from labelapp.queries.rules.specs import spec_of
from labelapp.queries.run_labels import Wanted


def apply_to_history(actor: Actor, rule: Rule) -> Run:
    """Begin a run that does to the chats of the dry run what the rule does to labels. Chats are given to nobody by it.

    Raises as `run_starts.start` and `dry_run`, and Refused where there is no chat, or no label.
    """
    actor.must("manage_rules")
    doings = spec_of(rule).doings
    names = dict(Label.objects.living().filter(instance=rule.instance).values_list("pk", "name"))
    adds = tuple(names[pk] for pk in doings.puts_on if pk in names)
    removes = tuple(names[pk] for pk in doings.remove if pk in names)
    found = dry_run(rule).found
    if not found:
        raise Refused(_("There is no chat to change."))
    return start(actor, chosen(list(found)), Wanted(adds, removes), purpose=rule.name)
