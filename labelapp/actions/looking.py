"""Who has which chat open: signs of life that cost no write each.

A screen says every half minute that it still shows the chat. Only the first word and the last are written at once; those between are
collected per process and written together, at most every GATHER seconds.
"""

import threading
import time

from django.utils import timezone

from labelapp.actions.notices import note
from labelapp.models import Change, Chat, Looker, User
from labelapp.queries.lookers import lookers

GATHER = 8.0  # seconds


class Signs:
    """The signs of life that this process has yet to write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: set[int] = set()
        self._written = 0.0

    def add(self, row: int) -> set[int]:
        """Collect a sign. Returns the rows to write now, empty while it is too early."""
        with self._lock:
            self._rows.add(row)
            if time.monotonic() - self._written < GATHER:
                return set()
            self._written = time.monotonic()
            rows, self._rows = self._rows, set()
            return rows


signs = Signs()


def look(user: User, chat: Chat) -> list[User]:
    """Say that a person has the chat open. Returns who else has. To be repeated within half a minute, or it is over."""
    rows = lookers(chat)
    mine = next((row for row in rows if row.user_id == user.pk), None)
    others = [row.user for row in rows if row.user_id != user.pk]
    if mine is None:
        _come(user, chat, others)
    elif due := signs.add(mine.pk):
        Looker.objects.filter(pk__in=due).update(seen_at=timezone.now())
    return others


def _come(user: User, chat: Chat, others: list[User]) -> None:
    row = Looker(user=user, chat=chat, seen_at=timezone.now())
    Looker.objects.bulk_create([row], update_conflicts=True, unique_fields=["chat", "user"], update_fields=["seen_at"])
    if others:  # nobody else need be told
        note(chat.instance, Change.Kind.LOOKERS, [chat])


def leave(user: User, chat: Chat) -> None:
    """Say that a person has closed the chat. Safe to run twice."""
    gone, _rows = Looker.objects.filter(user=user, chat=chat).delete()
    if gone and lookers(chat):
        note(chat.instance, Change.Kind.LOOKERS, [chat])
