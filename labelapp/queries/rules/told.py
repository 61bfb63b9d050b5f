"""Whom rules tell: the people and the outgoing hooks that they name, as far as these are there."""

from collections.abc import Collection
from dataclasses import dataclass, field

from labelapp.models import Instance, OutgoingHook, User
from labelapp.models.reasons import Reason
from labelapp.queries.outgoing import hooks_of
from labelapp.queries.people import people_of
from labelapp.queries.rules.specs import Doings


@dataclass(frozen=True, slots=True)
class Told:
    """By their keys: people who may see the number, hooks that may tell of it, and the names of people who may not see it."""

    people: dict[int, User] = field(default_factory=dict)
    hooks: dict[int, OutgoingHook] = field(default_factory=dict)
    strangers: dict[int, str] = field(default_factory=dict)

    def missing(self, doings: Doings) -> tuple[str, str]:
        """The field that names what is not there, and why as stored by `Reason`; both "" where all is there."""
        gone = [self.strangers.get(pk, f"#{pk}") for pk in doings.notify if pk not in self.people]
        if gone:
            return "notify", Reason.RULE_PERSON(", ".join(gone))
        for name, pk in (("hook", doings.hook), ("ask", doings.ask)):
            if pk is not None and pk not in self.hooks:
                return name, Reason.RULE_HOOK()
        return "", ""


def told_of(instance: Instance, every: Collection[Doings]) -> Told:
    """Whom these rules of the number tell. No query where they tell nobody, else one for hooks and at most three for people."""
    people = {pk for doings in every for pk in doings.notify}
    hooks = {pk for doings in every for pk in (doings.hook, doings.ask) if pk is not None}
    told = Told()
    if hooks:
        told.hooks.update({hook.pk: hook for hook in hooks_of(instance).filter(pk__in=hooks)})
    if people:
        told.people.update({user.pk: user for user in people_of(instance).filter(pk__in=people)})
    if strangers := people - told.people.keys():
        told.strangers.update({user.pk: user.display_name for user in User.objects.filter(pk__in=strangers)})
    return told
