"""The table of keys: what each person's page is told, and what the help shows of it."""

import json
import re
from collections import Counter

import pytest
from django.test import Client

from labelapp.models import Instance, Label, User
from labelapp.views.keyboard import KEYS, Keyboard, Place, is_character


def table(client: Client, path: str) -> dict[str, list[str]]:
    """What the script of a page gets: act -> keys."""
    html = client.get(path).content.decode()
    found = re.search(r'<script id="key-table" type="application/json">(.*?)</script>', html)
    assert found
    return {line["act"]: line["keys"] for line in json.loads(found[1])}


def test_no_key_does_two_things() -> None:
    counts = Counter(key for line in KEYS for key in line.keys)
    assert [key for key, n in counts.items() if n > 1] == []


def test_no_key_is_the_beginning_of_another() -> None:
    firsts = {key.split(" ")[0] for line in KEYS for key in line.keys if " " in key}
    assert firsts & {key for line in KEYS for key in line.keys} == set()


@pytest.mark.parametrize(
    ("keys", "writes"),
    [("j", True), ("?", True), ("g d", True), ("Shift+j", True), ("Mod+k", False), ("Enter", False), ("Escape", False)],
)
def test_what_writes_a_character_can_be_switched_off(keys: str, writes: bool) -> None:
    assert is_character(keys) == writes


def test_an_agent_gets_the_keys_of_what_agents_may(client: Client, agent: User, number: Instance) -> None:
    client.force_login(agent)
    found = table(client, "/chats/")
    assert found["next"] == ["j", "ArrowDown"]
    assert found["nth"] == list("123456789")
    assert found["chats.index"] == ["g c"]
    assert {"labels.index", "drift.index", "settings.index"} & set(found) == set()


def test_an_admin_gets_the_keys_of_every_page(client: Client, admin: User, number: Instance) -> None:
    client.force_login(admin)
    assert {"labels.index", "drift.index", "deliveries.index", "settings.index"} <= set(table(client, "/chats/"))


def test_without_single_keys_only_the_others_work(client: Client, agent: User, number: Instance) -> None:
    User.objects.filter(pk=agent.pk).update(shortcuts=False)
    client.force_login(agent)
    assert table(client, "/chats/") == {
        "next": ["ArrowDown"],
        "previous": ["ArrowUp"],
        "open": ["Enter"],
        "back": ["Escape"],
        "pick-next": ["Shift+Enter"],
        "extend": ["Shift+ArrowDown"],
        "extendUp": ["Shift+ArrowUp"],
        "palette": ["Mod+k"],
    }


def test_other_pages_have_only_what_works_there(client: Client, agent: User, number: Instance) -> None:
    client.force_login(agent)
    assert set(table(client, "/preferences/")) == {
        "chats.index", "board.index", "saved.index", "account.preferences", "palette", "help",
    }  # fmt: skip


def test_a_board_has_keys_of_its_own(client: Client, agent: User, labels: dict[str, Label]) -> None:
    client.force_login(agent)
    found = table(client, f"/board/{labels['Paid'].group_id}/")
    assert (found["stage-after"], found["stage-before"]) == (["Shift+."], ["Shift+,"])
    assert {"next", "previous", "stage", "undo", "search", "column-after", "column-before"} <= set(found)
    assert {"select", "label", "nth"} & set(found) == set()


def test_the_help_shows_each_key_under_its_heading(client: Client, agent: User, number: Instance) -> None:
    client.force_login(agent)
    html = client.get("/chats/").content.decode()
    assert "<dt>Next chat</dt><dd><kbd>j</kbd> <kbd>↓</kbd></dd>" in html
    nth = "One of the first nine labels, on or off; of those selected, in the picker"
    assert f"<dt>{nth}</dt><dd><kbd>1</kbd> to <kbd>9</kbd></dd>" in html
    assert "<dt>Inbox</dt><dd><kbd>g</kbd> then <kbd>c</kbd></dd>" in html
    assert "<dt>Find a command</dt><dd><kbd data-mod>Ctrl</kbd> <kbd>k</kbd></dd>" in html


def test_the_palette_is_offered_commands_and_pages_apart(admin: User) -> None:
    keyboard = Keyboard(admin, Place.INBOX)
    assert [line.key.act for line in keyboard.commands][:3] == ["search", "assign", "assignee"]
    assert [line.href for line in keyboard.pages][:3] == ["/chats/", "/board/", "/labels/"]
