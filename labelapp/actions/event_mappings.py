"""Which labels an event means: mappings of a number, made, changed, switched, put in order, deleted."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.models import EventMapping, Instance, Label
from labelapp.models.events import is_type
from labelapp.queries.rules.specs import Wrong

MOST = 100  # of a number


def keep_mapping(
    actor: Actor,
    instance: Instance,
    mapping: EventMapping | None = None,
    *,
    type: str,
    adds: Collection[int] = (),
    removes: Collection[int] = (),
    stage: int | None = None,
) -> EventMapping:
    """Make a mapping, switched on and the last of the number's, or change one. The labels are keys.

    Raises NotAllowed, Refused for one too many, and Wrong with the field that makes no sense: a label that was deleted above all.
    """
    actor.must("manage_rules")
    own = EventMapping.objects.filter(instance=instance)
    if mapping is None:
        if own.count() >= MOST:
            raise Refused(_("A number has at most %(n)s mappings. Delete one first.") % {"n": MOST})
        last = own.aggregate(last=Max("position"))["last"] or 0
        mapping = EventMapping(instance=instance, position=last + 1, made_by=actor.user)
    mapping.type = type.strip()
    mapping.adds, mapping.removes = list(dict.fromkeys(adds)), list(dict.fromkeys(removes))
    mapping.stage_id = stage
    _check(mapping)
    mapping.save()
    return mapping


def _check(mapping: EventMapping) -> None:
    if not is_type(mapping.type):
        raise Wrong("type", _("A type has at most 80 letters, digits and signs of . _ : / -, as payment.succeeded."))
    if not mapping.labels:
        raise Wrong("", _("Say what the event does: choose a label or a stage."))
    if set(mapping.puts_on) & set(mapping.removes):
        raise Wrong("removes", _("A label can't be added and removed at once."))
    rows = Label.objects.living().filter(instance=mapping.instance_id, pk__in=mapping.labels, known_at__isnull=False)
    living = {label.pk: label for label in rows.select_related("group")}
    fields = {"adds": mapping.adds, "removes": mapping.removes, "stage": [mapping.stage_id] if mapping.stage_id else []}
    for field, pks in fields.items():
        if set(pks) - living.keys():
            raise Wrong(field, _("It names a label that the number does not have any more."))
    stage = living.get(mapping.stage_id) if mapping.stage_id else None
    if stage is not None and not (stage.group and stage.group.is_exclusive):
        raise Wrong("stage", _("“%(label)s” is no stage.") % {"label": stage})


def switch_mapping(actor: Actor, mapping: EventMapping, *, on: bool) -> None:
    """Switch a mapping on or off. Safe to run twice. Raises NotAllowed, and Wrong for one that could not be carried out."""
    actor.must("manage_rules")
    if on:
        _check(mapping)
    EventMapping.objects.filter(pk=mapping.pk).update(is_on=on)


def delete_mapping(actor: Actor, mapping: EventMapping) -> None:
    """Delete a mapping. What its events did stays. Safe to run twice. Raises NotAllowed."""
    actor.must("manage_rules")
    EventMapping.objects.filter(pk=mapping.pk).delete()


@transaction.atomic
def arrange_mappings(actor: Actor, instance: Instance, order: Sequence[int]) -> None:
    """Put the mappings in this order of keys. Safe to run twice. Raises NotAllowed, and Refused unless it names each of them once."""
    actor.must("manage_rules")
    own = {mapping.pk: mapping for mapping in EventMapping.objects.select_for_update().filter(instance=instance)}
    if sorted(order) != sorted(own):
        raise Refused(_("The mappings have changed meanwhile. Nothing was done: look again."), status=409)
    for place, pk in enumerate(order, 1):
        own[pk].position = place
    EventMapping.objects.bulk_update(own.values(), ["position"])
