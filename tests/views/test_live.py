import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import Error, connection
from django.test import AsyncClient

from labelapp.actions.notices import note
from labelapp.models import Change, Chat, Instance, User
from labelapp.views import live
from tests.conftest import MakeChat

pytestmark = pytest.mark.django_db(transaction=True)
Event = tuple[str, dict[str, Any]]


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[live.Hub]:
    """A process without streams, whose thread has ended when the test is over."""
    hub = live.Hub()
    monkeypatch.setattr(live, "hub", hub)
    yield hub
    assert hub.readers == set()
    thread = hub._thread
    if thread:
        thread.join(5)


class Screen:
    """A browser's end of the stream."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self.chunks = chunks

    async def next(self, seconds: float = 20) -> Event:
        """The next event, comments left out."""
        async with asyncio.timeout(seconds):
            async for chunk in self.chunks:
                lines = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines() if ": " in line[1:])
                if "event" in lines:
                    return lines["event"], json.loads(lines["data"])
        return "end", {}


def watch(user: User, story: Callable[[Screen], Awaitable[Any]]) -> Any:
    """Open the stream as this person and let `story` happen."""

    async def run() -> Any:
        client = AsyncClient()
        await client.aforce_login(user)
        answer = await client.get("/live/")
        assert answer["Content-Type"] == "text/event-stream"
        assert answer["Cache-Control"] == "no-store"
        chunks = answer.streaming_content.__aiter__()
        screen = Screen(chunks)
        try:
            assert await screen.next() == ("hello", {})
            return await story(screen)
        finally:
            await chunks.aclose()

    return async_to_sync(run)()


def changes(**more: list[Any]) -> Event:
    return "change", {"chats": [], "messages": [], "labels": [], "lookers": [], "instances": []} | more


def test_every_kind_of_change_is_told(agent: User, number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()

    async def story(screen: Screen) -> list[Event]:
        told = []
        for kind, chats in (("chat", [chat]), ("message", [chat]), ("labels", None), ("instance", None)):
            await sync_to_async(note)(number, kind, chats)
            told.append(await screen.next())
        return told

    assert watch(agent, story) == [
        changes(chats=[chat.pk]),
        changes(messages=[chat.pk]),
        changes(labels=["demo"]),
        changes(instances=["demo"]),
    ]


def test_only_what_the_person_may_see(
    agent: User, number: Instance, other_number: Instance, make_chat: MakeChat
) -> None:
    mine, theirs = make_chat(), make_chat(instance=other_number)

    async def story(screen: Screen) -> Event:
        await sync_to_async(note)(other_number, "chat", [theirs])
        await sync_to_async(note)(other_number, "labels")
        await sync_to_async(note)(number, "chat", [mine])
        return await screen.next()

    assert watch(agent, story) == changes(chats=[mine.pk])


def test_each_change_is_told_once(agent: User, number: Instance, make_chat: MakeChat) -> None:
    chats = [make_chat() for _n in range(3)]

    async def story(screen: Screen) -> list[int]:
        told: list[int] = []
        for chat in chats:
            await sync_to_async(note)(number, "chat", [chat])
            told += (await screen.next())[1]["chats"]
        with pytest.raises(TimeoutError):
            await screen.next(1.2)  # longer than the hub's own look
        return told

    assert watch(agent, story) == [chat.pk for chat in chats]


def test_a_lower_id_that_commits_later_is_told_too(agent: User, number: Instance, make_chat: MakeChat) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    first, second = make_chat(), make_chat()
    feed = live.Feed(0)
    Change.objects.create(instance=number, chat=second, kind="chat", id=1002)
    assert [row[0] for row in feed.fresh()] == [1002]
    Change.objects.create(instance=number, chat=first, kind="chat", id=1001)
    assert [row[0] for row in feed.fresh()] == [1001]
    assert feed.fresh() == []


def test_a_slow_reader_is_told_to_refresh_everything(number: Instance) -> None:
    async def story() -> list[Any]:
        reader = live.Reader(asyncio.get_running_loop())
        for n in range(live.QUEUE + 1):
            reader.give([(n, number.pk, None, "chat")])
        reader.give([(999, number.pk, None, "chat")])
        return [reader.batches.get_nowait() for _n in range(reader.batches.qsize())]

    assert asyncio.run(story()) == [None, [(999, number.pk, None, "chat")]]


def test_the_order_to_refresh_reaches_the_screen(agent: User, number: Instance, hub: live.Hub) -> None:
    async def story(screen: Screen) -> Event:
        (reader,) = hub.readers
        for n in range(live.QUEUE + 1):
            reader.give([(n, number.pk, None, "labels")])
        return await screen.next()

    assert watch(agent, story) == ("resync", {})


def test_silence_is_filled_with_comments(agent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.05)

    async def story(screen: Screen) -> bytes:
        return await anext(screen.chunks)

    assert watch(agent, story) == b": still here\n\n"


def closed(user: User) -> None:
    from django.contrib.sessions.models import Session  # noqa: PLC0415  here: the app registry is not ready above
    from django.core.cache import cache  # noqa: PLC0415

    Session.objects.all().delete()
    cache.clear()


def test_the_stream_ends_with_the_login(agent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.02)
    monkeypatch.setattr(live, "RECHECK", 0.02)

    async def story(screen: Screen) -> Event:
        await anext(screen.chunks)
        await sync_to_async(closed)(agent)
        return await screen.next()

    assert watch(agent, story) == ("end", {})


def test_the_stream_ends_with_a_changed_password(agent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.02)
    monkeypatch.setattr(live, "RECHECK", 0.02)

    async def story(screen: Screen) -> Event:
        agent.set_password("another-one-77")
        await sync_to_async(agent.save)()
        return await screen.next()

    assert watch(agent, story) == ("end", {})


def test_a_closed_account_sees_no_more(
    agent: User, number: Instance, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.02)
    monkeypatch.setattr(live, "RECHECK", 0.02)

    async def story(screen: Screen) -> Event:
        await sync_to_async(User.objects.filter(pk=agent.pk).update)(is_active=False)
        return await screen.next()

    assert watch(agent, story) == ("end", {})


def test_a_number_that_is_closed_to_a_person_is_told_no_more(
    agent: User, admin: User, number: Instance, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.02)
    monkeypatch.setattr(live, "RECHECK", 0.02)

    async def story(screen: Screen) -> Event:
        await sync_to_async(number.people.add)(admin)
        for _n in range(5):
            await anext(screen.chunks)
        await sync_to_async(note)(number, "labels")
        return await screen.next(1.5)

    with pytest.raises(TimeoutError):
        watch(agent, story)


def test_the_hub_outlives_a_database_error(
    agent: User, number: Instance, monkeypatch: pytest.MonkeyPatch, hub: live.Hub
) -> None:
    looked, real = [], live.Feed.fresh

    def fresh(feed: live.Feed) -> Any:
        looked.append(1)
        if len(looked) == 1:
            raise Error("gone")
        return real(feed)

    monkeypatch.setattr(live.Feed, "fresh", fresh)

    async def story(screen: Screen) -> Event:
        await sync_to_async(note)(number, "labels")
        return await screen.next()

    assert watch(agent, story) == changes(labels=["demo"])


def test_the_hub_rests_without_readers(agent: User, hub: live.Hub) -> None:
    async def story(screen: Screen) -> bool:
        return hub._thread is not None and hub._thread.is_alive()

    assert watch(agent, story) is True
    thread = hub._thread
    if thread:
        thread.join(20)
    assert (hub.readers, hub._thread) == (set(), None)


def test_anonymous_people_get_no_stream(client: Any) -> None:
    assert client.get("/live/").status_code == 302


def test_what_happens_while_the_stream_opens_is_told(
    agent: User, number: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = live.Hub.join

    def join_late(hub: live.Hub, reader: live.Reader, since: int) -> None:
        in_thread(number)
        join(hub, reader, since)

    monkeypatch.setattr(live.Hub, "join", join_late)

    async def story(screen: Screen) -> Event:
        return await screen.next()

    assert watch(agent, story) == changes(labels=["demo"])


def in_thread(number: Instance) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: (note(number, "labels"), connection.close())).result()


def test_opening_a_stream_keeps_no_chat_in_mind(agent: User, make_chat: MakeChat, number: Instance) -> None:
    """What happened before the stream began is in the page already."""
    note(number, "chat", [make_chat()])
    if connection.vendor == "postgresql":
        Change.objects.all().delete()  # the last 10 s are read again there

    async def story(screen: Screen) -> Event:
        return await screen.next(1.3)

    with pytest.raises(TimeoutError):
        watch(agent, story)
    assert Chat.objects.count() == 1


def test_a_stream_outlives_a_database_that_is_away_when_the_login_is_judged(
    agent: User, number: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.02)
    monkeypatch.setattr(live, "RECHECK", 0.02)
    real, looks = live._look, iter([Error("gone"), Error("gone")])

    def look(*args: Any) -> live.Look:
        for error in looks:
            raise error
        return real(*args)

    async def story(screen: Screen) -> Event:
        monkeypatch.setattr(live, "_look", look)
        for _n in range(6):
            await anext(screen.chunks)
        assert next(looks, None) is None
        await sync_to_async(note)(number, "labels")
        return await screen.next()

    assert watch(agent, story) == changes(labels=["demo"])
