"""Hooks that go out, to a real receiver on loopback; the standardwebhooks library judges what it gets."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from labelapp.actions.actor import Actor
from labelapp.actions.outgoing import replay, rotate_signing_secret, try_hook
from labelapp.actions.outgoing_sending import claim_due, end_old
from labelapp.models import HookSend, Instance, Label, OutgoingHook, User
from tests.conftest import MakeChat
from tests.hook_receiver import HookReceiver, receiver
from tests.outgoing import make_hook, send_all, tell
from tests.posted import deliver, fresh, tagged

Labels = dict[str, Label]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def far() -> Iterator[HookReceiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def hook(admin: User, far: HookReceiver) -> OutgoingHook:
    return make_hook(admin, far.url)


@pytest.fixture
def send(number: Instance, hook: OutgoingHook, make_chat: MakeChat, labels: Labels) -> HookSend:
    """A message that is due."""
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    return HookSend.objects.get()


def test_a_tag_on_the_phone_is_heard_outside(
    number: Instance, hook: OutgoingHook, make_chat: MakeChat, labels: Labels, far: HookReceiver
) -> None:
    chat = make_chat(labels=(labels["On hold"],))
    deliver(number, tagged(chat.jid, labels["VIP"].wa_id))
    tell(number)
    assert send_all(number) == 1
    whole = far.got[0].verified(hook.secret)
    assert whole["type"] == "label.added"
    data = whole["data"]
    assert (data["number"]["slug"], data["label"]["name"], data["source"]) == ("demo", "VIP", "phone")
    assert (data["chat"]["jid"], data["chat"]["phone"]) == (chat.jid, "+201000000001")
    assert [(label["name"], label["confirmed"]) for label in data["chat"]["labels"]] == [
        ("VIP", True),
        ("On hold", True),
    ]


def test_what_was_taken_is_over(number: Instance, send: HookSend, far: HookReceiver) -> None:
    assert [send_all(number, later=True) for _time in range(2)] == [1, 0]
    send.refresh_from_db()
    assert (send.outcome, send.status, send.attempts, send.due_at) == ("taken", 204, 1, None)
    assert len(far.got) == 1


def test_a_failure_comes_back_later_under_the_same_id(number: Instance, send: HookSend, far: HookReceiver) -> None:
    far.answers = [(500, {}, 0), (400, {}, 0)]
    pauses = []
    for _time in range(3):
        send_all(number, later=True)
        send.refresh_from_db()
        pauses.append((send.due_at - timezone.now()).total_seconds() if send.due_at else None)
    assert len({got.id for got in far.got}) == 1
    assert len(far.got) == 3
    assert pauses[0] is not None
    assert 3 < pauses[0] < 7
    assert pauses[1] is not None
    assert 22 < pauses[1] < 37
    assert (pauses[2], send.outcome, send.attempts) == (None, "taken", 3)


def test_a_retry_after_is_heeded(number: Instance, send: HookSend, far: HookReceiver) -> None:
    far.answers = [(429, {"Retry-After": "600"}, 0)]
    send_all(number)
    send.refresh_from_db()
    assert send.due_at
    assert send.due_at > timezone.now() + timedelta(seconds=590)


def test_after_a_day_it_is_given_up(number: Instance, send: HookSend, far: HookReceiver) -> None:
    far.answers = [(500, {}, 0)] * 20
    for _time in range(15):
        send_all(number, later=True)
    send.refresh_from_db()
    assert (send.outcome, send.attempts, send.answer) == ("failed", 11, "taken")
    assert send.ended_at


def test_410_switches_the_hook_off(
    number: Instance, hook: OutgoingHook, send: HookSend, make_chat: MakeChat, labels: Labels, far: HookReceiver
) -> None:
    far.answers = [(410, {}, 0)]
    send_all(number)
    hook.refresh_from_db()
    assert (hook.is_on, hook.off_reason) == (False, "gone")
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    assert (HookSend.objects.count(), send_all(number, later=True), len(far.got)) == (1, 0, 1)


def test_a_private_address_is_not_tried_again(number: Instance, send: HookSend, far: HookReceiver) -> None:
    OutgoingHook.objects.update(allow_private=False)
    send_all(number)
    send.refresh_from_db()
    assert (send.outcome, send.failure, far.got) == ("failed", "forbidden", [])


def test_a_process_that_dies_repeats_it_at_most(number: Instance, send: HookSend, far: HookReceiver) -> None:
    """It claims the message, posts it, and is killed before it can write what came of it."""
    (job,) = claim_due(fresh(number), 8)
    job.run()
    assert send_all(number) == 0  # it is claimed until the pause is over
    send_all(number, later=True)
    assert [got.id for got in far.got] == [send.message_id] * 2
    assert HookSend.objects.get().outcome == "taken"


def test_a_process_that_dies_before_it_posts_loses_nothing(number: Instance, send: HookSend, far: HookReceiver) -> None:
    assert len(claim_due(fresh(number), 8)) == 1
    send_all(number, later=True)
    assert [got.id for got in far.got] == [send.message_id]


def test_two_that_claim_the_same_post_it_once(number: Instance, send: HookSend) -> None:
    assert [len(claim_due(fresh(number), 8)) for _time in range(2)] == [1, 0]


def test_so_many_in_flight_and_no_more(
    number: Instance, hook: OutgoingHook, admin: User, far: HookReceiver, make_chat: MakeChat, labels: Labels,
    settings: Settings,
) -> None:  # fmt: skip
    settings.HOOKS_AT_ONCE = 3
    make_hook(admin, far.url, name="Second")
    for _n in range(6):
        deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    far.answers = [(204, {}, 0.15)] * 12
    assert send_all(number) == 12
    assert (far.most, len({got.id for got in far.got})) == (3, 12)


def test_a_slow_receiver_leaves_room_for_another(
    number: Instance, hook: OutgoingHook, admin: User, far: HookReceiver, make_chat: MakeChat, labels: Labels
) -> None:
    for _n in range(6):
        deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    far.answers = [(204, {}, 0.2)] * 6
    assert len(claim_due(fresh(number), 8)) == 4


def test_for_a_day_both_secrets_sign(
    number: Instance, hook: OutgoingHook, admin: User, send: HookSend, far: HookReceiver
) -> None:
    old = hook.secret
    rotate_signing_secret(Actor.of(admin), hook)
    send_all(number)
    assert far.got[0].verified(old) == far.got[0].verified(hook.secret)
    OutgoingHook.objects.update(rotated_at=timezone.now() - timedelta(hours=25))
    assert OutgoingHook.objects.get().keys == [hook.secret]


def test_what_can_not_be_decrypted_is_not_posted(number: Instance, send: HookSend, far: HookReceiver) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE labelapp_outgoinghook SET secret = 'nonsense'")
    send_all(number)
    send.refresh_from_db()
    assert (send.failure, far.got, OutgoingHook.objects.get().locked) == ("locked", [], True)


def test_replay_posts_it_again_under_the_same_id(
    number: Instance, hook: OutgoingHook, admin: User, send: HookSend, far: HookReceiver
) -> None:
    send_all(number)
    for _time in range(2):
        replay(Actor.of(admin), HookSend.objects.get())
    send_all(number)
    assert [got.id for got in far.got] == [send.message_id] * 2


def test_a_test_is_posted_at_once(admin: User, hook: OutgoingHook, far: HookReceiver) -> None:
    far.answers = [(500, {}, 0)]
    failed, taken = (try_hook(Actor.of(admin), hook) for _time in range(2))
    assert (failed.outcome, failed.status, failed.due_at) == ("failed", 500, None)
    assert (taken.outcome, far.got[1].verified(hook.secret)["type"]) == ("taken", "test")


def test_what_waits_for_days_ends(number: Instance, hook: OutgoingHook, send: HookSend) -> None:
    OutgoingHook.objects.update(is_on=False)
    assert send_all(number) == 0
    HookSend.objects.update(made_at=timezone.now() - timedelta(days=3))
    assert end_old() == 1
    assert HookSend.objects.get().outcome == "failed"
