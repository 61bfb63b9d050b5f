"""Who else is looking, over HTTP."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from labelapp.actions import looking
from labelapp.models import Chat, Instance, Looker, User
from tests.conftest import MakeChat

HTMX = {"HX-Request": "true"}


@pytest.fixture
def asked(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def chat(make_chat: MakeChat) -> Chat:
    return make_chat()


def look(client: Client, chat: Chat) -> str:
    response = client.post(f"/chats/{chat.pk}/lookers/", headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def test_one_sees_the_others_and_not_oneself(asked: Client, agent: User, agent2: User, lead: User, chat: Chat) -> None:
    assert 'looker"' not in look(asked, chat)
    looking.look(agent2, chat)
    answer = look(asked, chat)
    assert ("Agent2 Demo is here too" in answer, "Agent Demo" in answer) == (True, False)
    looking.look(lead, chat)
    assert "2 others are here too" in look(asked, chat)


def test_leaving_answers_nothing(asked: Client, chat: Chat) -> None:
    look(asked, chat)
    assert [asked.post(f"/chats/{chat.pk}/lookers/leave/").status_code for _ in range(2)] == [204, 204]
    assert Looker.objects.count() == 0


@pytest.mark.parametrize("path", ["", "leave/"])
def test_a_stranger_gets_404(
    asked: Client, admin: User, other_number: Instance, make_chat: MakeChat, path: str
) -> None:
    chat = make_chat(instance=other_number)
    looking.look(admin, chat)
    assert asked.post(f"/chats/{chat.pk}/lookers/{path}").status_code == 404
    assert list(Looker.objects.values_list("user", flat=True)) == [admin.pk]


@pytest.mark.parametrize("path", ["", "leave/"])
def test_anonymous_people_are_sent_to_the_login(client: Client, chat: Chat, path: str) -> None:
    assert client.post(f"/chats/{chat.pk}/lookers/{path}")["Location"].startswith("/login/")
    assert Looker.objects.count() == 0


def test_it_is_a_post(asked: Client, chat: Chat) -> None:
    assert asked.get(f"/chats/{chat.pk}/lookers/").status_code == 405


def test_a_sign_of_life_costs_five_reads(
    asked: Client, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    look(asked, chat)
    look(asked, chat)
    with django_assert_num_queries(5):  # session, person, permissions, chat, who is there
        look(asked, chat)
