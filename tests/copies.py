"""What the product stores twice to be fast, and whether both say the same: true at any moment, whatever was killed or shuffled.

`python -m tests.copies` prints, with the product's settings, what differs as JSON.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.db.models import Count, F, Q, QuerySet  # noqa: E402

from labelapp.actions.texts import write_texts  # noqa: E402
from labelapp.models import Chat, ChatLabel, ChatText, Label, Message  # noqa: E402
from labelapp.models.folded import fold  # noqa: E402

TOLD = 5  # of each kind


def differences() -> list[str]:
    """What differs, one sentence each, as of one moment."""
    with snapshot():
        return [*_moments(), *_counts(), *_texts(), *_messages()]


@contextmanager
def snapshot() -> Iterator[None]:
    """Whatever is written in it is taken back."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
        transaction.set_rollback(True)


def _moments() -> Iterator[str]:
    """Lists are walked by the pair's copy of the chat's last message."""
    pairs = ChatLabel.objects.exclude(last_message_at=F("chat__last_message_at"))
    for pk, chat, at, theirs in _some(pairs, "pk", "chat_id", "last_message_at", "chat__last_message_at"):
        yield f"pair {pk} of chat {chat} says that its last message came {at}, the chat says {theirs}"


def _counts() -> Iterator[str]:
    """The rarest label is found by its count."""
    counted = Label.objects.living().annotate(n=Count("assignments", filter=Q(assignments__wanted=True)))
    for pk, count, n in _some(counted.exclude(chat_count=F("n")), "pk", "chat_count", "n"):
        yield f"label {pk} says that {count} chats carry it, but {n} do"


def _texts() -> Iterator[str]:
    """Chats are found by what was folded: written anew it is the same."""
    before = dict(ChatText.objects.values_list("chat_id", "text"))
    chats = list(Chat.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(chats), 500):
        write_texts(chats[start : start + 500])
    after = dict(ChatText.objects.values_list("chat_id", "text"))
    for pk in [pk for pk in after if before.get(pk) != after[pk]][:TOLD]:
        yield f"chat {pk} is found by {before.get(pk)!r}, and should be by {after[pk]!r}"


def _messages() -> Iterator[str]:
    rows = Message.objects.order_by("pk").values_list("pk", "sender", "text", "search_text")
    wrong = (pk for pk, sender, text, folded in rows.iterator() if fold(f"{sender} {text}") != folded)
    for _n, pk in zip(range(TOLD), wrong, strict=False):
        yield f"message {pk} is found by other words than it says"


def _some(rows: QuerySet[Any], *columns: str) -> list[tuple[Any, ...]]:
    return list(rows.order_by("pk").values_list(*columns)[:TOLD])


if __name__ == "__main__":
    print(json.dumps(differences()))
