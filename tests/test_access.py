"""Who is who, and what a stranger gets."""

import pytest
from django.contrib.auth import authenticate
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone

from labelapp.access import chat_for, instance_for, label_for
from labelapp.models import Instance, Label, User
from tests.conftest import PASSWORD, MakeChat


def who(name: str, password: str = PASSWORD) -> User | None:
    return authenticate(RequestFactory().post("/login/"), username=name, password=password)


def test_people_are_found_by_username_and_by_email(agent: User) -> None:
    assert [who("agent"), who("agent@example.com"), who("AGENT@EXAMPLE.com")] == [agent, agent, agent]
    assert [who("Agent"), who("agent", "wrong"), who("")] == [None, None, None]


def test_a_username_that_looks_like_an_address_wins(agent: User) -> None:
    other = User.objects.create_user("agent@example.com", "other@example.com", "another-secret")
    assert who("agent@example.com", "another-secret") == other
    assert who("agent@example.com") is None


def test_people_without_an_address_are_not_found_by_none(db: None) -> None:
    User.objects.create_user("nomail", "", PASSWORD)
    assert who("@") is None


def test_who_left_is_not_let_in(agent: User) -> None:
    User.objects.update(is_active=False)
    assert who("agent") is None


def test_open_numbers_are_for_everyone(
    agent: User, number: Instance, labels: dict[str, Label], make_chat: MakeChat
) -> None:
    chat = make_chat()
    assert instance_for(agent, "demo") == number
    assert chat_for(agent, chat.pk) == chat
    assert label_for(agent, labels["VIP"].pk) == labels["VIP"]


def test_limited_numbers_are_for_those_named_and_for_admins(
    agent: User, admin: User, other_number: Instance, make_chat: MakeChat
) -> None:
    chat = make_chat(instance=other_number)
    label = Label.objects.create(instance=other_number, wa_id="1", name="X")
    asks = [(instance_for, "other"), (chat_for, chat.pk), (label_for, label.pk)]
    for look, key in asks:
        with pytest.raises(Http404):
            look(agent, key)
        assert look(admin, key) is not None
    other_number.people.add(agent)
    assert [look(agent, key) for look, key in asks] == [other_number, chat, label]


def test_removed_numbers_are_for_nobody(admin: User, number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()
    Instance.objects.update(removed_at=timezone.now())
    for look, key in [(instance_for, "demo"), (chat_for, chat.pk)]:
        with pytest.raises(Http404):
            look(admin, key)


@pytest.mark.parametrize("pk", [0, -1, 10**30])
def test_numbers_out_of_range_are_a_404(agent: User, pk: int) -> None:
    for look in (chat_for, label_for):
        with pytest.raises(Http404):
            look(agent, pk)
