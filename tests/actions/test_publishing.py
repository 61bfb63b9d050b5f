"""One taxonomy published to numbers: at the provider and here, idempotent, and never deleting."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.archiving import archive_label
from labelapp.actions.prunes import set_redundant
from labelapp.actions.publishing import Unfinished, publish, publish_all
from labelapp.actions.urgency import rank_labels
from labelapp.models import Instance, Label, LabelGroup, LedgerEntry, StagePrune, User
from labelapp.models.reasons import Reason
from labelapp.queries.taxonomies import GroupPlan, LabelPlan, Taxonomy, taxonomy_of
from labelapp.queries.taxonomy_differences import difference
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
        "New lead": 10, "Quoted": 2, "Paid": 12, "vip": 3, "On hold": 18, "Refund now": 1,
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


# Names that differ in case, and labels that go meanwhile


def steps(number: Instance, taxonomy: Taxonomy) -> list[tuple[str, str, object, object]]:
    return [(step.kind, step.name, step.before, step.after) for step in difference(number, taxonomy).steps]


def ranks(number: Instance) -> list[str]:
    found = Label.objects.filter(instance=number, urgency__isnull=False).order_by("urgency")
    return list(found.values_list("name", flat=True))


def add_label(side: FarSide, number: Instance, name: str) -> Label:
    side.labels["9"] = {"name": name, "color": 5}
    return Label.objects.create(instance=number, wa_id="9", name=name, color_index=5, known_at=timezone.now())


@pytest.mark.parametrize("name", ["VIP", "vip"])
def test_of_two_names_that_differ_in_case_the_exact_one_is_meant(
    boss: Actor, number: Instance, side: FarSide, labels: Labels, name: str
) -> None:
    add_label(side, number, "vip")
    plan = Taxonomy(labels=(LabelPlan(name, 19),), urgent=(name,))
    other = "vip" if name == "VIP" else "VIP"
    assert [step[:2] for step in steps(number, plan)] == [("color", name), ("urgency", "")]
    assert other in difference(number, plan).kept
    publish(boss, number, plan, until=soon())
    assert steps(number, plan) == []
    colors = dict(Label.objects.living().filter(instance=number).values_list("name", "color_index"))
    assert (colors[name], colors[other] != 19, ranks(number)) == (19, True, [name])


def test_what_a_number_with_both_spellings_has_another_gets(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    add_label(side, number, "vip")
    assert steps(number, taxonomy_of(number)) == []
    other = make_number("second")
    side.labels = {}
    publish(boss, other, taxonomy_of(number), until=soon())
    assert taxonomy_of(other) == taxonomy_of(number)
    assert {"VIP", "vip"} <= {label["name"] for label in side.labels.values()}


def test_a_label_that_goes_meanwhile_stops_it_and_the_next_time_makes_it_anew(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    def delete(line: str) -> None:
        if line == "POST /labels":
            side.forget(labels["VIP"].wa_id)
            Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())

    side.before = delete
    plan = Taxonomy(labels=(LabelPlan("VIP", 3), LabelPlan("Refund now", 0)), urgent=("VIP",))
    assert publish_all(boss, [number], plan)[0].reason == "Not all is done yet. Publish once more to go on."
    side.before = lambda line: None
    assert publish_all(boss, [number], plan)[0].reason == ""
    assert (steps(number, plan), ranks(number)) == ([], ["VIP"])


# Urgency


def test_what_the_number_ranks_besides_stays_behind_the_taxonomys(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    rank_labels(boss, number, [labels[name].pk for name in ("On hold", "Paid", "New lead")])
    assert steps(number, PLAN)[-1] == ("urgency", "", "On hold, Paid, New lead", "Refund now, vip, On hold, Paid")
    publish(boss, number, PLAN, until=soon())
    assert ranks(number) == ["Refund now", "vip", "On hold", "Paid"]  # the taxonomy has a new lead, and not as urgent
    assert steps(number, PLAN) == []


# Stages

STAGED = Taxonomy(
    groups=(GroupPlan("Sales funnel", "funnel", "ask"),),
    labels=(
        LabelPlan("New lead", 1, "Sales funnel", stuck_after=timedelta(days=1)),
        LabelPlan("Quoted", 2, "Sales funnel", stuck_after=None, takes_off=()),
        LabelPlan("Paid", 12, "Sales funnel", takes_off=("VIP", "Call back")),
        LabelPlan("VIP", 3),
        LabelPlan("Call back", 0),
    ),
)


def taken(stage: Label) -> list[str]:
    return list(StagePrune.objects.filter(stage=stage).order_by("label").values_list("label__name", flat=True))


def test_limits_and_what_a_stage_takes_off_are_published(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    Label.objects.filter(pk__in=[labels["Quoted"].pk, labels["Paid"].pk]).update(stuck_after=timedelta(days=3))
    set_redundant(boss, labels["Quoted"], [labels["VIP"]])
    set_redundant(boss, labels["Paid"], [labels["On hold"]])  # which the taxonomy does not have: it stays
    assert [step for step in steps(number, STAGED) if step[0] in ("stuck-after", "takes-off")] == [
        ("stuck-after", "New lead", None, 86_400),
        ("stuck-after", "Quoted", 259_200, None),
        ("takes-off", "Quoted", "VIP", ""),
        ("takes-off", "Paid", "On hold", "VIP, Call back, On hold"),
    ]
    publish(boss, number, STAGED, until=soon())
    limits = dict(Label.objects.filter(group__isnull=False).values_list("name", "stuck_after"))
    assert limits == {"New lead": timedelta(days=1), "Quoted": None, "Paid": timedelta(days=3)}
    assert (taken(labels["Quoted"]), taken(labels["Paid"])) == ([], ["VIP", "On hold", "Call back"])
    done, calls = LedgerEntry.objects.count(), len(side.calls)
    assert steps(number, STAGED) == []
    publish(boss, number, STAGED, until=soon())
    assert (LedgerEntry.objects.count(), len(side.calls)) == (done, calls)


def test_the_stages_of_one_number_are_those_of_another(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    Label.objects.filter(pk=labels["Paid"].pk).update(stuck_after=timedelta(days=3))
    set_redundant(boss, labels["Paid"], [labels["VIP"], labels["On hold"]])
    archive_label(boss, labels["On hold"], on=True)
    plans = {plan.name: plan for plan in taxonomy_of(number).labels}
    assert (plans["Paid"].stuck_after, plans["Paid"].takes_off) == (timedelta(days=3), ("VIP",))
    assert (plans["Quoted"].stuck_after, plans["Quoted"].takes_off) == (None, ())
    assert (plans["VIP"].stuck_after, plans["VIP"].takes_off) == (..., None)
    assert steps(number, taxonomy_of(number)) == []  # what is archived besides still comes off
    other = make_number("second")
    side.labels = {}
    publish(boss, other, taxonomy_of(number), until=soon())
    assert taxonomy_of(other) == taxonomy_of(number)
    assert taken(Label.objects.get(instance=other, name="Paid")) == ["VIP"]


def test_a_taxonomy_that_does_not_speak_of_stages_leaves_them(
    boss: Actor, number: Instance, side: FarSide, labels: Labels
) -> None:
    Label.objects.filter(pk=labels["Quoted"].pk).update(stuck_after=timedelta(days=3))
    set_redundant(boss, labels["Quoted"], [labels["VIP"]])
    publish(boss, number, PLAN, until=soon())
    labels["Quoted"].refresh_from_db()
    assert (labels["Quoted"].stuck_after, taken(labels["Quoted"])) == (timedelta(days=3), ["vip"])
