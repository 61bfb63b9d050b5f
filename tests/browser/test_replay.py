"""The page of deliveries: what came, what failed and why, and replay, which mends and otherwise changes nothing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk, Screen
from tests.poison import TEXT
from tests.stack import Stack

PAGE = "/deliveries/?instance=demo"


@contextmanager
def poison(stack: Stack) -> Iterator[None]:
    """While it lasts, one kind of message can't be stored."""
    stack.ask_product("tests.poison", "on")
    try:
        yield
    finally:
        stack.ask_product("tests.poison", "off")


def newest(lead: Screen, words: str = "") -> Locator:
    """The newest delivery in the list (about somebody)."""
    return lead.page.locator("tr[data-delivery]", has_text=words).first


def place_in_table(row: Locator) -> float:
    """Pixels below the table's top: what the page says of the number may come and go above it."""
    below = "row => row.getBoundingClientRect().top - row.closest('table').getBoundingClientRect().top"
    return float(row.evaluate(below))


def ends_as(row: Locator, outcome: str) -> None:
    expect(row.locator(".pill")).to_have_text(outcome, timeout=PATIENCE)


def open_row(lead: Screen, row: Locator) -> Locator:
    row.locator("a.hit").click()
    drawer = lead.page.locator("#deliveries-side .side")
    expect(drawer).to_be_visible()
    return drawer


def replay(lead: Screen, row: Locator) -> None:
    open_row(lead, row)
    lead.page.locator("#replay-one").click()
    lead.says("It is applied once more.")


def count_live_events(screen: Screen, chat: Chat) -> None:
    """Those about this chat, from now on, in `window.heard`."""
    screen.is_live()
    pk = screen.row(chat.jid).get_attribute("data-pk")
    screen.page.evaluate(
        """(pk) => {
            window.heard = 0;
            for (const kind of ["chat", "message"]) document.body.addEventListener(`${kind}-${pk}`, () => { window.heard += 1; });
        }""",
        pk,
    )


def test_a_parked_delivery_is_replayed_once_its_cause_is_mended(desk: Desk, chat: Chat) -> None:
    agent = desk.person("agent")
    with poison(desk.stack):
        desk.simulator.message(chat.jid, TEXT)
        lead = desk.person("lead", f"{PAGE}&outcome=parked")
        lead.page.wait_for_function(  # three attempts later
            "fetch(location.href).then((answer) => answer.text()).then((page) => page.includes('this message is poison'))"
        )
        lead.page.reload()
        row = newest(lead)  # by its place: the name may be what the delivery would have told
        expect(row).to_contain_text("this message is poison")
        expect(row).to_contain_text("3 attempts")
        drawer = open_row(lead, row)
        expect(drawer).to_contain_text("this message is poison")
        expect(drawer.locator("pre.body")).to_contain_text(f'"body": "{TEXT}"')
    lead.page.locator("#replay-one").click()
    lead.says("It is applied once more.")
    ends_as(row, "Applied")
    expect(drawer.locator("h1 .pill")).to_have_text("Applied", timeout=PATIENCE)
    agent.shows(chat.jid, TEXT)


def test_a_replay_of_what_was_applied_changes_nothing(desk: Desk, chat: Chat) -> None:
    agent, words = desk.person("agent"), "Is the room still free?"
    desk.simulator.message(chat.jid, words)
    agent.shows(chat.jid, words)
    lead = desk.person("lead", PAGE)
    row = newest(lead, chat.name)
    ends_as(row, "Applied")
    count_live_events(agent, chat)
    replay(lead, row)
    ends_as(row, "Changed nothing")
    assert agent.page.evaluate("window.heard") == 0
    agent.shows(chat.jid, words)


def test_a_range_is_replayed_after_a_question(desk: Desk, chat: Chat) -> None:
    desk.simulator.message(chat.jid, "Are you open tomorrow?")
    lead = desk.person("lead", f"{PAGE}&q={chat.jid}")
    ends_as(newest(lead), "Applied")
    lead.page.locator("#replay-many").click()
    dialog = lead.page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"Replay \d+ deliver(y|ies)\?"))
    lead.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(lead.page.locator("#replay-many")).to_be_focused()
    ends_as(newest(lead), "Applied")

    lead.page.locator("#replay-many").click()
    lead.page.locator("#replay-go").click()
    lead.says("applied once more")
    ends_as(newest(lead), "Changed nothing")


def test_new_ones_are_told_and_move_no_row(desk: Desk, chat: Chat) -> None:
    desk.simulator.message(chat.jid, "First")
    lead = desk.person("lead", PAGE)
    lead.is_live()
    first = newest(lead, chat.name)
    where, name = place_in_table(first), first.get_attribute("id")
    desk.simulator.message(chat.jid, "Second")
    news = lead.page.locator("#deliveries-news a")
    expect(news).to_have_text("1 new", timeout=PATIENCE)
    assert place_in_table(lead.page.locator(f"#{name}")) == where
    news.click()
    expect(news).to_have_count(0)
    expect(newest(lead, chat.name)).not_to_have_id(str(name))


def test_the_page_by_keyboard(desk: Desk, chat: Chat) -> None:
    desk.simulator.message(chat.jid, "By keyboard")
    lead = desk.person("lead", PAGE)
    row = newest(lead, chat.name)
    row.locator("a.hit").focus()
    lead.page.keyboard.press("Enter")
    expect(lead.page.locator("#deliveries-side .side")).to_be_visible()
    expect(row).to_have_class("at")
    lead.page.keyboard.press("Escape")
    expect(lead.page.locator("#deliveries-side .side")).to_have_count(0)
    expect(row.locator("a.hit")).to_be_focused()
