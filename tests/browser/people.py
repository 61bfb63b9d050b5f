"""People at their screens: who is logged in, what they see and do, in the words of the product."""

import json
import re
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    FloatRect,
    Locator,
    Page,
    Response,
    expect,
)

from tests.stack import Simulator, Stack

PASSWORD = "demo"
PATIENCE = 20_000  # milliseconds until something must have appeared
TAGS = re.compile(r"/chats/\d+/labels/\d+/")


def extent(part: Locator) -> FloatRect:
    """Where a part is drawn, in CSS pixels. A part that is exchanged at this moment is measured again."""
    for _ in range(20):
        expect(part).to_be_visible(timeout=PATIENCE)
        if drawn := part.bounding_box():
            return drawn
    raise AssertionError(f"{part} is exchanged without end")


def reveal(part: Locator) -> None:
    """Scroll until a part is on the screen, again if it is exchanged at this moment."""
    for _ in range(20):
        with suppress(Error):
            return part.scroll_into_view_if_needed(timeout=PATIENCE)
    raise AssertionError(f"{part} is exchanged without end")


HOLD = """part => {
  const plain = window.fetch;
  window.fetch = async (...request) => {
    const answer = await plain(...request);
    if (!String(request[0]).includes(part) || document.body.dataset.held) return answer;
    document.body.dataset.held = "here";
    await new Promise((go) => document.addEventListener("let-go", go, { once: true }));
    document.addEventListener("placed", () => { document.body.dataset.held = "used"; }, { once: true });
    return answer;
  };
}"""


class Screen:
    """One page of one person."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.page = page
        self.stack = stack

    def go(self, path: str) -> None:
        self.page.goto(self.stack.url + path, wait_until="load")

    def holds(self, part: str) -> None:
        """The next answer from an address with this part stays on its way until `lets_go`."""
        self.page.evaluate(HOLD, part)

    def has_held(self, how: str = "here") -> None:
        expect(self.page.locator(f'body[data-held="{how}"]')).to_be_attached(timeout=PATIENCE)

    def lets_go(self) -> None:
        self.page.evaluate("document.dispatchEvent(new CustomEvent('let-go'))")
        self.has_held("used")

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
        self.panel().locator("[data-pick]:not([data-stage])").click()
        expect(self.picker().get_by_role("option").first).to_be_visible()

    def pick(self, name: str) -> None:
        self.picker().locator(f'[role="option"][data-name="{name}"]').click()

    def answer(self) -> AbstractContextManager[Any]:
        """Waits for the server's answer to a click on a label."""
        return self.page.expect_response(TAGS)

    def tag(self, jid: str, name: str) -> None:
        self.open(jid)
        self.open_picker()
        option = self.picker().locator(f'[role="option"][data-name="{name}"]')
        expect(option).to_have_attribute("aria-selected", "false", timeout=PATIENCE)  # else the click would take it off
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

    def labels_shown(self, jid: str) -> set[str]:
        """The labels that the list shows on a chat, without a screen: their ids."""
        if "lead" not in self.keys:
            self.keys["lead"] = self.log_in("lead")
        cookies = {cookie["name"]: cookie["value"] for cookie in self.keys["lead"]["cookies"]}
        asked = {"instance": "demo", "q": jid.partition("@")[0]}
        rows = httpx.get(f"{self.stack.url}/chats/rows/", params=asked, cookies=cookies).raise_for_status().text
        row = next(row for row in rows.split('<li class="row') if f'data-chat="{jid}"' in row)
        return set(re.findall(r'data-label="([^"]+)"', row))

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
            (folder / f"{number}.html").write_text(page.content())
        (folder / "complaints.txt").write_text("\n".join(self.complaints))
        (folder / "calls.json").write_text(json.dumps(self.simulator.ask("GET", "/sim/calls"), indent=1))
        for name in ("instance", "label", "chat", "chatlabel", "message", "change", "ledgerentry"):
            (folder / f"{name}.json").write_text(
                self.stack.ask_product("django", "dumpdata", f"labelapp.{name}", "--indent=1")
            )

    def close(self) -> None:
        while self.contexts:
            self.contexts.pop().close()
