"""Narrow, dark and right-to-left screens: nothing is wider than the screen."""

import pytest

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen

PAGES = ["/chats/", "chat", "/labels/", "/settings/", "/preferences/", "/login/"]
LOOKS = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True},
    "phone-dark": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"},
    "tablet": {"viewport": {"width": 1024, "height": 768}},
    "wide-dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
}
WIDER = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((e) => { const box = e.getBoundingClientRect(); return box.width && (box.right > width + 1 || box.left < -1); })
    .map((e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + "." + e.className).slice(0, 8).concat("page " +
      document.documentElement.scrollWidth + " > " + width);
}"""


def overflow(screen: Screen) -> list[str]:
    return list(screen.page.evaluate(WIDER))


@pytest.mark.parametrize("language", ["ltr", "rtl"])
@pytest.mark.parametrize("look", list(LOOKS))
def test_no_page_is_wider_than_the_screen(desk: Desk, chat: Chat, look: str, language: str) -> None:
    person = "admin" if language == "ltr" else desk.admin_in_arabic()
    screen = desk.person(person, **LOOKS[look])
    assert screen.page.locator("html").get_attribute("dir") == language
    wide = {}
    for path in PAGES:
        screen.go(desk.path_of(chat) if path == "chat" else path)
        wide[path] = overflow(screen)
    assert {path: what for path, what in wide.items() if what} == {}
