"""Narrow, dark and right-to-left screens: nothing is wider than the screen."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen

PAGES = ["/chats/", "/labels/", "/settings/", "/account/"]
LOOKS: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"},
    "tablet": {"viewport": {"width": 1024, "height": 768}},
    "wide-dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
}
WIDER = """() => {
  const width = document.documentElement.clientWidth;
  const root = document.documentElement;
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


def overflow(screen: Screen) -> list[str]:
    return list(screen.page.evaluate(WIDER))


@pytest.mark.parametrize("look", list(LOOKS))
def test_no_page_is_wider_than_the_screen(desk: Desk, chat: Chat, look: str, language: str) -> None:
    screen = desk.person("admin", **LOOKS[look])
    wide = {}
    for path in PAGES:
        screen.go(path)
        expect(screen.page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
        wide[path] = overflow(screen)
    screen.go("/chats/")
    screen.open(chat.jid)
    wide["a chat"] = overflow(screen)
    screen.open_picker()
    wide["the picker"] = overflow(screen)
    assert {path: what for path, what in wide.items() if what} == {}


@pytest.mark.parametrize("locale", ["en", "ar"])
@pytest.mark.parametrize("look", list(LOOKS))
def test_the_login_is_not_wider_than_the_screen(desk: Desk, look: str, locale: str) -> None:
    screen = desk.nobody("/login/", locale=locale, **LOOKS[look])
    expect(screen.page.locator("html")).to_have_attribute("lang", locale)
    assert overflow(screen) == []
