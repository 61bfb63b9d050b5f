"""A thousand open screens: each hears of a change, a click is answered meanwhile, and a restart of the server loses none of them."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.browser import database
from tests.faults.test_stop import log_in
from tests.stack import Stack

pytestmark = pytest.mark.faults
SCREENS = 1000
PATIENCE = 120  # seconds; with nothing else to do the last one hears of it within one


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with database.of_its_own() as settings, Stack(tmp_path, chats=20, **settings) as running:
        yield running


class Screen:
    """A browser's live stream, without the browser."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __init__(self, stack: Stack, cookie: str) -> None:
        self.port = stack.port
        self.request = f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nCookie: sessionid={cookie}\r\n\r\n"

    async def open(self) -> None:
        """As static/live.js: a server that is asked by a thousand at once may send some away for a moment."""
        while not await self.is_let_in():
            await self.close()
            await asyncio.sleep(3 + 3 * random.random())  # noqa: S311  # spread, not secret

    async def is_let_in(self) -> bool:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(self.request.encode())
        status = (await self.reader.readline()).split()[1]
        if status != b"200":
            assert status == b"503", status
            return False
        await self.reader.readuntil(b"event: hello")
        return True

    async def hears(self) -> None:
        await self.reader.readuntil(b"event: change")

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


async def all_of(screens: list[Screen], what: str) -> None:
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(getattr(screen, what)() for screen in screens))


async def follow(stack: Stack, screens: list[Screen], person: httpx.AsyncClient, jid: str, *, on: bool) -> None:
    """All screens hear of what happens on the phone, and a page is answered while they do."""
    hearing = asyncio.create_task(all_of(screens, "hears"))
    await asyncio.to_thread(stack.simulator.label_on_phone, jid, "3", on=on)
    assert (await person.get("/chats/")).status_code == 200
    await hearing


async def story(stack: Stack, cookie: str, jid: str) -> None:
    screens = [Screen(stack, cookie) for _ in range(SCREENS)]
    async with httpx.AsyncClient(base_url=stack.url, cookies={"sessionid": cookie}, timeout=PATIENCE) as person:
        await all_of(screens, "open")
        await follow(stack, screens, person, jid, on=True)
        await asyncio.to_thread(stack.restart_product)
        await all_of(screens, "close")
        await all_of(screens, "open")
        await follow(stack, screens, person, jid, on=False)
        await all_of(screens, "close")


def test_a_thousand_screens_follow_and_come_back(stack: Stack) -> None:
    with httpx.Client(base_url=stack.url) as client:
        log_in(client)
        cookie = client.cookies["sessionid"]
    chat = next(chat for chat in stack.simulator.chats() if chat["jid"].endswith("@c.us"))
    for wa_id in stack.simulator.labels_of(chat["jid"]):
        stack.simulator.label_on_phone(chat["jid"], wa_id, on=False)
    asyncio.run(story(stack, cookie, chat["jid"]))
