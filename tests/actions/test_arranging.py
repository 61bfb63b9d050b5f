"""Labels that are archived keep their place; an order that is not what people saw is not undone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.arranging import arrange_labels
from labelapp.models import Instance, Label, LabelGroup, User
from labelapp.queries.conflicts import winner
from labelapp.queries.labels import directory
from labelapp.queries.layouts import read_layout, write_layout
from tests.conftest import MakeChat

Labels = dict[str, Label]


def stages() -> list[str]:
    return list(Label.objects.filter(group__isnull=False).order_by("position").values_list("name", flat=True))


def turned(number: Instance, group: LabelGroup, *, out: str = "") -> list[tuple[int, list[int]]]:
    """All that is shown, the stages in their order but the last one first; `out`: one of them leaves its group."""
    rows = list(Label.objects.filter(instance=number, archived_at=None).living().in_order())
    inside = [row.pk for row in rows if row.group_id and row.name != out]
    return [
        (group.pk, [inside[-1], *inside[:-1]]),
        (0, [row.pk for row in rows if not row.group_id or row.name == out]),
    ]


def test_an_archived_stage_stays_behind_the_one_that_it_stood_behind(
    admin: User, number: Instance, labels: Labels
) -> None:
    group, before = LabelGroup.objects.get(), stages()
    Label.objects.filter(name=before[1]).update(archived_at=timezone.now())
    arrange_labels(Actor.of(admin), number, turned(number, group))
    assert stages() == [before[-1], before[0], before[1], *before[2:-1]]
    arrange_labels(Actor.of(admin), number, turned(number, group, out=before[0]))
    assert stages() == [before[-1], before[1], *before[2:-1]]  # what it stood behind has left: the one before that
    places = list(Label.objects.filter(instance=number).values_list("position", flat=True))
    assert len(set(places)) == len(places)


def test_twice_is_once(admin: User, number: Instance, labels: Labels) -> None:
    group = LabelGroup.objects.get()
    Label.objects.filter(name=stages()[0]).update(archived_at=timezone.now())
    order = turned(number, group)
    for _twice in range(2):
        arrange_labels(Actor.of(admin), number, order)
    entries = number.ledger.count()
    arrange_labels(Actor.of(admin), number, order)
    assert number.ledger.count() == entries


def test_an_archived_label_wins_no_conflict(labels: Labels, make_chat: MakeChat) -> None:
    group, (first, *_middle, last) = LabelGroup.objects.get(), stages()
    chat = make_chat(labels=(labels[first], labels[last]))
    pairs = chat.assignments.select_related("label")
    for policy, shift in (("furthest", 0), ("latest", 1)):
        group.conflict_policy = policy
        pairs.filter(label=labels[last]).update(wanted_at=timezone.now() + timedelta(seconds=shift))
        assert winner(group, pairs.all()).label == labels[last]
        Label.objects.filter(name=last).update(archived_at=timezone.now())
        assert winner(group, pairs.all()).label == labels[first]
        Label.objects.update(archived_at=None)


def test_nobody_undoes_what_somebody_else_has_just_done(admin: User, number: Instance, labels: Labels) -> None:
    """A label was taken out of its group while the page was open."""
    group, seen = LabelGroup.objects.get(), shown(number)
    wished = turned(number, group)
    arrange_labels(Actor.of(admin), number, turned(number, group, out="Quoted"), seen)
    with pytest.raises(Refused) as refused:
        arrange_labels(Actor.of(admin), number, wished, seen)
    labels["Quoted"].refresh_from_db()
    assert (refused.value.status, labels["Quoted"].group) == (409, None)
    arrange_labels(Actor.of(admin), number, shown(number), seen)  # so it is already
    arrange_labels(Actor.of(admin), number, wished, shown(number))
    labels["Quoted"].refresh_from_db()
    assert labels["Quoted"].group == group


def shown(number: Instance) -> list[tuple[int, list[int]]]:
    layout: list[tuple[int, list[int]]] = directory(number).layout
    return read_layout(write_layout(layout))
