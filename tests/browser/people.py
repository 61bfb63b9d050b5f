"""People at their screens: who is logged in, what they see and do, in the words of the product."""

import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Response, expect

from tests.stack import Simulator, Stack

PASSWORD = "demo"
PATIENCE = 10_000  # milliseconds until something must have appeared
TAGS = re.compile(r"/chats/\d+/labels/\d+/")


class Screen:
    """One page of one person."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.page = page
        self.stack = stack

    def go(self, path: str) -> None:
        self.page.goto(self.stack.url + path, wait_until="load")

    # the list

    def rows(self) -> Locator:
        return self.page.locator("#rows > li[data-chat]")

    def row(self, jid: str) -> Locator:
        return self.page.locator(f'#rows > li[data-chat="{jid}"]')

    def chip(self, jid: str, wa_id: str, state: str = "") -> Locator:
        """The chip of a label in the list's row of a chat."""
        wanted = f'[data-state="{state}"]' if state else ""
        return self.row(jid).locator(f'[data-label="{wa_id}"]{wanted}')

    def sees_chip(self, jid: str, wa_id: str, state: str = "confirmed", timeout: float = PATIENCE) -> None:
        expect(self.chip(jid, wa_id, state)).to_have_count(1, timeout=timeout)

    def sees_waiting(self, jid: str, wa_id: str) -> None:
        """A hollow chip: not sent, or sent (a call that was cut off may have acted) and not seen."""
        hollow = self.row(jid).locator(f'[data-label="{wa_id}"]:is([data-state="pending"], [data-state="sent"])')
        expect(hollow).to_have_count(1, timeout=PATIENCE)

    def sees_no_chip(self, jid: str, wa_id: str, timeout: float = PATIENCE) -> None:
        expect(self.row(jid)).to_have_count(1, timeout=timeout)
        expect(self.chip(jid, wa_id)).to_have_count(0, timeout=timeout)

    def shows(self, jid: str, words: str) -> None:
        expect(self.row(jid)).to_contain_text(words, timeout=PATIENCE)

    def is_live(self) -> None:
        """The header says that changes arrive by themselves."""
        expect(self.page.locator('[data-live="live"]:visible').first).to_be_visible(timeout=PATIENCE)

    def is_cut_off(self) -> None:
        expect(self.page.locator('[data-live="reconnecting"]:visible').first).to_be_visible(timeout=30_000)

    def says(self, words: str) -> None:
        """These words are somewhere on the page, in any case."""
        found = (
            self.page.locator("body").get_by_text(re.compile(re.escape(words), re.IGNORECASE)).locator("visible=true")
        )
        expect(found.first).to_be_visible(timeout=PATIENCE)

    def never_reloads(self) -> None:
        self.page.evaluate("window.stillTheSame = true")

    def has_not_reloaded(self) -> None:
        assert self.page.evaluate("window.stillTheSame === true")

    # the open chat

    def panel(self) -> Locator:
        return self.page.locator("#side[data-pk]")

    def picker(self) -> Locator:
        return self.page.locator("#picker")

    def open(self, jid: str) -> None:
        pk = self.row(jid).get_attribute("data-pk")
        self.row(jid).locator("a.hit").click()
        expect(self.page.locator(f'#side[data-pk="{pk}"]')).to_be_visible()

    def open_chat(self) -> str:
        """The address of the chat that is open."""
        pk = self.panel().get_attribute("data-pk")
        return str(self.page.locator(f"#chat-{pk}").get_attribute("data-chat"))

    def has_messages(self) -> None:
        """The newest messages have been fetched."""
        expect(self.panel().locator(".bubble").first).to_be_visible()
        expect(self.panel().locator(".fetching")).to_have_count(0)

    def open_picker(self) -> None:
        self.panel().locator("[data-pick]").click()
        expect(self.picker().get_by_role("option").first).to_be_visible()

    def pick(self, name: str) -> None:
        self.picker().locator(f'[role="option"][data-name="{name}"]').click()

    def answer(self) -> AbstractContextManager[Any]:
        """Waits for the server's answer to a click on a label."""
        return self.page.expect_response(TAGS)

    def tag(self, jid: str, name: str) -> None:
        self.open(jid)
        self.open_picker()
        with self.answer() as answer:
            self.pick(name)
        assert answer.value.status == 200
        self.page.keyboard.press("Escape")

    def untag(self, jid: str, name: str) -> None:
        self.open(jid)
        with self.answer() as answer:
            self.panel().get_by_role("button", name=f"Remove {name}", exact=True).click()
        assert answer.value.status == 200


class Desk:
    """Opens screens, remembers who has logged in, and collects what the browsers complain about."""

    def __init__(self, stack: Stack, browser: Browser, keys: dict[str, Any]) -> None:
        self.stack = stack
        self.simulator: Simulator = stack.simulator
        self.browser = browser
        self.keys = keys
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        # htmx calls it an error when a row that changes again is asked for again before its answer came (hx-sync)
        self.announced: list[str] = [r"htmx:(sendAbort|afterRequest), \[object HTML"]

    # screens

    def context(self, **options: Any) -> BrowserContext:
        made = self.browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        made.set_default_timeout(PATIENCE)
        made.on("console", self.listen)
        made.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        made.on("response", self.look)
        self.contexts.append(made)
        return made

    def person(self, name: str, path: str = "/chats/", **options: Any) -> Screen:
        """A new browser in which `name` is logged in, at `path`."""
        if name not in self.keys:
            self.keys[name] = self.log_in(name)
        return self.screen(path, storage_state=self.keys[name], **options)

    def person_of_their_own(self, name: str, path: str = "/chats/") -> Screen:
        """As `person`, with a session that no other test uses."""
        return self.screen(path, storage_state=self.log_in(name))

    def nobody(self, path: str, **options: Any) -> Screen:
        return self.screen(path, **options)

    def screen(self, path: str, **options: Any) -> Screen:
        screen = Screen(self.context(**options).new_page(), self.stack)
        screen.go(path)
        return screen

    def log_in(self, name: str) -> Any:
        context = self.context()
        page = context.new_page()
        page.goto(f"{self.stack.url}/login/")
        self.fill_in_login(page, name)
        page.wait_for_url(re.compile(r"/chats/"))
        state = context.storage_state()
        context.close()
        self.contexts.remove(context)
        return state

    def fill_in_login(self, page: Page, name: str) -> None:
        page.locator('input[name="username"]').fill(name)
        page.locator('input[name="password"]').fill(PASSWORD)
        page.locator('input[name="password"]').press("Enter")

    # the phone

    def directory(self) -> dict[str, str]:
        """The labels on the phone: name to id."""
        return {label["name"]: str(label["id"]) for label in self.simulator.ask("GET", "/sim/state")["labels"]}

    def label(self, name: str) -> str:
        return self.directory()[name]

    def on_phone(self, wa_id: str) -> dict[str, Any]:
        labels: list[dict[str, Any]] = self.simulator.ask("GET", "/sim/state")["labels"]
        return next(label for label in labels if str(label["id"]) == wa_id)

    def new_label_on_phone(self, name: str, color: int = 5) -> str:
        return str(self.simulator.ask("POST", "/sim/phone/labels", {"name": name, "color": color})["id"])

    def phone(self) -> Page:
        """The simulator's page: the handset of the number."""
        page = self.context(viewport={"width": 480, "height": 900}).new_page()
        page.goto(f"{self.stack.simulator_url}/phone/")
        return page

    # complaints

    def listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def look(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

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
