"""More chats than a page. The rows below follow, too. All that match: chosen, previewed, begun, with a worker that is killed in the
middle of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import expect

from tests.browser import database
from tests.browser.people import PATIENCE, Desk, Screen, reveal
from tests.browser.test_connection import OFFLINE
from tests.stack import Stack, wait_until

LONG = 240_000
CHATS = 120


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A demo of its own: here processes are killed."""
    patience = {"READ_BACK_SECONDS": "1", "PUSH_PACE": "10"}
    folder = tmp_path_factory.mktemp("many")
    with database.of_its_own() as settings, Stack(folder, chats=CHATS, **patience, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def keys() -> dict[str, object]:
    return {}


def kill_worker(stack: Stack) -> None:
    """kill -9; its supervisor starts another."""
    for pid in stack.product.members():
        if "manage.py worker" in stack.product.command_of(pid):
            os.kill(pid, signal.SIGKILL)


def carriers(stack: Stack, wa_id: str) -> set[str]:
    """Who carries a label on the phone, by any of their addresses."""
    return set(stack.simulator.ask("GET", "/sim/truth")["tags"].get(wa_id, []))


def test_rows_far_down_show_what_was_missed_while_offline(desk: Desk, stack: Stack) -> None:
    hold = desk.label("On hold")
    agent = desk.person("agent")
    agent.is_live()
    desk.expects(*OFFLINE)
    reveal(agent.rows().nth(49))
    row = agent.rows().nth(70)
    expect(row).to_be_attached(timeout=PATIENCE)
    reveal(row)
    jid = str(row.get_attribute("data-chat"))
    on = hold not in stack.simulator.labels_of(jid)
    colleague = desk.person("agent2", f"/chats/?q={jid.partition('@')[0]}")
    colleague.is_live()
    agent.page.context.set_offline(True)
    agent.is_cut_off()
    stack.simulator.label_on_phone(jid, hold, on=on)
    for screen in (colleague, agent):  # who is not cut off has it before the other one is back
        if on:
            screen.sees_chip(jid, hold)
        else:
            screen.sees_no_chip(jid, hold)
        agent.page.context.set_offline(False)


NOTES = """() => {
  delete document.body.dataset.tried;
  addEventListener("htmx:trigger", () => { document.body.dataset.tried = "1"; }, { once: true });
}"""


def at_the_end(agent: Screen) -> None:
    """Scroll to the end of the first page. The list has asked for the next one, whatever came of it."""
    agent.page.evaluate(NOTES)
    for _n in range(20):
        reveal(agent.page.locator(".more-rows"))  # anew where the rows have just been exchanged
        with suppress(AssertionError):
            return expect(agent.page.locator("body[data-tried]")).to_be_attached(timeout=1000)
    raise AssertionError("the list asks for no further page")


def test_the_list_goes_on_once_it_is_online_again(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.is_live()
    desk.expects(*OFFLINE)
    agent.page.context.set_offline(True)
    agent.is_cut_off()
    at_the_end(agent)
    expect(agent.rows()).to_have_count(50)
    agent.page.context.set_offline(False)
    expect(agent.rows()).to_have_count(100)


def test_a_page_that_failed_is_asked_for_when_one_comes_by_again(desk: Desk) -> None:
    agent = desk.person("agent")
    agent.is_live()
    desk.expects("ERR_FAILED", "htmx")
    agent.page.route("**/chats/rows/?*after=*", lambda route: route.abort(), times=1)
    with agent.page.expect_event("requestfailed"):
        at_the_end(agent)
    reveal(agent.rows().first)
    at_the_end(agent)
    expect(agent.rows()).to_have_count(100)


def test_all_that_match_with_a_worker_killed_in_the_middle(desk: Desk, stack: Stack) -> None:
    vip, closed = desk.label("VIP"), desk.label("Closed")
    already, left_alone = carriers(stack, vip), carriers(stack, closed)
    lead, second = desk.person("lead", "/chats/?q=-stage:Closed"), desk.person("agent", "/chats/?q=stage:Paid")
    second.is_live()
    rows = lead.rows()
    expect(rows).to_have_count(50)
    rows.nth(2).locator(".pick").click()
    lead.page.locator("[data-everything][data-query]").click()
    words = str(lead.page.locator("#chosen-count").text_content())
    reveal(rows.nth(49))
    expect(rows).to_have_count(100, timeout=LONG)
    expect(lead.page.locator("#rows .pick input:checked")).to_have_count(100)  # those that come later are chosen too
    lead.page.keyboard.press("l")
    lead.picker().locator('[role="option"][data-name="VIP"]').click()
    lead.picker().locator("#apply").click()
    changes = int(str(lead.page.locator('[data-count="changes"]').text_content()))
    done = int(str(lead.page.locator('[data-count="already"]').text_content()))
    assert words == f"{changes + done} selected"
    lead.page.locator("#run-start").click()
    for part in (10, 30):
        wait_until(lambda part=part: len(carriers(stack, vip) - already) > part, 240, pause=0.5, told="the run goes on")
        kill_worker(stack)
    assert len(carriers(stack, vip)) < changes + done  # it was in the middle of it
    expect(lead.page.locator('#run-head [data-state="done"]')).to_be_visible(timeout=LONG)
    lead.page.reload()
    expect(lead.page.locator('#run-results tr[data-state="failed"]')).to_have_count(0)
    assert len(carriers(stack, vip) - already) >= changes
    assert carriers(stack, closed) == left_alone
    assert not (carriers(stack, vip) - already) & left_alone
    paid = second.rows().count()
    confirmed = second.rows().locator(f'[data-label="{vip}"][data-state="confirmed"]')
    expect(confirmed).to_have_count(paid, timeout=LONG)
