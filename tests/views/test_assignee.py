"""Giving a chat to somebody over HTTP."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertRedirects

from labelapp.models import Change, Chat, Instance, LedgerEntry, User
from tests.conftest import MakeChat, person

HTMX = {"HX-Request": "true"}


@pytest.fixture
def asked(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def chat(make_chat: MakeChat) -> Chat:
    return make_chat(name="Mariam")


def give(client: Client, chat: Chat, whom: object, page: str = "/chats/") -> tuple[int, str]:
    headers = HTMX | {"HX-Current-URL": f"http://testserver{page}"}
    response = client.post(f"/chats/{chat.pk}/assignee/set/", {"person": whom}, headers=headers)
    return response.status_code, response.content.decode()


def assignee_of(chat: Chat) -> User | None:
    return Chat.objects.get(pk=chat.pk).assignee


def test_assign_to_me_answers_with_the_row(asked: Client, agent: User, chat: Chat) -> None:
    status, html = give(asked, chat, "me")
    assert (status, assignee_of(chat)) == (200, agent)
    assert 'title="Assigned to Agent Demo"><span aria-hidden="true">AD</span>' in html
    assert "tags-" not in html


def test_in_the_open_chat_the_panel_comes_too(asked: Client, agent2: User, chat: Chat) -> None:
    _status, html = give(asked, chat, agent2.pk, f"/chats/{chat.pk}/")
    assert "<bdi>Agent2 Demo</bdi>" in html
    assert re.search(r'<b dir="auto">Agent Demo</b> gave the chat to <b dir="auto">Agent2 Demo</b>', html)


def test_nobody_takes_it_back(asked: Client, agent: User, make_chat: MakeChat) -> None:
    chat = make_chat(assignee=agent)
    status, html = give(asked, chat, "")
    assert (status, assignee_of(chat), "Assigned to" in html) == (200, None, False)


@pytest.mark.parametrize("whom", ["x", "-1", "1.5", "9" * 40, "\0", "²"])
def test_nonsense_is_400_and_changes_nothing(asked: Client, chat: Chat, whom: str) -> None:
    status, _html = give(asked, chat, whom)
    assert (status, assignee_of(chat)) == (400, None)


def test_somebody_who_is_not_there_is_told_in_a_sentence(asked: Client, chat: Chat) -> None:
    assert give(asked, chat, 999) == (422, "This person is not there any more.")


def test_somebody_who_may_not_see_the_number_is_refused(
    client: Client, admin: User, agent: User, other_number: Instance, make_chat: MakeChat
) -> None:
    client.force_login(admin)
    chat = make_chat(instance=other_number)
    assert give(client, chat, agent.pk) == (422, "Agent Demo may not see this number.")
    assert assignee_of(chat) is None


def test_without_the_permission_it_is_refused_and_not_offered(client: Client, chat: Chat) -> None:
    client.force_login(person("guest"))
    status, words = give(client, chat, "me")
    assert (status, words) == (403, "You may not do this. Ask an admin of your team.")
    assert "/assignee/" not in client.get(f"/chats/{chat.pk}/").content.decode()


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", "set/")])
def test_a_stranger_gets_404(
    asked: Client, other_number: Instance, make_chat: MakeChat, method: str, path: str
) -> None:
    chat = make_chat(name="Secret", instance=other_number)
    response = getattr(asked, method)(f"/chats/{chat.pk}/assignee/{path}", {"person": "me"}, headers=HTMX)
    assert response.status_code == 404
    assert "Secret" not in response.content.decode()
    assert (assignee_of(chat), LedgerEntry.objects.count(), Change.objects.count()) == (None, 0, 0)


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", "set/")])
def test_anonymous_people_are_sent_to_the_login(client: Client, chat: Chat, method: str, path: str) -> None:
    response = getattr(client, method)(f"/chats/{chat.pk}/assignee/{path}")
    assert response["Location"].startswith("/login/")


def test_one_can_choose_whoever_may_see_the_number(asked: Client, agent2: User, admin: User, chat: Chat) -> None:
    User.objects.filter(pk=agent2.pk).update(is_active=False)
    html = asked.get(f"/chats/{chat.pk}/assignee/", headers=HTMX).content.decode()
    assert re.findall(r'id="give-([^"]+)"', html) == ["me", str(admin.pk), "nobody"]


def test_without_a_script_it_is_a_page_that_leads_back(asked: Client, agent: User, chat: Chat) -> None:
    html = asked.get(f"/chats/{chat.pk}/assignee/").content.decode()
    assert '<button class="btn" name="person" value="me">' in html
    assertRedirects(asked.post(f"/chats/{chat.pk}/assignee/set/", {"person": "me"}), f"/chats/{chat.pk}/")
    assert assignee_of(chat) == agent


@pytest.mark.parametrize("count", [1, 30])
def test_a_list_of_assigned_chats_costs_no_queries_each(
    asked: Client, make_chat: MakeChat, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(count):
        make_chat(assignee=person(f"helper{n}", "Agent"))
    with django_assert_num_queries(9):
        html = asked.get("/chats/rows/?instance=demo", headers=HTMX).content.decode()
    assert html.count("Assigned to") == 2 * count


def test_a_person_without_a_role_any_more_gives_chats_back(
    client: Client, admin: User, agent: User, chat: Chat
) -> None:
    """Locked out in the administration."""
    Chat.objects.filter(pk=chat.pk).update(assignee=agent)
    User.objects.filter(pk=admin.pk).update(is_superuser=True, is_staff=True)
    client.force_login(admin)
    form = {"username": "agent", "date_joined_0": "2026-11-01", "date_joined_1": "10:00:00", "density": "compact"}
    response = client.post(f"/admin/labelapp/user/{agent.pk}/change/", form)
    assert (response.status_code, assignee_of(chat)) == (302, None)
