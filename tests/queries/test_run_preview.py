from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.run_starts import bindings_for
from labelapp.models import ChatLabel, Instance, Label, Receipt, User
from labelapp.queries.run_labels import Wanted
from labelapp.queries.run_pace import Load, after_work, places_for
from labelapp.queries.run_preview import Preview, preview
from tests.conftest import MakeChat
from tests.runs import begin_run

Labels = dict[str, Label]
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def look(user: User, pks: list[int], adds: tuple[str, ...] = ("VIP",), removes: tuple[str, ...] = ()) -> Preview:
    return preview([pks], bindings_for(Actor.of(user), Wanted(adds, removes)))


def test_what_changes_what_is_so_and_what_is_left_out(
    lead: User, number: Instance, other_number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    plain, had = make_chat(), make_chat(labels=(labels["VIP"],))
    failed, hidden = make_chat(labels=(labels["VIP"],)), make_chat(instance=other_number)
    ChatLabel.objects.filter(chat=failed).update(receipt=Receipt.FAILED)
    found = look(lead, [plain.pk, had.pk, failed.pk, hidden.pk, 10**9])
    assert (found.changes, found.already, found.total) == (2, 1, 4)
    assert found.reasons == [("You may not see the number.", 1)]


def test_a_label_that_a_number_lacks(
    admin: User, number: Instance, other_number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chats = [make_chat(), *(make_chat(instance=other_number) for _ in range(2))]
    found = look(admin, [chat.pk for chat in chats])
    assert (found.changes, found.reasons) == (1, [("The number has no label “VIP”.", 2)])
    Label.objects.create(instance=other_number, wa_id="9", name="VIP", known_at=NOON, deleted_at=NOON)
    assert look(admin, [chats[1].pk]).reasons == [("The label was deleted in WhatsApp.", 1)]
    taken_off = look(admin, [chat.pk for chat in chats], (), ("VIP",))
    assert (taken_off.already, taken_off.blocked_total) == (3, 0)


def test_an_old_stage_counts_as_a_change_too(lead: User, number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    staged, plain = make_chat(labels=(labels["Quoted"],)), make_chat()
    assert look(lead, [staged.pk, plain.pk], ("Paid",)).loads == {number.pk: Load(2, 1)}
    assert look(lead, [staged.pk], ("Paid",), ("Quoted",)).loads == {number.pk: Load(1, 1)}


def test_when_it_would_be_through(lead: User, number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    Instance.objects.update(pace=0.5, label_event_at=timezone.now())  # its engine tells: nothing is read back
    pks = [make_chat().pk for _ in range(60)]
    began = timezone.now()
    done_at = look(lead, pks).done_at
    assert done_at is not None
    assert began <= done_at - timedelta(seconds=120) <= timezone.now()
    begin_run(lead, [make_chat() for _ in range(30)])
    began = timezone.now()
    done_at = look(lead, pks).done_at
    assert done_at is not None
    assert began <= done_at - timedelta(seconds=180) <= timezone.now()  # they share


def test_readings_take_places_in_the_pace(number: Instance) -> None:
    assert places_for(number, Load(100, 10)) == 125  # a list for 20, each removal by itself
    number.provider = Instance.Provider.WAHA
    assert places_for(number, Load(100, 10)) == 330
    number.provider, number.label_event_at = Instance.Provider.WAWP, timezone.now()
    assert places_for(number, Load(100, 10)) == 110


@pytest.mark.parametrize(
    ("hours", "end"),
    [
        ((None, None), NOON + timedelta(hours=12)),
        ((time(22), time(8)), NOON + timedelta(hours=22)),
        ((time(13), time(14)), NOON + timedelta(hours=13)),
        ((time(11), time(13)), NOON + timedelta(hours=13)),
        ((time(8), time(8)), NOON + timedelta(hours=12)),
    ],
)
def test_quiet_hours_make_it_later(number: Instance, hours: Any, end: datetime) -> None:
    number.quiet_from, number.quiet_until = hours
    assert after_work(number, NOON, 12 * 3600) == end


@pytest.mark.parametrize(
    ("start", "end", "quiet"),
    [
        (time(22), time(8), [23, 0, 7]),
        (time(9), time(12), [9, 11]),
        (time(22), time(22), []),
        (None, None, []),
    ],
)
def test_quiet_hours(number: Instance, start: time | None, end: time | None, quiet: list[int], settings: Any) -> None:
    number.quiet_from, number.quiet_until = start, end
    hours = [0, 7, 8, 9, 11, 12, 21, 23]
    assert [hour for hour in hours if number.is_quiet(NOON.replace(hour=hour))] == sorted(quiet)
    settings.TIME_ZONE = "Africa/Cairo"  # two hours ahead
    assert number.is_quiet(NOON.replace(hour=21)) == (23 in quiet)


def test_queries_do_not_grow(
    lead: User, number: Instance, make_chat: MakeChat, labels: Labels, django_assert_num_queries: Any
) -> None:
    chats = [make_chat().pk for _ in range(30)]
    bindings = bindings_for(Actor.of(lead), Wanted(("VIP",)))
    for pks in (chats[:1], chats):
        with django_assert_num_queries(4):
            assert preview([pks], bindings).changes == len(pks)
