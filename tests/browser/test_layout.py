"""Narrow, dark and right-to-left screens: nothing is wider than the screen."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils import timezone
from playwright.sync_api import FloatRect, expect

from labelapp.models import Instance
from labelapp.queries.states import NumberState
from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen, extent

PAGES = [
    "/chats/",
    "/chats/held/",
    "/board/",
    "/labels/",
    "/drift/",
    "/runs/",
    "/runs/new/",
    "/deliveries/",
    "/settings/",
    "/settings/new/",
    "/settings/new/?provider=waha",
    "/settings/numbers/demo/",
    "/preferences/",
]
WIDTHS = [390, 1024, 1440]
WIDER = """() => {
  const root = document.documentElement, width = root.clientWidth;
  if (root.scrollWidth <= width && document.body.scrollWidth <= width) return [];
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + "." + [...e.classList].join(".");
  const outside = (e) => { const box = e.getBoundingClientRect(); return box.width && (box.right > width + 1 || box.left < -1); };
  const found = [...document.querySelectorAll("body *")].filter(outside).map(name).slice(0, 8);
  return ["the page has " + root.scrollWidth + " px", ...found];
}"""


def speak(desk: Desk, language: str) -> None:
    """The admin changes the language by the menu, on a wide screen."""
    screen = desk.person("admin")
    screen.page.locator("button.me").click()
    screen.page.locator(f'#me-menu button[value="{language}"]').click()
    expect(screen.page.locator("html")).to_have_attribute("lang", language)


@pytest.fixture(params=["en", "ar"])
def language(desk: Desk, request: pytest.FixtureRequest) -> Iterator[str]:
    speak(desk, request.param)
    yield request.param
    speak(desk, "en")


def too_wide(screen: Screen, what: str) -> list[str]:
    """What sticks out of the page at each width, in light and in dark."""
    found = []
    for scheme in ("light", "dark"):
        screen.page.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            screen.page.set_viewport_size({"width": width, "height": 844})
            found += [f"{what}, {scheme}, {width} px: {each}" for each in screen.page.evaluate(WIDER)]
    return found


def test_no_page_is_wider_than_the_screen(desk: Desk, chat: Chat, language: str) -> None:
    screen = desk.person("admin")
    wide = []
    for path in PAGES:
        screen.go(path)
        expect(screen.page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        wide += too_wide(screen, path)
    assert wide == []


def show_comparing(screen: Screen, began: datetime | None) -> FloatRect:
    """The number says when a comparison began, None for none. Where the list is then."""
    number = Instance(slug="demo", status="WORKING", reconcile_started_at=began, reconcile_done=13, reconcile_total=14)
    number.import_stage, number.label_event_at = Instance.ImportStage.DONE, timezone.now()
    words = render_to_string("chats/_number.html", {"state": NumberState(number)})
    screen.page.route("**/chats/number/?*", lambda route: route.fulfill(body=words, content_type="text/html"))
    with screen.page.expect_response("**/chats/number/?*"):
        screen.page.evaluate("document.body.dispatchEvent(new CustomEvent('instance-demo'))")
    expect(screen.page.locator("[data-polled]")).to_have_count(0)
    expect(screen.page.locator("[data-comparing]:visible")).to_have_count(1 if began else 0)
    return extent(screen.page.locator("#list"))


@pytest.mark.parametrize("width", [1440, 390])
def test_a_comparison_with_whatsapp_moves_nothing(desk: Desk, width: int) -> None:
    screen = desk.person("agent", "/chats/?instance=demo", viewport={"width": width, "height": 844})
    screen.is_live()
    before = show_comparing(screen, None)
    assert show_comparing(screen, timezone.now() - timedelta(minutes=1)) == before


def test_an_open_chat_and_its_picker_fit(desk: Desk, chat: Chat, language: str) -> None:
    screen = desk.person("admin")
    screen.open(chat.jid)
    wide = too_wide(screen, "a chat")
    screen.open_picker()
    assert wide + too_wide(screen, "the picker") == []


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_the_login_fits(desk: Desk, locale: str) -> None:
    screen = desk.nobody("/login/", locale=locale)
    expect(screen.page.locator("html")).to_have_attribute("lang", locale)
    assert too_wide(screen, "login") == []


def test_on_a_phone_the_list_gives_way_to_the_chat_and_comes_back(desk: Desk, chat: Chat) -> None:
    screen = desk.person("agent", viewport={"width": 390, "height": 844}, has_touch=True)
    screen.open(chat.jid)
    expect(screen.rows().first).to_be_hidden()
    screen.panel().locator("a.back").click()
    expect(screen.rows().first).to_be_visible()
