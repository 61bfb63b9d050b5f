"""What a kill may cost at a provider whose one call replaces a chat's whole list."""

from typing import Any

from tests.chaos.people import Click
from tests.chaos.rows.kills import beyond

ANA, HIDDEN, BEN = "201000000001@c.us", "109300000000001@lid", "201000000002@c.us"
OWNERS = {ANA: 1, HIDDEN: 1, BEN: 2}


def extra(*chats: str) -> int:
    """Ana has two wishes, Ben one."""
    writes = [{"chat": chat} for chat in chats]
    clicks = [Click(1, 11, True), Click(1, 12, False), Click(2, 11, True)]

    def owner(row: dict[str, Any]) -> int | None:
        return OWNERS.get(row["chat"])

    return beyond(writes, owner, clicks)


def test_a_write_for_every_wish_is_none_too_many() -> None:
    assert extra(ANA, ANA, BEN) == 0
    assert extra(ANA, BEN) == 0  # the other one was so already
    assert extra(ANA, HIDDEN, HIDDEN, ANA, BEN) == 0  # a person's two addresses are called both


def test_what_no_wish_asked_for_is_counted() -> None:
    assert extra(ANA, ANA, BEN, BEN) == 1
    assert extra(ANA, ANA, ANA, ANA, BEN) == 2
    assert extra("somebody@c.us") == 1
