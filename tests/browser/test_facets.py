"""The labels of the rail in three states, and the order of the list, by mouse, by keyboard and without JavaScript."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import PATIENCE, Desk, extent


def facet(page: Page, name: str) -> Locator:
    return page.locator(".facet-line").filter(has=page.get_by_text(name, exact=True))


def click(page: Page, name: str, **more: object) -> None:
    facet(page, name).get_by_role("link").click(**more)  # type: ignore[arg-type]


def asks(page: Page, query: str) -> None:
    """The address asks for exactly this, and the page shows it."""
    wanted = rf"\?(q={query}&)?instance=demo$" if query else r"\?instance=demo$"
    expect(page).to_have_url(re.compile(wanted), timeout=PATIENCE)
    expect(page.locator("#main[aria-busy]")).to_have_count(0, timeout=PATIENCE)


@pytest.mark.parametrize("scripts", [True, False])
def test_three_clicks_want_refuse_and_leave_a_label(desk: Desk, scripts: bool) -> None:
    page = desk.person("agent", "/chats/?instance=demo", java_script_enabled=scripts).page
    click(page, "VIP")
    asks(page, "label:VIP")
    expect(facet(page, "VIP")).to_contain_text("included", timeout=PATIENCE)
    click(page, "VIP")
    asks(page, "-label:VIP")
    expect(facet(page, "VIP")).to_contain_text("excluded", timeout=PATIENCE)
    expect(page.locator("#rows .chip").filter(has_text="VIP")).to_have_count(0, timeout=PATIENCE)
    click(page, "VIP")
    asks(page, "")
    expect(facet(page, "VIP")).not_to_contain_text("cluded", timeout=PATIENCE)


def test_alt_refuses_at_once_and_no_label_goes_the_same_way(desk: Desk) -> None:
    page = desk.person("agent", "/chats/?instance=demo").page
    click(page, "VIP", modifiers=["Alt"])
    asks(page, "-label:VIP")
    click(page, "VIP", modifiers=["Alt"])
    asks(page, "")
    click(page, "No label")
    asks(page, "no:label")
    expect(page.locator("#rows .chip")).to_have_count(0, timeout=PATIENCE)
    click(page, "No label")
    asks(page, "-no:label")
    expect(page.locator(".facet-line").first).to_contain_text("No label", timeout=PATIENCE)


def test_any_and_all_stand_beside_the_labels(desk: Desk) -> None:
    page = desk.person("agent", "/chats/?instance=demo&q=label:VIP").page
    expect(page.locator("#match-any")).to_have_count(0, timeout=PATIENCE)
    click(page, "On hold")
    asks(page, "label:VIP,%22On\\+hold%22")
    page.locator("#match-all").click()
    asks(page, "label:VIP\\+label:%22On\\+hold%22")
    expect(page.locator("#match-all")).to_have_attribute("aria-current", "true", timeout=PATIENCE)


def test_the_focus_stays_on_the_label(desk: Desk) -> None:
    page = desk.person("agent", "/chats/?instance=demo").page
    link = facet(page, "VIP").get_by_role("link")
    link.focus()
    page.keyboard.press("Enter")
    asks(page, "label:VIP")
    expect(facet(page, "VIP").get_by_role("link")).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("Enter")
    asks(page, "-label:VIP")


def test_what_nothing_has_sinks_below_the_others(desk: Desk) -> None:
    page = desk.person("agent", "/chats/?instance=demo&q=no:label").page
    sections = page.locator("#facets .nav").filter(has=page.locator(".facet-line"))
    idle = page.locator(".facet-line.idle")
    expect(idle).to_have_count(page.locator(".facet-line").count() - 1, timeout=PATIENCE)
    expect(sections.first.locator(".facet-line").first).to_have_class(re.compile("included"), timeout=PATIENCE)
    idle.first.get_by_role("link").click()
    expect(page).not_to_have_url(re.compile("no:label"), timeout=PATIENCE)


def test_the_order_is_chosen_by_keyboard_and_stays_in_every_link(desk: Desk) -> None:
    page = desk.person("agent", "/chats/?instance=demo").page
    page.locator("#order").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#order-menu")).to_be_visible(timeout=PATIENCE)
    for _key in range(2):
        page.keyboard.press("Tab")
    expect(page.locator("#order-waiting")).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"order=waiting$"), timeout=PATIENCE)
    expect(page.locator("#order")).to_be_focused(timeout=PATIENCE)
    expect(page.locator("#order")).to_have_text("Longest waiting", timeout=PATIENCE)
    click(page, "VIP")
    expect(page).to_have_url(re.compile(r"q=label:VIP&instance=demo&order=waiting$"), timeout=PATIENCE)
    page.locator("#clear").click()
    expect(page).to_have_url(re.compile(r"instance=demo&order=waiting$"), timeout=PATIENCE)


def test_an_order_by_urgency_is_made_and_followed(desk: Desk) -> None:
    admin = desk.person("admin", "/labels/?instance=demo").page
    agent = desk.person("agent", "/chats/?instance=demo").page
    expect(agent.locator("#order-urgency")).to_have_count(0, timeout=PATIENCE)
    for name in ("VIP", "On hold"):
        admin.get_by_role("button", name=f"{name}: add to the order").click()
        expect(admin.get_by_role("button", name=re.compile(f"{name}, place [12]: more urgent"))).to_be_focused(
            timeout=PATIENCE
        )
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("button", name="On hold, place 1: more urgent")).to_be_focused(timeout=PATIENCE)
    agent.goto(f"{desk.stack.url}/chats/?instance=demo")
    agent.locator("#order").click()
    agent.locator("#order-urgency").click()
    expect(agent).to_have_url(re.compile(r"order=urgency$"), timeout=PATIENCE)
    expect(agent.locator("#rows > .row").first).to_contain_text("On hold", timeout=PATIENCE)
    for name in ("VIP", "On hold"):
        admin.get_by_role("button", name=f"{name}: not urgent").click()
        expect(admin.get_by_role("button", name=f"{name}: add to the order")).to_be_focused(timeout=PATIENCE)


def test_the_order_by_urgency_works_without_scripts(desk: Desk) -> None:
    page = desk.person("admin", "/labels/?instance=demo", java_script_enabled=False).page
    page.get_by_role("button", name="VIP: add to the order").click()
    page.get_by_role("button", name="VIP: not urgent").click()
    expect(page.get_by_role("button", name="VIP: add to the order")).to_be_visible(timeout=PATIENCE)


def test_the_labels_are_large_enough_for_a_finger(desk: Desk) -> None:
    page = desk.person(
        "agent",
        "/chats/?instance=demo&q=label:VIP,Paid",
        viewport={"width": 390, "height": 800},
        has_touch=True,
        is_mobile=True,
    ).page
    page.locator(".rail-btn").click()
    heights = [extent(facet(page, name).get_by_role("link"))["height"] for name in ("No label", "VIP")]
    assert heights == [44, 44]
    page.keyboard.press("Escape")
    page.locator("#order").tap()
    assert extent(page.locator("#order-waiting"))["height"] >= 44
    page.locator("#order-waiting").tap()
    expect(page).to_have_url(re.compile("order=waiting"), timeout=PATIENCE)
