"""People at their screens: who is logged in, what they see and do, in the words of the product."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Response, expect

from tests.stack import Simulator, Stack

PASSWORD = "demo"
PATIENCE = 10_000  # milliseconds until something must have appeared


class Screen:
    """One page of one person."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.page = page
        self.stack = stack

    def go(self, path: str) -> None:
        self.page.goto(self.stack.url + path, wait_until="load")

    def row(self, jid: str) -> Locator:
        return self.page.locator(f'[id^="chat-"][data-chat="{jid}"]').first

    def chip(self, jid: str, wa_id: str, state: str = "") -> Locator:
        """The chip of a label in the list's row of a chat."""
        wanted = f'[data-state="{state}"]' if state else ""
        return self.row(jid).locator(f'[data-label="{wa_id}"]{wanted}')

    def sees_chip(self, jid: str, wa_id: str, state: str = "confirmed", timeout: float = PATIENCE) -> None:
        expect(self.chip(jid, wa_id, state).first).to_be_attached(timeout=timeout)

    def sees_no_chip(self, jid: str, wa_id: str, timeout: float = PATIENCE) -> None:
        expect(self.chip(jid, wa_id)).to_have_count(0, timeout=timeout)

    def is_live(self) -> None:
        """The header says that changes arrive by themselves."""
        expect(self.page.locator('[data-live="live"]').first).to_be_attached(timeout=PATIENCE)


class Desk:
    """Opens screens, remembers who has logged in, and collects what the browsers complain about."""

    def __init__(self, stack: Stack, browser: Browser, keys: dict[str, Any]) -> None:
        self.stack = stack
        self.simulator: Simulator = stack.simulator
        self.browser = browser
        self.keys = keys
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.announced: list[str] = []

    def context(self, **options: Any) -> BrowserContext:
        made = self.browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        made.set_default_timeout(PATIENCE)
        made.on("console", self.listen)
        made.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        made.on("response", self.look)
        self.contexts.append(made)
        return made

    def listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def look(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

    def person(self, name: str, path: str = "/chats/", **options: Any) -> Screen:
        """A new browser in which `name` is logged in, at `path`."""
        if name not in self.keys:
            self.keys[name] = self.log_in(name)
        page = self.context(storage_state=self.keys[name], **options).new_page()
        screen = Screen(page, self.stack)
        screen.go(path)
        return screen

    def log_in(self, name: str) -> Any:
        context = self.context()
        page = context.new_page()
        page.goto(f"{self.stack.url}/login/")
        page.locator('input[name="username"]').fill(name)
        page.locator('input[name="password"]').fill(PASSWORD)
        page.locator('input[name="password"]').press("Enter")
        page.wait_for_url(re.compile(r"/chats/"))
        state = context.storage_state()
        context.close()
        self.contexts.remove(context)
        return state

    def phone(self) -> Page:
        """The simulator's page: the handset of the number."""
        page = self.context(viewport={"width": 480, "height": 900}).new_page()
        page.goto(f"{self.stack.simulator_url}/phone/")
        return page

    def expects(self, *patterns: str) -> None:
        """These complaints (regular expressions) belong to the test's story."""
        self.announced.extend(patterns)

    def unexpected(self) -> list[str]:
        return [line for line in self.complaints if not any(re.search(pattern, line) for pattern in self.announced)]

    def photograph(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pages = [page for context in self.contexts for page in context.pages]
        for number, page in enumerate(pages, 1):
            page.screenshot(path=folder / f"{number}.png")
        (folder / "complaints.txt").write_text("\n".join(self.complaints))

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def label_ids(simulator: Simulator) -> Mapping[str, str]:
    """The directory on the phone: name to id."""
    return {label["name"]: str(label["id"]) for label in simulator.ask("GET", "/sim/state")["labels"]}
