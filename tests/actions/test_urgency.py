"""The order of labels by urgency."""

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.urgency import rank_labels
from labelapp.models import Change, Instance, Label, LedgerEntry, User

Labels = dict[str, Label]


def ranks(number: Instance) -> dict[str, int]:
    found = Label.objects.filter(instance=number, urgency__isnull=False).order_by("urgency")
    return dict(found.values_list("name", "urgency"))


def told() -> tuple[int, int]:
    return LedgerEntry.objects.count(), Change.objects.count()


def test_the_first_is_the_most_urgent_and_each_that_moved_is_told(
    boss: Actor, number: Instance, labels: Labels
) -> None:
    vip, paid, hold = (labels[name] for name in ("VIP", "Paid", "On hold"))
    rank_labels(boss, number, [vip.pk, paid.pk])
    assert ranks(number) == {"VIP": 1, "Paid": 2}
    rank_labels(boss, number, [vip.pk, hold.pk])
    assert ranks(number) == {"VIP": 1, "On hold": 2}
    entries = LedgerEntry.objects.order_by("pk").values_list("verb", "label__name", "actor")
    assert list(entries) == [
        ("label.update", name, boss.user and boss.user.pk) for name in ("Paid", "VIP", "Paid", "On hold")
    ]
    assert list(Change.objects.values_list("kind", "instance")) == [("labels", number.pk)] * 2


def test_twice_is_once_and_nothing_is_an_order_too(boss: Actor, number: Instance, labels: Labels) -> None:
    rank_labels(boss, number, [labels["VIP"].pk])
    before = told()
    rank_labels(boss, number, [labels["VIP"].pk])
    assert told() == before
    rank_labels(boss, number, [])
    assert ranks(number) == {}


def test_without_the_permission_nothing_changes(lead: User, number: Instance, labels: Labels) -> None:
    with pytest.raises(NotAllowed):
        rank_labels(Actor.of(lead), number, [labels["VIP"].pk])
    assert (ranks(number), told()) == ({}, (0, 0))


@pytest.mark.parametrize("which", ["twice", "deleted", "ghost", "foreign", "nobody"])
def test_what_is_no_label_of_the_number_is_refused_and_changes_nothing(
    boss: Actor, number: Instance, other_number: Instance, labels: Labels, which: str
) -> None:
    vip = labels["VIP"]
    gone = Label.objects.create(instance=number, wa_id="90", name="Gone", deleted_at=timezone.now())
    ghost = Label.objects.create(instance=number, wa_id="91")
    foreign = Label.objects.create(instance=other_number, wa_id="1", name="Far", known_at=timezone.now())
    order = {"twice": vip.pk, "deleted": gone.pk, "ghost": ghost.pk, "foreign": foreign.pk, "nobody": 10**17}
    with pytest.raises(Refused) as refused:
        rank_labels(boss, number, [vip.pk, order[which]])
    assert refused.value.status == 422
    assert (ranks(number), told()) == ({}, (0, 0))


def test_an_order_that_was_changed_meanwhile_is_not_undone(boss: Actor, number: Instance, labels: Labels) -> None:
    vip, hold = labels["VIP"].pk, labels["On hold"].pk
    rank_labels(boss, number, [vip], before=[])
    with pytest.raises(Refused):
        rank_labels(boss, number, [hold], before=[])
    rank_labels(boss, number, [vip], before=[])  # so it is already
    rank_labels(boss, number, [vip, hold], before=[vip])
    assert list(Label.objects.filter(urgency__isnull=False).order_by("urgency").values_list("pk", flat=True)) == [
        vip,
        hold,
    ]
