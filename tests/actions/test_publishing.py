"""One taxonomy published to numbers: at the provider and here, idempotent, and never deleting."""

import time

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.archiving import archive_label
from labelapp.actions.publishing import Unfinished, publish, publish_all
from labelapp.models import Instance, Label, LabelGroup, LedgerEntry, User
from labelapp.models.reasons import Reason
from labelapp.queries.taxonomies import GroupPlan, LabelPlan, Taxonomy, difference, taxonomy_of
from tests.conftest import make_number
from tests.wire import FarSide

Labels = dict[str, Label]
PLAN = Taxonomy(
    groups=(GroupPlan("Sales funnel", "funnel", "furthest"), GroupPlan("Needs", "free", "ask")),
    labels=(
        LabelPlan("Quoted", 2, "Sales funnel", "Price sent"),
        LabelPlan("New lead", 10, "Sales funnel"),
        LabelPlan("vip", 3, "Needs", "Best"),
        LabelPlan("Refund now", None, "Needs"),
    ),
    urgent=("Refund now", "vip"),
)


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def soon() -> float:
    return time.monotonic() + 60


def test_a_number_gets_what_it_lacks_and_keeps_the_rest(boss: Actor, number: Instance, side: FarSide) -> None:
    publish(boss, number, PLAN, until=soon())
    names = [label.name for label in Label.objects.living().filter(instance=number).in_order()]
    assert names == ["Quoted", "New lead", "Paid", "vip", "Refund now", "On hold"]
    assert {label["name"]: label["color"] for label in side.labels.values()} == {
        "New lead": 10, "Quoted": 2, "Paid": 12, "vip": 3, "On hold": 18, "Refund now": 0,
    }  # fmt: skip
    vip = Label.objects.get(name="vip")
    assert (vip.description, vip.urgency, vip.group and vip.group.name) == ("Best", 2, "Needs")
    assert LabelGroup.objects.get(kind="funnel").conflict_policy == "furthest"
    causes = set(LedgerEntry.objects.filter(verb__startswith="label.").values_list("cause", flat=True))
    assert causes == {Reason.PUBLISHED(), Reason.ARRANGED()}


def test_twice_is_once(boss: Actor, number: Instance, side: FarSide) -> None:
    publish(boss, number, PLAN, until=soon())
    done, calls = LedgerEntry.objects.count(), len(side.calls)
    assert difference(number, PLAN).steps == []
    publish(boss, number, PLAN, until=soon())
    assert (LedgerEntry.objects.count(), len(side.calls)) == (done, calls)


def test_the_difference_says_what_will_happen(number: Instance, labels: Labels) -> None:
    found = difference(number, PLAN)
    assert [(step.kind, step.name, step.before, step.after) for step in found.steps] == [
        ("group-change", "Sales funnel", "ask", "furthest"),
        ("group-add", "Needs", None, "free"),
        ("description", "Quoted", "", "Price sent"),
        ("color", "New lead", 1, 10),
        ("label-name", "vip", "VIP", "vip"),
        ("group", "vip", "", "Needs"),
        ("description", "vip", "", "Best"),
        ("label-add", "Refund now", None, None),
        ("order", "", None, None),
        ("urgency", "", "", "Refund now, vip"),
    ]
    assert (found.kept, found.lacking) == (["Paid", "On hold"], 0)


def test_what_one_number_has_the_other_gets(boss: Actor, number: Instance, side: FarSide, labels: Labels) -> None:
    Label.objects.filter(name="VIP").update(urgency=1, description="Best")
    archive_label(boss, labels["On hold"], on=True)
    other = make_number("second")
    side.labels = {}
    publish(boss, other, taxonomy_of(number), until=soon())
    assert taxonomy_of(other) == taxonomy_of(number)
    assert [plan.name for plan in taxonomy_of(other).labels] == ["New lead", "Quoted", "Paid", "VIP"]


def test_an_archived_label_of_the_taxonomy_comes_back(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    archive_label(boss, labels["VIP"], on=True)
    assert "unarchive" in [step.kind for step in difference(number, PLAN).steps]
    publish(boss, number, PLAN, until=soon())
    assert Label.objects.get(pk=labels["VIP"].pk).archived_at is None


def test_too_few_slots_refuse_before_anything_is_done(boss: Actor, number: Instance, side: FarSide) -> None:
    for n in range(50, 65):
        Label.objects.create(instance=number, wa_id=str(n), name=f"L{n}", known_at=timezone.now())
    assert difference(number, PLAN).lacking == 1
    with pytest.raises(Refused, match="lacks: 1"):
        publish(boss, number, PLAN, until=soon())
    assert (side.calls, LedgerEntry.objects.count(), LabelGroup.objects.count()) == ([], 0, 1)


def test_a_refusal_stops_one_number_and_not_the_others(boss: Actor, number: Instance, side: FarSide) -> None:
    blocked = make_number("blocked", credentials="")
    told = publish_all(boss, [blocked, number], PLAN)
    assert [(one.number, bool(one.reason)) for one in told] == [(blocked, True), (number, False)]
    assert difference(number, PLAN).steps == []


def test_in_the_providers_words_and_gone_on_with_later(boss: Actor, number: Instance, side: FarSide) -> None:
    side.status_of = {"POST /labels": 422}
    assert publish_all(boss, [number], PLAN)[0].reason == "The provider says: Said 422"
    assert Label.objects.filter(name="vip").exists()  # what was done stays
    side.status_of = {}
    assert publish_all(boss, [number], PLAN)[0].reason == ""
    assert difference(number, PLAN).steps == []


def test_when_the_time_is_up_the_next_time_goes_on(boss: Actor, number: Instance, side: FarSide) -> None:
    with pytest.raises(Unfinished):
        publish(boss, number, PLAN, until=time.monotonic() - 1)
    publish(boss, number, PLAN, until=soon())
    assert difference(number, PLAN).steps == []


def test_only_who_manages_labels_may(lead: User, number: Instance, side: FarSide) -> None:
    with pytest.raises(NotAllowed):
        publish(Actor.of(lead), number, PLAN, until=soon())
    assert (side.calls, LedgerEntry.objects.count()) == ([], 0)
