"""A funnel in figures, by period and by source, and who is stuck in it."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.tagging import set_label
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelGroup, Receipt, User
from labelapp.models.fields import NEVER
from labelapp.queries.insights import Funnel, Period, Report, funnels, labelled_by, report
from labelapp.queries.stuck import StuckList, stuck
from labelapp.queries.untagged import Untagged, untagged
from tests.conftest import MakeChat
from tests.ledgers import ago, say, walk

Labels = dict[str, Label]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _known_for_long(number: Instance) -> None:
    Instance.objects.filter(pk=number.pk).update(imported_at=ago(100 * 24))
    number.refresh_from_db()


@pytest.fixture
def stages(labels: Labels) -> tuple[Label, Label, Label]:
    return labels["New lead"], labels["Quoted"], labels["Paid"]


def only(number: Instance) -> Funnel:
    (found,) = funnels(number)
    return found


def seen(number: Instance, days: int = 30, source: str = "") -> Report:
    return report(number, only(number), Period.last(days, source))


def hours(value: timedelta | None) -> float | None:
    return None if value is None else round(value / HOUR, 1)


def times(found: Report) -> dict[str, tuple[int, float | None, float | None, int]]:
    return {one.tag.name: (one.count, hours(one.half), hours(one.most), one.unseen) for one in found.times}


def ways(found: Report) -> dict[tuple[str, str], int]:
    names = {one.tag.pk: one.tag.name for one in found.times}
    return {(names[old], names[new]): n for (old, new), n in found.moves.items()}


def limit(label: Label, span: timedelta | None) -> None:
    Label.objects.filter(pk=label.pk).update(stuck_after=span)


def who(found: StuckList) -> list[tuple[str, str, float | None, bool]]:
    return [(row.chat.name, row.tag.name, hours(row.span), row.is_seen) for row in found.rows]


def test_the_stages_of_a_funnel_in_order(number: Instance, stages: tuple[Label, ...]) -> None:
    LabelGroup.objects.create(instance=number, name="Empty", kind=LabelGroup.Kind.FUNNEL)
    Label.objects.create(instance=number, wa_id="77", group=stages[0].group)  # a ghost is no stage yet
    found = only(number)
    assert (found.name, [(tag.name, tag.stage) for tag, _label in found.stages]) == (
        "Sales funnel",
        [("New lead", 1), ("Quoted", 2), ("Paid", 3)],
    )


def test_time_in_stage_moves_and_how_far_chats_came(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat
) -> None:
    new, quoted, paid = stages
    walk(make_chat(), (new, 50), (quoted, 40), (paid, 10))
    walk(make_chat(), (new, 50), (quoted, 30), (new, 20))
    walk(make_chat(), (new, 50), (paid, 20), source="phone")
    found = seen(number)
    assert times(found) == {"New lead": (3, 20, 30, 0), "Quoted": (2, 20, 30, 0), "Paid": (0, None, None, 0)}
    assert ways(found) == {
        ("New lead", "Quoted"): 2,
        ("Quoted", "Paid"): 1,
        ("Quoted", "New lead"): 1,
        ("New lead", "Paid"): 1,
    }
    assert (found.total, found.backward, found.skipped, dict(found.left_out)) == (5, 1, 1, {quoted.pk: 1})
    assert found.reached == [3, 3, 2]


def test_the_period_takes_what_ended_in_it_however_long_before_it_began(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat
) -> None:
    walk(make_chat(), (stages[0], 20 * 24), (stages[1], 6 * 24))
    walk(make_chat(), (stages[0], 20 * 24), (stages[1], 8 * 24))
    found = seen(number, 7)
    assert times(found)["New lead"] == (1, 14 * 24, 14 * 24, 0)
    assert (ways(found), found.reached) == ({("New lead", "Quoted"): 1}, [0, 0, 0])
    assert times(seen(number))["New lead"][0] == 2


def test_one_source_alone(number: Instance, stages: tuple[Label, ...], make_chat: MakeChat) -> None:
    walk(make_chat(), (stages[0], 9), (stages[1], 5), source="phone")
    walk(make_chat(), (stages[0], 9), (stages[1], 2))
    for source, span in (("phone", 4), ("agent", 7)):
        found = seen(number, source=source)
        assert times(found)["New lead"] == (1, span, span, 0)
        assert (found.total, found.reached) == (1, [1, 1, 0])
    assert seen(number, source="rule").total == 0


def test_a_start_that_nobody_saw_stays_out_of_the_median(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat
) -> None:
    Instance.objects.filter(pk=number.pk).update(imported_at=ago(72))
    number.refresh_from_db()
    for chat in (make_chat(labels=(stages[0],)), make_chat()):
        say(chat, stages[0], "remove", 1, "phone")
        say(chat, stages[1], "add", 1, "phone")
    walk(make_chat(), (stages[0], 9), (stages[1], 5))
    found = seen(number)
    assert times(found)["New lead"] == (1, 4, 4, 2)
    assert hours(found.times[0].unseen_half) == 71
    assert found.total == 3  # that they went on was seen


def test_what_the_screen_and_the_phone_do_is_counted_alike(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat, lead: User
) -> None:
    chat = make_chat()
    for stage in stages[:2]:
        set_label(Actor.of(lead), chat, stage, on=True)
    in_flight = seen(number)
    assert ways(in_flight) == {("New lead", "Quoted"): 1}
    assert times(in_flight)["New lead"][0] == 1


def test_one_query_however_many_chats(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    funnel = only(number)
    for many in (1, 29):
        for _n in range(many):
            walk(make_chat(), (stages[0], 50), (stages[1], 40))
        with django_assert_num_queries(1):
            report(number, funnel, Period.last(30))


def test_who_labels(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat()
    for source, hours_ago in (("phone", 1), ("phone", 2), ("agent", 3), ("bulk", 900)):
        say(chat, labels["VIP"], "add", hours_ago, source)
    assert labelled_by(number, [labels["VIP"].pk], ago(24)) == {"phone": 2, "agent": 1}


# Stuck


def test_only_stages_with_a_limit_hold_anybody_up(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat
) -> None:
    walk(make_chat(name="Old"), (stages[0], 100), (stages[1], 49))
    walk(make_chat(name="Young"), (stages[0], 100), (stages[1], 47))
    assert stuck(number, only(number)).total == 0
    limit(stages[1], 48 * HOUR)
    found = stuck(number, only(number))
    assert (who(found), found.counts) == ([("Old", "Quoted", 49, True)], {stages[1].pk: 1})


def test_a_chat_on_its_way_to_another_stage_is_not_stuck(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat
) -> None:
    chat = make_chat()
    walk(chat, (stages[0], 49))
    limit(stages[0], 48 * HOUR)
    assert stuck(number, only(number)).total == 1
    wish = ChatLabel.objects.create(chat=chat, label=stages[1], wanted=True, receipt=Receipt.SENT)
    assert stuck(number, only(number)).total == 0
    ChatLabel.objects.filter(pk=wish.pk).update(receipt=Receipt.FAILED)
    assert stuck(number, only(number)).total == 1


def test_a_chat_that_could_not_leave_is_as_stuck_as_before(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat
) -> None:
    chat = make_chat(name="Stays")
    walk(chat, (stages[0], 60))
    limit(stages[0], 48 * HOUR)
    say(chat, stages[1], "add", 2)
    say(chat, stages[0], "remove", 2)
    say(chat, stages[1], "fail", 1, "reconcile")
    say(chat, stages[0], "keep", 1, "reconcile")
    ChatLabel.objects.filter(chat=chat, label=stages[0]).update(wanted_at=ago(2))
    found = stuck(number, only(number))
    assert (who(found), found.total) == ([("Stays", "New lead", 60, True)], 1)


@pytest.mark.parametrize(("known", "expected"), [(72, [("Here", "New lead", 72, False)]), (24, [])])
def test_what_was_there_before_is_known_for_as_long_as_the_number(
    number: Instance, stages: tuple[Label, ...], make_chat: MakeChat, known: int, expected: list[object]
) -> None:
    Instance.objects.filter(pk=number.pk).update(imported_at=ago(known))
    number.refresh_from_db()
    chat = make_chat(name="Here", labels=(stages[0],))
    ChatLabel.objects.filter(chat=chat).update(wanted_at=NEVER)
    limit(stages[0], 48 * HOUR)
    assert who(stuck(number, only(number))) == expected


def test_the_longest_come_first_and_the_others_are_counted(
    number: Instance,
    stages: tuple[Label, ...],
    make_chat: MakeChat,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr("labelapp.queries.stuck.SHOWN", 2)
    limit(stages[0], HOUR)
    for n in (5, 9, 7, 3):
        walk(make_chat(name=f"{n}"), (stages[0], n))
    funnel = only(number)
    with django_assert_num_queries(4):
        found = stuck(number, funnel)
    assert ([row.chat.name for row in found.rows], found.total, found.more) == (["9", "7"], 4, 2)


# Untagged


def test_the_share_of_chats_without_any_label(
    number: Instance, labels: Labels, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (untagged(number).percent, untagged(number).tagged) == (0, 0)
    make_chat(labels=(labels["VIP"],))
    off = make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.filter(chat=off).update(wanted=False)
    make_chat()
    assert untagged(number) == Untagged(2, 3, is_part=False)
    monkeypatch.setattr("labelapp.queries.untagged.CAP", 2)
    Chat.objects.filter(pk=off.pk).update(last_message_at=NEVER)
    assert untagged(number) == Untagged(1, 2, is_part=True)
