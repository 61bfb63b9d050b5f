"""Keys of large tables are printed as they are: never 1,234,567 in an address or an id."""

import pytest
from django.test import Client

from labelapp.models import Chat, Instance, Label, User
from tests.conftest import MakeChat

CHAT, LABEL = 1234567, 7654321
GROUPED = ("1,234,567", "7,654,321", "1٬234٬567", "1.234.567", "1\xa0234\xa0567")
PAGES = [
    "/chats/",
    f"/chats/{CHAT}/",
    f"/chats/{CHAT}/panel/",
    f"/chats/{CHAT}/tags/",
    f"/chats/{CHAT}/picker/",
    f"/chats/{CHAT}/activity/",
    f"/chats/?label={LABEL}",
    "/labels/",
    f"/labels/{LABEL}/",
    f"/labels/{LABEL}/delete/",
]


@pytest.fixture
def large(number: Instance, make_chat: MakeChat) -> Chat:
    label = Label.objects.create(
        pk=LABEL, instance=number, wa_id="31", name="Big", color_index=3, known_at=number.imported_at
    )
    return make_chat(labels=(label,), pk=CHAT)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("page", PAGES)
def test_no_key_is_grouped(client: Client, admin: User, large: Chat, page: str, language: str) -> None:
    admin.language = language
    admin.save(update_fields=["language"])
    client.force_login(admin)
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get(page, headers=headers)
        assert answer.status_code == 200
        assert [key for key in GROUPED if key in answer.content.decode()] == []
