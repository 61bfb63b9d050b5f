"""A label ends by being merged into another: what names it names the other one from then on."""

from django.db.models import Q
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.notices import enter
from labelapp.models import EventMapping, Label, Rule, Run, SavedView, Source, StagePrune, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.language.saved import hand_over, label_pks
from labelapp.queries.rules.successors import handed_over, name_of


def hand_over_uses(label: Label) -> None:
    """Where the label is being merged into another, have the stages, views, rules and event mappings that name it name that one, each once.

    In the transaction that ends the label, whoever ends it: the phone, or the echo of our own deletion, may be first. What
    would contradict itself is left as it is, and says like any other that its label is gone. Safe to run twice.
    """
    going = Run.objects.filter(ended_at=None, retires=label, replacement__deleted_at=None)
    run = going.exclude(state=Run.State.PREPARING).select_related("user", "replacement__group").first()
    if run is None or run.replacement is None:
        return
    _hand_over_stages(label, run.replacement, Actor(run.user, Source.BULK))
    _hand_over_views(label, run.replacement)
    _hand_over_rules(label, run.replacement)
    _hand_over_mappings(label, run.replacement)


def _hand_over_stages(old: Label, new: Label, actor: Actor) -> None:
    """What comes off when a stage is entered. What says nothing any more is dropped: that a label takes itself off, or another one of
    its group, which it does anyway, or anything for what is no stage."""
    rows = StagePrune.objects.filter(Q(stage=old) | Q(label=old))
    changed: dict[int, Label] = {}
    for row in rows.select_related("stage__group", "label").order_by("pk"):
        stage, label = (new if each.pk == old.pk else each for each in (row.stage, row.label))
        if _takes_off(stage, label):
            StagePrune.objects.get_or_create(stage=stage, label=label)
            changed[stage.pk] = stage
        elif stage.pk == row.stage_id and stage.deleted_at is None:
            changed[stage.pk] = stage
    rows.delete()
    for stage in changed.values():
        names = Label.objects.living().filter(pk__in=stage.prunes.values("label")).order_by("pk")
        cause = Reason.PRUNES(", ".join(names.values_list("name", flat=True)))
        enter(Actor(actor.user, actor.source, cause), Verb.LABEL_UPDATE, label=stage)


def _takes_off(stage: Label, label: Label) -> bool:
    is_stage = stage.deleted_at is None and stage.group is not None and stage.group.is_exclusive
    return is_stage and label.deleted_at is None and stage.pk != label.pk and stage.group_id != label.group_id


def _hand_over_views(old: Label, new: Label) -> None:
    named = [pk for pk, terms in SavedView.objects.values_list("pk", "terms") if old.pk in label_pks(terms)]
    for view in SavedView.objects.select_for_update(no_key=True).filter(pk__in=named).order_by("pk"):
        terms = hand_over(view.terms, name_of(old), name_of(new))
        if terms is not None:
            view.terms = terms
            view.save(update_fields=["terms"])


def _hand_over_rules(old: Label, new: Label) -> None:
    """A rule that waits for time to pass begins to wait: chats that had the other label for long are nobody's news."""
    for rule in Rule.objects.select_for_update(no_key=True).filter(instance=old.instance_id).order_by("pk"):
        if columns := handed_over(rule, old, new):
            Rule.objects.filter(pk=rule.pk).update(**columns, on_since=timezone.now())


def _hand_over_mappings(old: Label, new: Label) -> None:
    for mapping in EventMapping.objects.select_for_update(no_key=True).filter(instance=old.instance_id).order_by("pk"):
        if old.pk not in mapping.labels:
            continue
        mapping.stage_id = new.pk if mapping.stage_id == old.pk else mapping.stage_id
        adds, removes = (_renamed(pks, old.pk, new.pk) for pks in (mapping.adds, mapping.removes))
        mapping.adds, mapping.removes = [pk for pk in adds if pk != mapping.stage_id], removes
        is_stage = new.group is not None and new.group.is_exclusive
        if set(mapping.puts_on).isdisjoint(removes) and (mapping.stage_id != new.pk or is_stage):
            mapping.save(update_fields=["adds", "removes", "stage"])


def _renamed(pks: list[int], old: int, new: int) -> list[int]:
    return list(dict.fromkeys(new if pk == old else pk for pk in pks))
