"""The numbers of this provider, and which of them a call is about. Each has a database file, a thread and switches of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings

FIRST = settings.INSTANCE_ID
# Set at the door of every request, and once in each number's database thread: all code below works for one number.
current: ContextVar[str] = ContextVar("number", default=FIRST)


@dataclass(frozen=True, slots=True)
class Number:
    """`id` is Wawp's instance id and WAHA's session name. The rest is how its world begins."""

    id: str
    name: str
    jid: str
    lid: str
    seed: int
    chats: int
    profile: str = "GOWS"

    @property
    def session(self) -> str:
        """The name that Wawp gives to the session beneath."""
        return f"wawp-{self.id}"


NUMBERS = {
    one.id: one
    for one in (
        Number(FIRST, "Nile & Douro", "201000000000@c.us", "100000000000001@lid", settings.SEED, settings.CHATS),
        Number("demo2", "Porto shop", "35190000000002@c.us", "100000000000002@lid", settings.SEED + 1, 60, "WEBJS"),
        Number("demo3", "Old warehouse phone", "12015550100003@c.us", "100000000000003@lid", settings.SEED + 2, 24),
    )
}


def present() -> Number:
    """The number that this code works for."""
    return NUMBERS[current.get()]


@contextmanager
def at(number_id: str) -> Iterator[None]:
    """The code below works for this number."""
    token = current.set(number_id)
    try:
        yield
    finally:
        current.reset(token)


def alias_of(number_id: str) -> str:
    """Django's name for the number's database."""
    return "default" if number_id == FIRST else number_id


class Router:
    """Queries go to the database of the number that they are made for."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return alias_of(current.get())

    db_for_write = db_for_read
