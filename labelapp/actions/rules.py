"""Rules of a number: made, changed, switched, put in order, deleted."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.models import Instance, Label, Rule, RuleSet, User
from labelapp.models.fields import NEVER
from labelapp.models.reasons import sentence
from labelapp.queries.people import may_see
from labelapp.queries.rules.specs import Spec, Wrong, read_spec
from labelapp.queries.rules.told import told_of

NAME_LENGTH = 80
MOST = 200  # rules of a number
LONGEST_PAUSE = 366 * 86_400  # seconds
COLUMNS = ("name", "trigger", "trigger_data", "conditions", "actions", "per_chat", "cooldown")


def create_rule(actor: Actor, instance: Instance, *, on: bool = False, **values: Any) -> Rule:
    """Make a rule, the last of the number's, with the COLUMNS. Raises NotAllowed, Wrong for what makes no sense, Refused for a name that
    is taken or a rule too many."""
    actor.must("manage_rules")
    own = Rule.objects.filter(instance=instance)
    if own.count() >= MOST:
        raise Refused(_("A number has at most %(n)s rules. Delete one first.") % {"n": MOST})
    last = own.aggregate(last=Max("position"))["last"] or 0
    rule = Rule(instance=instance, position=last + 1, is_on=on, made_by=actor.user)
    _write(rule, values)
    return rule


def update_rule(actor: Actor, rule: Rule, **values: Any) -> Rule:
    """Change a rule. What it complained of before is forgotten. Raises as `create_rule` does."""
    actor.must("manage_rules")
    rule.error, rule.error_at, rule.guard, rule.guarded_at, rule.paused_reason = "", NEVER, "", NEVER, ""
    rule.on_since = timezone.now()
    _write(rule, values)
    return rule


def switch_rule(actor: Actor, rule: Rule, *, on: bool) -> None:
    """Switch a rule on or off. Safe to run twice. Raises NotAllowed, and Wrong for one that could not be carried out."""
    actor.must("manage_rules")
    if on:
        check(rule.instance, read_spec(rule.trigger, rule.trigger_data, rule.conditions, rule.actions))
    off = Rule.objects.filter(pk=rule.pk).exclude(is_on=on)
    off.update(is_on=on, on_since=timezone.now(), paused_reason="", guard="", guarded_at=NEVER)


def delete_rule(actor: Actor, rule: Rule) -> None:
    """Delete a rule. What it did stays in the ledger under its name. Safe to run twice. Raises NotAllowed."""
    actor.must("manage_rules")
    Rule.objects.filter(pk=rule.pk).delete()


@transaction.atomic
def arrange_rules(actor: Actor, instance: Instance, order: Sequence[int]) -> None:
    """Put the rules in this order of keys. Safe to run twice. Raises NotAllowed, and Refused unless it names each of them once."""
    actor.must("manage_rules")
    rules = {rule.pk: rule for rule in Rule.objects.select_for_update().filter(instance=instance)}
    if sorted(order) != sorted(rules):
        raise Refused(_("The rules have changed meanwhile. Nothing was done: look again."), status=409)
    for place, pk in enumerate(order, 1):
        rules[pk].position = place
    Rule.objects.bulk_update(rules.values(), ["position"])


def set_match(actor: Actor, instance: Instance, *, first_only: bool) -> None:
    """Let only the first rule that matches act, or all of them. Safe to run twice. Raises NotAllowed."""
    actor.must("manage_rules")
    RuleSet.objects.update_or_create(instance=instance, defaults={"first_only": first_only})


def check(instance: Instance, spec: Spec) -> None:
    """Raise Wrong for labels that the number does not have (any more), what is no stage, people who may not see the number, and
    outgoing hooks that are gone or about other numbers."""
    labels = Label.objects.living().filter(instance=instance, pk__in=spec.labels, known_at__isnull=False)
    living = {label.pk: label for label in labels.select_related("group")}
    doings = spec.doings
    for field, pks in (
        ("add", doings.add),
        ("remove", doings.remove),
        ("answers", doings.answers),
        ("", spec.labels),
    ):
        if set(pks) - set(living):
            raise Wrong(field, _("It names a label that the number does not have any more."))
    stage = living.get(doings.stage) if doings.stage else None
    if stage is not None and not (stage.group and stage.group.is_exclusive):
        raise Wrong("stage", _("“%(label)s” is no stage.") % {"label": stage})
    if isinstance(doings.assign, int):
        person = User.objects.filter(pk=doings.assign).first()
        if person is None or not may_see(person, instance):
            raise Wrong("assign", _("This person may not see the number."))
    field, why = told_of(instance, [doings]).missing(doings)
    if why:
        raise Wrong(field, sentence(why))


def _write(rule: Rule, values: dict[str, Any]) -> None:
    for column in COLUMNS:
        setattr(rule, column, values.get(column, getattr(rule, column)))
    rule.name = " ".join(rule.name.replace("\0", "").split())
    if not rule.name or len(rule.name) > NAME_LENGTH:
        raise Wrong("name", _("Give the rule a name of at most %(n)s characters.") % {"n": NAME_LENGTH})
    if not 0 <= rule.cooldown <= LONGEST_PAUSE:
        raise Wrong("cooldown", _("At most a year."))
    check(rule.instance, read_spec(rule.trigger, rule.trigger_data, rule.conditions, rule.actions))
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise Wrong("name", _("There is a rule of this name already.")) from error
