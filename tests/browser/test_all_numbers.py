"""Two numbers in one list: rows, chats, keys and news of both."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, TAGS, Desk, Screen
from tests.browser.test_accessibility import grave_findings

ALL = "/chats/?instance=all"
OTHER = "demo3"  # the second number's session at the simulator
HELLO = {"demo": "Hello, number one", "lisbon": "Hello, Lisbon"}


@dataclass(frozen=True, slots=True)
class Both:
    """One customer who writes to both numbers."""

    jid: str

    def rows(self, screen: Screen) -> dict[str, str]:
        """Both rows. Before anything is opened: a list in which somebody is at work lets no new row in."""
        return {slug: self.row(screen, slug) for slug in HELLO}

    def row(self, screen: Screen, slug: str) -> str:
        """The key of the customer's chat with this number."""
        row = screen.page.locator(f'#rows > .row[data-chat="{self.jid}"][data-number="{slug}"]')
        expect(row).to_contain_text(HELLO[slug], timeout=PATIENCE)  # what was said is there: the row stands still
        return str(row.get_attribute("data-pk"))


@pytest.fixture
def lisbon(desk: Desk) -> Iterator[None]:
    """A second number with chats of its own, for this test alone."""
    desk.stack.ask_product("tests.second_number", "on", desk.stack.simulator_url)
    yield
    desk.close()  # a screen that still shows its chats would ask for them
    desk.stack.ask_product("tests.second_number", "off")


@pytest.fixture
def customer(desk: Desk, lisbon: None, take: Callable[[str], Chat]) -> Both:
    chat = take("person")
    if not desk.simulator.ask("GET", "/sim/chats", q=chat.jid.partition("@")[0], instance=OTHER):
        desk.simulator.ask("POST", "/sim/phone/chats", {"jid": chat.jid, "name": chat.name}, instance=OTHER)
    for wa_id in desk.simulator.labels_of(chat.jid, instance=OTHER):
        desk.simulator.label_on_phone(chat.jid, wa_id, on=False, instance=OTHER)
    desk.simulator.message(chat.jid, HELLO["demo"])
    desk.simulator.ask("POST", "/sim/phone/message", {"chat": chat.jid, "text": HELLO["lisbon"]}, instance=OTHER)
    return Both(chat.jid)


def open_row(screen: Screen, pk: str) -> None:
    screen.page.locator(f"#open-{pk}").click()
    expect(screen.page.locator(f'#side[data-pk="{pk}"]')).to_be_visible(timeout=PATIENCE)


def test_a_list_of_all_and_back_to_it(desk: Desk, customer: Both) -> None:
    agent = desk.person_of_their_own("agent")
    page = agent.page
    page.locator("#number-all").click()
    expect(page).to_have_url(re.compile(r"instance=all"), timeout=PATIENCE)
    here, there = customer.rows(agent).values()
    expect(page.locator(f"#chat-{there} .home")).to_have_text("Lisbon shop", timeout=PATIENCE)
    open_row(agent, here)
    expect(page).to_have_url(re.compile(rf"/chats/{here}/\?instance=all"), timeout=PATIENCE)
    page.get_by_role("link", name="also on Lisbon shop").click()
    expect(page.locator(f'#side[data-pk="{there}"]')).to_be_visible(timeout=PATIENCE)
    expect(page.locator(f"#chat-{here}")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(rf"/chats/{there}/\?instance=all"), timeout=PATIENCE)
    page.keyboard.press("u")
    page.goto(f"{desk.stack.url}/chats/")  # it is remembered
    expect(page).to_have_url(re.compile(r"\?instance=all$"), timeout=PATIENCE)


def test_the_keys_and_the_picker_are_those_of_the_chats_number(desk: Desk, customer: Both) -> None:
    agent = desk.person("agent", ALL)
    page = agent.page
    expect(page.locator("#numbered [data-number]")).to_have_count(2, timeout=PATIENCE)
    for slug, pk in customer.rows(agent).items():
        open_row(agent, pk)
        fourth = page.locator(f'#numbered [data-number="{slug}"] .chip').nth(3)
        label, name = fourth.get_attribute("data-pk"), fourth.locator(".t").inner_text()
        with page.expect_response(TAGS) as answer:
            page.keyboard.press("4")
        assert answer.value.status == 200
        assert answer.value.url.endswith(f"/chats/{pk}/labels/{label}/")
        expect(page.locator(f'#chat-{pk} .chip[data-pk="{label}"][data-state="confirmed"]')).to_have_count(
            1, timeout=PATIENCE
        )
        page.keyboard.press("l")
        expect(agent.picker().locator(f'#opt-{label}[data-name="{name}"]')).to_have_attribute(
            "aria-selected", "true", timeout=PATIENCE
        )
        page.keyboard.press("Escape")
        with page.expect_response(TAGS):
            page.keyboard.press("4")
        expect(page.locator(f'#chat-{pk} .chip[data-pk="{label}"]')).to_have_count(0, timeout=PATIENCE)


def test_y_takes_the_chats_own_label_off_and_a_row_of_each_number_repaints(desk: Desk, customer: Both) -> None:
    agent, colleague = desk.person("agent", f"{ALL}&q=label:VIP"), desk.person("agent2", ALL)
    colleague.is_live()
    for pk in customer.rows(colleague).values():
        open_row(colleague, pk)
        colleague.open_picker()
        with colleague.answer() as answer:
            colleague.pick("VIP")
        assert answer.value.status == 200
        colleague.page.keyboard.press("Escape")
    agent.page.reload()
    for pk in customer.rows(agent).values():
        agent.page.locator(f"#open-{pk}").focus()
        with agent.answer() as answer:
            agent.page.keyboard.press("y")
        assert answer.value.status == 200
        chip = colleague.page.locator(f"#chat-{pk} .chip").filter(has_text="VIP")
        expect(chip).to_have_count(0, timeout=PATIENCE)


def test_a_change_is_repeated_with_the_label_of_the_same_name(desk: Desk, customer: Both) -> None:
    agent = desk.person("agent", ALL)
    here, there = customer.rows(agent).values()
    open_row(agent, here)
    agent.open_picker()
    with agent.answer():
        agent.pick("VIP")
    agent.page.keyboard.press("Escape")
    open_row(agent, there)
    with agent.answer() as answer:
        agent.page.keyboard.press(".")
    assert answer.value.status == 200
    expect(agent.page.locator(f"#chat-{there} .chip").filter(has_text="VIP")).to_have_count(1)


def test_news_of_either_number_are_offered_and_renamed_labels_followed(desk: Desk, customer: Both) -> None:
    agent = desk.person("agent", f"{ALL}&q=label:VIP,%22On+hold%22")
    agent.is_live()
    everything = desk.person("agent2", ALL)
    everything.is_live()
    everything.page.locator("#rows .row").first.hover()
    last = everything.page.locator('#rows .row[data-number="lisbon"]').last
    jid = str(last.get_attribute("data-chat"))
    desk.simulator.ask("POST", "/sim/phone/message", {"chat": jid, "text": "news from Lisbon"}, instance=OTHER)
    expect(everything.page.locator("#news")).to_be_visible(timeout=PATIENCE)
    hold = next(
        label
        for label in desk.simulator.ask("GET", "/sim/state", instance=OTHER)["labels"]
        if label["name"] == "On hold"
    )
    desk.simulator.ask("PATCH", f"/sim/phone/labels/{hold['id']}", {"name": "Parked"}, instance=OTHER)
    expect(agent.page.locator("#facets").get_by_text("Parked")).to_be_visible(timeout=PATIENCE)
    desk.simulator.ask("PATCH", f"/sim/phone/labels/{hold['id']}", {"name": "On hold"}, instance=OTHER)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.usefixtures("customer")
def test_it_is_accessible(desk: Desk, width: int) -> None:
    for person in ("agent", "agent_ar"):
        screen = desk.person(person, f"{ALL}&q=label:VIP+-label:Paid", viewport={"width": width, "height": 800})
        if width == 390:
            screen.page.locator(".rail-btn").click()
        assert grave_findings(screen) == []
