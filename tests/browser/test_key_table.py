"""Every line of the table of keys: each of its keys does what it says, on layouts of other scripts too, and nothing in fields.

`SHOWN` names the test that sees each act happen. A new line of the table fails here until it has one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from labelapp.views.keyboard import KEYS, Place, is_character
from tests.browser import (
    test_board,
    test_desk,
    test_keys,
    test_palette,
    test_picker,
    test_selection,
    test_undo,
    test_views,
    test_working,
)
from tests.browser.people import Desk, Screen

PAGES = [key for key in KEYS if key.is_page]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a keyboard writes. `letters`: at the places of a to z. The rest: sign or digit -> what is written, and its place."""

    letters: str
    shifted: Mapping[str, str]
    signs: Mapping[str, tuple[str, str]]
    digits: str = "0123456789"
    angles: tuple[str, str] = ("<", ">")  # at the places of comma and full stop, with Shift
    sign_shift: str = "?*"

    def event(self, part: str) -> dict[str, Any]:
        """What a browser says of a key of the table."""
        name = part.removeprefix("Shift+").removeprefix("Mod+")
        shift = part.startswith("Shift+") or part in self.sign_shift
        key, code = self.key(name, shift=shift)
        return {"key": key, "code": code, "shiftKey": shift, "ctrlKey": part.startswith("Mod+")} | EVENT

    def key(self, name: str, *, shift: bool) -> tuple[str, str]:
        if shift and name in ",.":
            return (self.angles[0], "Comma") if name == "," else (self.angles[1], "Period")
        if name in self.signs:
            return self.signs[name]
        if name.isdigit():
            return self.digits[int(name)], f"Digit{name}"
        if len(name) == 1:
            return self.shifted[name] if shift else self.letters[LETTERS.index(name)], f"Key{name.upper()}"
        return name, name


EVENT = {"bubbles": True, "cancelable": True}
STAR = {"*": ("*", "Digit8")}
BRACKETS = {"[": "BracketLeft", "]": "BracketRight"}
LAYOUTS = {
    "arabic": Layout(
        letters="شﻻؤيثبلاهتنمةىخحضقسفعرصءغئ",
        shifted={"j": "ـ", "k": "،"},
        signs=STAR
        | {"/": ("ظ", "Slash"), "?": ("؟", "Slash"), ".": ("ز", "Period")}
        | {"[": ("ج", BRACKETS["["]), "]": ("د", BRACKETS["]"])},
        digits="٠١٢٣٤٥٦٧٨٩",
        angles=(",", "."),
    ),
    # with Shift it writes Latin letters, and it has the signs of Q and W among its letters
    "hebrew": Layout(
        letters="שנבגקכעיןחלךצמםפ/רדאוה'סטז",
        shifted={"j": "J", "k": "K"},
        signs=STAR
        | {"/": ("/", "KeyQ"), "?": ("?", "Slash"), ".": (".", "Slash")}
        | {"[": ("[", BRACKETS["]"]), "]": ("]", BRACKETS["["])},
    ),
    "russian": Layout(
        letters="фисвуапршолдьтщзйкыегмцчня",
        shifted={"j": "О", "k": "Л"},
        signs=STAR
        | {"/": ("/", "Backslash"), "?": ("?", "Digit7"), ".": (".", "Slash")}
        | {"[": ("х", BRACKETS["["]), "]": ("ъ", BRACKETS["]"])},
        sign_shift="?*/",
        angles=("Б", "Ю"),
    ),
}
WATCH = """acts => {
  window.done = [];
  for (const act of acts) window.labelapp.acts[act] = () => window.done.push(act);
}"""


def test_each_page_has_a_key(desk: Desk) -> None:
    admin = desk.person("admin", "/preferences/")
    for key in PAGES:
        press(admin, key.keys[0])
        admin.page.wait_for_url(re.compile(re.escape(reverse(key.act))))
        expect(admin.page.locator("main, #main").first).to_be_visible()


def test_a_chats_row_opens_and_one_goes_back_by_every_key(desk: Desk) -> None:
    agent = desk.person("agent")
    for key in ("u", "Escape"):
        agent.page.keyboard.press("j")
        agent.page.keyboard.press("Enter")
        expect(agent.panel()).to_be_visible()
        agent.page.keyboard.press(key)
        expect(agent.panel()).to_have_count(0)


def test_shift_and_the_arrows_select_too(desk: Desk) -> None:
    agent = desk.person("agent")
    for key, n in (("j", 0), ("Shift+ArrowDown", 2), ("Shift+ArrowDown", 3), ("Shift+ArrowUp", 2)):
        agent.page.keyboard.press(key)
        assert len(test_selection.checked(agent)) == n


SHOWN: dict[str, Callable[..., None]] = {
    "stage-after": test_board.test_a_card_is_moved_from_the_keyboard,
    "stage-before": test_board.test_a_card_is_moved_from_the_keyboard,
    "column-after": test_board.test_arrows_go_from_card_to_card_and_to_the_column_beside,
    "column-before": test_board.test_arrows_go_from_card_to_card_and_to_the_column_beside,
    "next": test_keys.test_j_and_k_and_the_arrows_move,
    "previous": test_keys.test_j_and_k_and_the_arrows_move,
    "open": test_keys.test_enter_opens_and_u_goes_back_to_the_row,
    "back": test_a_chats_row_opens_and_one_goes_back_by_every_key,
    "tab-before": test_views.test_the_keys_go_from_view_to_view,
    "tab-after": test_views.test_the_keys_go_from_view_to_view,
    "search": test_keys.test_slash_goes_to_the_search_where_letters_are_letters,
    "assign": test_desk.test_a_takes_the_chat_and_others_see_it_at_once,
    "label": test_keys.test_l_opens_the_picker_which_shows_the_numbers,
    "stage": test_keys.test_m_moves_the_chat_to_a_stage,
    "pick-next": test_working.test_shift_enter_labels_and_opens_the_next_chat,
    "nth": test_picker.test_a_number_opens_the_picker_of_many_with_its_label,
    "drop": test_picker.test_y_opens_the_picker_of_many_with_the_lists_label_to_come_off,
    "repeat": test_undo.test_a_dot_repeats_the_last_change_on_another_chat,
    "undo": test_undo.test_z_takes_back_one_change_after_the_other,
    "select": test_selection.test_with_the_keys,
    "extend": test_shift_and_the_arrows_select_too,
    "extendUp": test_shift_and_the_arrows_select_too,
    "selectAll": test_selection.test_with_the_keys,
    "unselect": test_selection.test_with_the_keys,
    "palette": test_palette.test_ctrl_k_finds_a_label_and_shows_its_chats,
    "help": test_keys.test_a_question_mark_opens_the_help_and_no_other_key_works_there,
} | {key.act: test_each_page_has_a_key for key in PAGES}
# "pick-next" is a key of the picker alone
WITH_A_SCRIPT = [key for key in KEYS if key.keys and not key.is_page and key.act != "pick-next"]
PLACES = [("/chats/", Place.INBOX), ("/board/", Place.BOARD)]


def every(place: Place) -> list[tuple[str, str]]:
    """The acts of a page with each of their keys."""
    return [(key.act, keys) for key in WITH_A_SCRIPT if place in key.places for keys in key.keys]


def test_every_line_of_the_table_has_a_test() -> None:
    assert set(SHOWN) == {key.act for key in KEYS if key.keys}


def press(screen: Screen, keys: str) -> None:
    """ "g d": one after the other."""
    for part in keys.split(" "):
        screen.page.keyboard.press(part.replace("Mod+", "Control+"))


def watched(desk: Desk, person: str = "admin", path: str = "/chats/") -> Screen:
    """A screen on which acts are only noted."""
    screen = desk.person(person, path)
    screen.page.evaluate(WATCH, [key.act for key in WITH_A_SCRIPT])
    return screen


def done(screen: Screen) -> list[str]:
    return list(screen.page.evaluate("window.done.splice(0)"))


def press_abroad(screen: Screen, keys: str, layout: str) -> None:
    """The keys at the same places of another layout."""
    for part in keys.split(" "):
        screen.page.evaluate(
            "event => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event))",
            LAYOUTS[layout].event(part),
        )


@pytest.mark.parametrize(("path", "place"), PLACES)
def test_each_key_calls_its_act(desk: Desk, path: str, place: Place) -> None:
    screen = watched(desk, path=path)
    for act, keys in every(place):
        press(screen, keys)
        assert (keys, done(screen)) == (keys, [act])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("path", "place"), PLACES)
def test_each_key_keeps_its_place_on_another_layout(desk: Desk, path: str, place: Place, layout: str) -> None:
    screen = watched(desk, path=path)
    for act, keys in every(place):
        press_abroad(screen, keys, layout)
        assert (keys, done(screen)) == (keys, [act])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pages_are_reached_on_another_layout(desk: Desk, layout: str) -> None:
    admin = desk.person("admin", "/preferences/")
    for key in PAGES[:3]:
        press_abroad(admin, key.keys[0], layout)
        admin.page.wait_for_url(re.compile(re.escape(reverse(key.act))))


def test_a_sign_among_latin_letters_is_no_letter(desk: Desk) -> None:
    """Dvorak writes "'" with the key that others have Q on, and ";" with Z."""
    screen = watched(desk)
    screen.page.keyboard.press("j")
    screen.page.evaluate(
        "event => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', event))",
        EVENT | {"key": ";", "code": "KeyZ"},
    )
    assert done(screen) == ["next"]


@pytest.mark.parametrize("how", [press, partial(press_abroad, layout="arabic")])
def test_in_a_field_none_of_them_is_a_key(desk: Desk, how: Callable[[Screen, str], None]) -> None:
    screen = watched(desk)
    screen.page.locator("#search").focus()
    for key in KEYS:
        for keys in key.keys:
            if is_character(keys):
                how(screen, keys)
    assert done(screen) == []
    assert "/chats/" in screen.page.url
    press(screen, "Mod+k")
    assert done(screen) == ["palette"]


def test_whoever_switched_single_keys_off_has_the_others(desk: Desk) -> None:
    switch(desk, on=False)
    try:
        screen = watched(desk, "agent2")
        for _act, keys in every(Place.INBOX):
            press(screen, keys)
        assert done(screen) == [act for act, keys in every(Place.INBOX) if not is_character(keys)]
    finally:
        switch(desk, on=True)


def switch(desk: Desk, *, on: bool) -> None:
    screen = desk.person("agent2", "/preferences/")
    screen.page.get_by_label("single-key shortcuts", exact=False).set_checked(on)
    screen.page.get_by_role("button", name="Save").click()
    screen.page.wait_for_load_state()
