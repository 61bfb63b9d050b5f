"""axe finds nothing serious, in light and in dark."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen

GRAVE = {"serious", "critical"}
SETTLED = "Promise.allSettled(document.getAnimations().filter((a) => a.effect.getTiming().iterations < 9).map((a) => a.finished))"


def grave_findings(screen: Screen) -> list[str]:
    """What axe holds for serious or critical, in both colour schemes."""
    told = []
    for scheme in ("light", "dark"):
        screen.page.emulate_media(color_scheme=scheme)
        screen.page.evaluate(SETTLED)
        found: list[dict[str, Any]] = Axe().run(screen.page).response["violations"]
        told += [
            f"{scheme}: {finding['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for finding in found
            if finding["impact"] in GRAVE
            for node in finding["nodes"][:3]
        ]
    return told


PAGES = (
    "/chats/",
    "/chats/?instance=all",
    "/chats/?q=label:vpi+is:unanswered",
    "/chats/?q=nobody-is-called-so",
    "/chats/held/",
    "/board/",
    "/views/",
    "/views/new/?q=label:VIP",
    "/labels/",
    "/labels/new/?name=Gold",
    "/deliveries/",
    "/drift/",
    "/rules/",
    "/rules/new/",
    "/events/",
    "/events/new/",
    "/runs/",
    "/runs/new/",
    "/settings/",
    "/settings/new/",
    "/settings/numbers/demo/",
    "/settings/hooks/",
    "/settings/hooks/new/",
    "/settings/notifications/",
    "/preferences/",
    "/nothing/here/",
)
# pages of one thing, by the page that leads to it
DETAILS = {
    "/chats/": r"/chats/\d+/picker/",
    "/labels/": r"/labels/\d+/",
    "/deliveries/": r"/deliveries/\d+/",
    "/runs/": r"/runs/\d+/",
    "/views/": r"/views/\d+/",
}
HREFS = "all => all.map((each) => new URL(each.href).pathname)"


@pytest.fixture(params=["en", "ar"])
def admin(desk: Desk, request: pytest.FixtureRequest) -> Iterator[Screen]:
    """The admin, who may see every page, in each language."""
    speak(desk, request.param)
    yield desk.person("admin")
    speak(desk, "en")


def speak(desk: Desk, language: str) -> None:
    screen = desk.person("admin", "/preferences/")
    screen.page.locator("select[name=language]").select_option(language)
    screen.page.locator("form:has(select[name=language]) .btn.primary").click()
    expect(screen.page.locator(f'html[lang^="{language}"]')).to_have_count(1)


def details(screen: Screen) -> Iterator[str]:
    for page, pattern in DETAILS.items():
        screen.go(page)
        found = screen.page.locator("a[href]").evaluate_all(HREFS)
        yield from [path for path in found if re.fullmatch(pattern, path)][:1]


def test_axe_finds_nothing_serious_on_any_page(desk: Desk, admin: Screen, chat: Chat) -> None:
    desk.expects("404")  # the last of the pages
    desk.simulator.message(chat.jid, "a delivery to look at")
    admin.shows(chat.jid, "a delivery to look at")
    found, more = [], list(details(admin))
    assert len(more) >= 3  # of chats, labels and deliveries there are always some
    for page in (*PAGES, *more):
        admin.go(page)
        found += [f"{page}: {each}" for each in grave_findings(admin)]
    assert found == []


def test_axe_finds_nothing_serious_in_what_opens_over_the_list(desk: Desk, admin: Screen) -> None:
    found = []

    def look(shown: str) -> None:
        expect(admin.page.locator(shown).first).to_be_visible()
        found.extend(f"{shown}: {each}" for each in grave_findings(admin))

    admin.rows().nth(1).locator(".pick").click()
    admin.rows().nth(2).locator(".pick").click()
    look("#bulkbar")
    admin.page.keyboard.press("4")
    look("#picker .opt.changed")
    admin.page.locator("#picker-input").fill("nothing like it")
    look("#opt-create")
    admin.page.keyboard.press("Escape")
    admin.page.locator("#bulk-assign").click()
    look("#palette [role=option]")
    admin.page.keyboard.press("Escape")
    admin.page.locator("#search").press_sequentially("label:v")
    look("#offers [role=option]")
    assert found == []


def test_axe_finds_nothing_serious_where_one_may_not_go(desk: Desk) -> None:
    desk.expects("403")
    assert grave_findings(desk.person("agent", "/labels/")) == []


def test_axe_finds_nothing_serious_in_an_open_chat_and_its_picker(desk: Desk, chat: Chat) -> None:
    screen = desk.person("admin")
    screen.open(chat.jid)
    screen.has_messages()
    found = grave_findings(screen)
    screen.open_picker()
    assert found + grave_findings(screen) == []


def test_axe_finds_nothing_serious_in_arabic(desk: Desk, chat: Chat) -> None:
    screen = desk.person("agent_ar")
    screen.open(chat.jid)
    assert grave_findings(screen) == []


def test_axe_finds_nothing_serious_before_login(desk: Desk) -> None:
    assert grave_findings(desk.nobody("/login/")) == []
