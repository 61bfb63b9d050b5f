"""axe finds nothing serious, in light and dark, left-to-right and right-to-left."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Chat
from tests.browser.people import Desk, Screen

GRAVE = {"serious", "critical"}


def grave_findings(screen: Screen) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(screen.page).response["violations"]
    return [
        f"{finding['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for finding in found
        if finding["impact"] in GRAVE
        for node in finding["nodes"][:3]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["/chats/", "chat", "picker", "/labels/", "/settings/", "/account/"])
def test_axe_finds_nothing_serious(desk: Desk, chat: Chat, page: str, scheme: str) -> None:
    screen = desk.person("admin", color_scheme=scheme)
    if page in ("chat", "picker"):
        screen.open(chat.jid)
    else:
        screen.go(page)
    if page == "picker":
        screen.open_picker()
    assert grave_findings(screen) == []


def test_axe_finds_nothing_serious_before_login(desk: Desk) -> None:
    screen = desk.nobody("/login/")
    assert grave_findings(screen) == []
