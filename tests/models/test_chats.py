from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from labelapp.models import Chat, ChatAlias, Instance
from labelapp.models.fields import NEVER
from tests.conftest import MakeChat

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("jid", "name", "title"),
    [
        ("201555000001@c.us", "Anna", "Anna"),
        ("201555000001@c.us", "", "+201555000001"),
        ("77@lid", "", "77@lid"),
        ("12036302@g.us", "", "12036302@g.us"),
    ],
)
def test_a_chat_is_called_by_name_number_or_address(jid: str, name: str, title: str) -> None:
    assert Chat(jid=jid, name=name).title == title


@pytest.mark.parametrize(
    ("last_in", "last_out", "unanswered"),
    [(NEVER, NEVER, False), (NOON, NEVER, True), (NOON, NOON, False), (NOON, NOON + timedelta(seconds=1), False)],
)
def test_unanswered(last_in: datetime, last_out: datetime, unanswered: bool) -> None:
    chat = Chat(last_in_at=last_in, last_out_at=last_out)
    assert (chat.is_unanswered, chat.waiting_since) == (unanswered, last_in if unanswered else None)


def test_an_address_leads_to_one_chat(number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat(jid="1@c.us")
    with pytest.raises(IntegrityError):
        ChatAlias.objects.create(instance=number, jid="1@c.us", chat=chat)


def test_a_chat_is_there_once_per_number(other_number: Instance, make_chat: MakeChat) -> None:
    make_chat(jid="1@c.us")
    make_chat(jid="1@c.us", instance=other_number)
    with pytest.raises(IntegrityError):
        make_chat(jid="1@c.us")
