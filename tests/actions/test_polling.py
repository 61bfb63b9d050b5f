from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.importing import PAGE
from labelapp.actions.polling import poll_overview
from labelapp.actions.providers import client_for
from labelapp.models import Change, Chat, Fact, Instance, Label, Message
from tests.conftest import MakeChat
from tests.posted import deliver, event, fresh, just_now, pair_of
from tests.wire import FarSide


def row(jid: str, text: str, *, ago: float = 0, from_me: bool = False, name: str = "") -> dict[str, Any]:
    at = int(timezone.now().timestamp() - ago)
    message = {"id": f"{str(from_me).lower()}_{jid}_{text}", "body": text, "timestamp": at, "fromMe": from_me}
    return {"id": jid, "name": name, "picture": None, "lastMessage": message, "_chat": {}}


def poll(number: Instance) -> int:
    Change.objects.all().delete()
    with client_for(number) as client:
        return poll_overview(fresh(number), client)


def jid(n: int) -> str:
    return f"2015550{n:05}@c.us"


def test_new_chats_and_messages_come_in(
    number: Instance, far: FarSide, make_chat: MakeChat, labels: dict[str, Label]
) -> None:
    known = make_chat(jid=jid(1), labels=(labels["VIP"],))
    far.chats = [row(jid(1), "Are you there?"), row(jid(2), "Hello", name="Anna", ago=5)]
    assert poll(number) == 2
    known.refresh_from_db()
    assert (known.last_message_text, known.is_unanswered) == ("Are you there?", True)
    assert pair_of(known, labels["VIP"]).last_message_at == known.last_message_at
    assert Chat.objects.get(jid=jid(2)).name == "Anna"
    assert set(Change.objects.values_list("kind", "chat__jid")) == {("message", jid(1)), ("message", jid(2))}


def facts(number: Instance) -> list[tuple[str, str, str]]:
    rows = Fact.objects.filter(instance=number).select_related("chat", "message").order_by("pk")
    return [(row.kind, row.chat.jid if row.chat else "", row.message.text if row.message else "") for row in rows]


def test_rules_hear_of_polled_messages_once(number: Instance, far: FarSide) -> None:
    far.chats = [row(jid(1), "Help"), row(jid(2), "Yesterday", ago=86_400)]
    assert [poll(number) for _time in range(2)] == [2, 0]
    told = [("chat.created", jid(1), ""), ("message.in", jid(1), "Help")]
    assert facts(number) == told
    late = event("message.any", {"id": f"false_{jid(1)}_Help", "from": jid(1), "body": "Help", "timestamp": just_now()})
    deliver(number, late)
    assert (facts(number), Message.objects.count()) == (told, 2)
    far.chats = [row(jid(1), "Yes?", from_me=True, ago=-1)]
    poll(number)
    assert facts(number) == [*told, ("message.out", jid(1), "Yes?")]


def test_an_import_tells_nobody_of_last_messages(number: Instance, far: FarSide) -> None:
    Instance.objects.update(import_stage=Instance.ImportStage.CHATS)
    far.chats = [row(jid(1), "Help")]
    assert (poll(number), facts(number), Message.objects.count()) == (1, [], 0)


def test_twice_is_once(number: Instance, far: FarSide) -> None:
    far.chats = [row(jid(1), "Hello"), {"id": jid(2), "name": "Silent", "_chat": {}}]
    assert [poll(number) for _time in range(2)] == [2, 0]
    assert Change.objects.count() == 0


def test_our_answer_from_the_phone_ends_the_waiting(number: Instance, far: FarSide) -> None:
    far.chats = [row(jid(1), "Hello?", ago=60)]
    poll(number)
    far.chats = [row(jid(1), "Yes!", from_me=True)]
    poll(number)
    assert Chat.objects.get().is_unanswered is False


def test_only_pages_with_news_are_read(number: Instance, far: FarSide) -> None:
    far.chats = [row(jid(n), "Hello", ago=n) for n in range(3 * PAGE)]
    assert poll(number) == 3 * PAGE
    far.chats = [row(jid(3 * PAGE), "New"), *far.chats]
    far.calls = []
    assert (poll(number), len(far.calls)) == (1, 2)


def test_a_provider_that_ignores_paging_ends_all_the_same(number: Instance, far: FarSide) -> None:
    class Endless(list[dict[str, Any]]):
        def __getitem__(self, _where: Any) -> Any:
            return list(self)

    far.chats = Endless(row(jid(n), "Hello") for n in range(5))
    assert (poll(number), len(far.calls)) == (5, 2)


def test_a_message_from_the_future_is_news_once(number: Instance, far: FarSide) -> None:
    far.chats = [row(jid(1), "Hello", ago=-3600)]
    assert [poll(number) for _time in range(3)] == [1, 0, 0]
    assert Chat.objects.get().last_message_at <= timezone.now()
    far.chats = [row(jid(1), "Again", ago=-3600)]
    assert poll(number) == 1


def archived_row(archived: bool) -> dict[str, Any]:
    return row(jid(1), "Hello", ago=60) | {"_chat": {"archived": archived}}


def archive_event(archived: bool, *, ago: float) -> dict[str, Any]:
    return event("chat.archive", {"id": jid(1), "archived": archived}, just_now() - ago)


@pytest.mark.parametrize("known", [True, False])
def test_an_event_from_before_a_reading_does_not_turn_the_archive_back(
    number: Instance, far: FarSide, make_chat: MakeChat, known: bool
) -> None:
    make_chat(jid=jid(1), archived=known)
    far.chats = [archived_row(True)]
    poll(number)
    deliver(number, archive_event(False, ago=30))
    assert Chat.objects.get().archived is True
    deliver(number, archive_event(False, ago=0))
    assert Chat.objects.get().archived is False


def test_a_reading_does_not_turn_younger_news_of_the_archive_back(
    number: Instance, far: FarSide, make_chat: MakeChat
) -> None:
    """The phone acted while the page was on its way."""
    make_chat(jid=jid(1))
    poll(number)
    far.chats = [archived_row(False)]
    far.before = lambda line: deliver(number, archive_event(True, ago=0)) if "overview" in line else None
    poll(number)
    assert Chat.objects.get().archived is True


def test_a_changed_archive_is_told_once(number: Instance, far: FarSide, make_chat: MakeChat) -> None:
    far.chats = [archived_row(True)]
    chat = make_chat(jid=jid(1), name="Anna", at=timezone.now())
    assert [poll(number) for _time in range(2)] == [1, 0]
    far.chats = [archived_row(False)]
    assert poll(number) == 1
    assert list(Change.objects.values_list("kind", "chat")) == [("message", chat.pk)]


@pytest.mark.parametrize("size", [1, 30])
def test_quiet_polls_cost_few_queries(
    number: Instance, far: FarSide, django_assert_num_queries: Any, size: int
) -> None:
    far.chats = [row(jid(n), "Hello", ago=n) for n in range(size)]
    poll(number)
    with client_for(number) as client, django_assert_num_queries(6):
        poll_overview(number, client)
    assert fresh(number).polled_at > timezone.now() - timedelta(seconds=5)
