"""A real Chromium against the real processes. Nothing here may touch the ORM: Playwright runs an event loop in this thread."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import chromium, database
from tests.browser.people import PATIENCE, Desk
from tests.stack import Stack, wait_until

HERE = Path(__file__).parent
RESULTS = HERE.parent.parent / "test-results"


def in_this_folder(item: pytest.Item) -> bool:
    return HERE in item.path.parents


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last: a mistake elsewhere shows in seconds. Without a browser they are skipped, or fail if required."""
    items.sort(key=in_this_folder)
    missing = not chromium.find()
    for item in filter(in_this_folder, items):
        item.add_marker(pytest.mark.browser)
        if missing and os.environ.get("REQUIRE_BROWSER") != "1":
            item.add_marker(pytest.mark.skip(reason="no Chromium"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "no Chromium" in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} browser tests were skipped, no Chromium was found: {chromium.HOW_TO_GET}."
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed test leaves its screens in test-results/, what the provider was asked, and what the mirror held."""
    report = yield
    desk = getattr(item, "funcargs", {}).get("desk")
    if report.when == "call" and report.failed and isinstance(desk, Desk):
        desk.photograph(RESULTS / item.name)
    return report


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One demo for all browser tests, where nothing happens unless a test does it."""
    # what a person would wait 5 s, minutes, and half a minute for
    patience = {"READ_BACK_SECONDS": "1", "PUSH_ATTEMPTS": "3", "REREAD_SECONDS": "0"}
    with database.of_its_own() as settings, Stack(tmp_path_factory.mktemp("stack"), **patience, **settings) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, f"REQUIRE_BROWSER=1, and no Chromium was found: {chromium.HOW_TO_GET}"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def keys() -> dict[str, object]:
    """Sessions by person, so that each logs in once."""
    return {}


@pytest.fixture
def desk(stack: Stack, browser: Browser, keys: dict[str, object]) -> Iterator[Desk]:
    """Opens screens for people, and holds that no screen reported an error that the test did not announce."""
    desk = Desk(stack, browser, keys)
    yield desk
    desk.close()
    assert not desk.unexpected(), "\n".join(desk.unexpected())


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat on the phone."""

    jid: str
    name: str


@pytest.fixture(scope="package")
def untouched(stack: Stack) -> dict[str, list[Chat]]:
    """Chats on the first page of the inbox, persons and groups, the one that no test has used for longest at the end."""
    found = [Chat(chat["jid"], chat["name"]) for chat in stack.simulator.chats(limit=45)]
    return {
        "person": [chat for chat in found if chat.jid.endswith("@c.us") and chat.name],
        "group": [chat for chat in found if chat.jid.endswith("@g.us")],
    }


@pytest.fixture
def take(desk: Desk, untouched: dict[str, list[Chat]]) -> Callable[[str], Chat]:
    """Takes a chat that is this test's alone, without labels on the phone and on the screens."""

    def next_one(kind: str) -> Chat:
        chat = untouched[kind].pop()
        untouched[kind].insert(0, chat)
        left = desk.simulator.labels_of(chat.jid)
        for wa_id in left:
            desk.simulator.label_on_phone(chat.jid, wa_id, on=False)
        if left:  # a screen that still shows one would take it off where the test puts it on
            wait_until(lambda: not left & desk.labels_shown(chat.jid), told=f"the labels {left} are off {chat.jid}")
        return chat

    return next_one


@pytest.fixture
def chat(take: Callable[[str], Chat]) -> Chat:
    return take("person")


@pytest.fixture
def chats(take: Callable[[str], Chat]) -> list[Chat]:
    return [take("person"), take("person")]


@pytest.fixture
def group(take: Callable[[str], Chat]) -> Chat:
    return take("group")
