"""axe finds nothing serious, in light and in dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

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


@pytest.mark.parametrize(
    "page",
    ["/chats/", "/labels/", "/labels/new/", "/settings/", "/settings/new/", "/settings/numbers/demo/", "/preferences/"],
)
def test_axe_finds_nothing_serious_on_a_page(desk: Desk, page: str) -> None:
    assert grave_findings(desk.person("admin", page)) == []


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
