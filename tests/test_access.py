from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser, Permission
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.access import chat_for, chats_for, instance_for, label_for
from labelapp.models import Chat, Instance, Label, MergedChat, User
from labelapp.models.instances import seen_by
from tests.conftest import PASSWORD, MakeChat


@pytest.fixture
def theirs(other_number: Instance, make_chat: MakeChat) -> list[tuple[Callable[..., Any], Any]]:
    """What belongs to a number that is closed to everyone but the admin."""
    label = Label.objects.create(instance=other_number, wa_id="1")
    return [(instance_for, "other"), (chat_for, make_chat(instance=other_number).pk), (label_for, label.pk)]


def test_a_stranger_gets_404_for_everything(theirs: list[Any], agent: User, lead: User, stranger: User) -> None:
    for user in (agent, lead, stranger):
        for find, key in theirs:
            with pytest.raises(Http404):
                find(user, key)


def test_an_admin_sees_all(theirs: list[Any], admin: User, other_number: Instance) -> None:
    found = [find(admin, key) for find, key in theirs]
    assert [getattr(thing, "instance", thing) for thing in found] == [other_number] * 3


def test_what_is_not_there_is_404(admin: User, number: Instance) -> None:
    for find, key in ((instance_for, "nope"), (chat_for, 999), (label_for, 999)):
        with pytest.raises(Http404):
            find(admin, key)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("agent", True),
        ("agent@example.com", True),
        ("AGENT@Example.com", True),
        ("nobody@example.com", False),
        ("", False),
    ],
)
def test_login_by_username_or_address(agent: User, name: str, found: bool) -> None:
    request = RequestFactory().post("/login/")
    assert (authenticate(request, username=name, password=PASSWORD) == agent) is found


def test_an_empty_address_opens_nothing(db: None) -> None:
    User.objects.create_user("bare", "", PASSWORD)
    assert authenticate(RequestFactory().post("/login/"), username="@", password=PASSWORD) is None


def test_a_username_that_looks_like_an_address_wins(agent: User) -> None:
    odd = User.objects.create_user("agent@example.com", "odd@example.com", "another-pass-1")
    request = RequestFactory().post("/login/")
    assert authenticate(request, username="agent@example.com", password="another-pass-1") == odd
    assert authenticate(request, username="agent@example.com", password=PASSWORD) is None


def test_of_many_chats_the_visible_ones(agent: User, other_number: Instance, make_chat: MakeChat) -> None:
    mine, hidden = make_chat(), make_chat(instance=other_number)
    MergedChat.objects.create(old=999, chat=mine)
    MergedChat.objects.create(old=998, chat=hidden)
    assert chats_for(agent, [999, hidden.pk, 998, mine.pk, 997, mine.pk]) == [mine.pk]
    for pks in ([], [hidden.pk], [998], [997]):
        with pytest.raises(Http404):
            chats_for(agent, pks)


def test_permissions_are_asked_for_once_and_hold_those_of_the_person_and_of_groups(
    agent: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    agent.user_permissions.add(Permission.objects.get(codename="manage_rules"))
    user = User.objects.get(pk=agent.pk)
    with django_assert_num_queries(1):
        held = [user.has_perm(f"labelapp.{name}") for name in ("apply_labels", "manage_rules", "manage_labels")]
    assert held == [True, True, False]


@pytest.mark.parametrize(
    ("is_active", "is_superuser", "may"), [(False, False, False), (True, True, True), (False, True, False)]
)
def test_who_may_nothing_or_everything(agent: User, is_active: bool, is_superuser: bool, may: bool) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=is_active, is_superuser=is_superuser)
    user = User.objects.get(pk=agent.pk)
    assert [user.has_perm("labelapp.apply_labels"), user.has_perm("labelapp.manage_rules")] == [may, may]
    assert not AnonymousUser().has_perm("labelapp.apply_labels")


@pytest.mark.parametrize("removed", [False, True])
def test_whom_a_number_names(number: Instance, agent: User, lead: User, make_chat: MakeChat, removed: bool) -> None:
    """As the number itself and as what belongs to it is looked for."""
    chat = make_chat()
    if removed:
        Instance.objects.update(removed_at=timezone.now())

    def seen(user: User) -> list[bool]:
        user = User.objects.get(pk=user.pk)
        rows = Chat.objects.filter(seen_by(user, "instance"))
        return [Instance.objects.visible_to(user).exists(), rows.filter(pk=chat.pk).exists()]

    assert seen(agent) == seen(lead) == [not removed] * 2
    number.people.add(lead)
    assert (seen(agent), seen(lead)) == ([False] * 2, [not removed] * 2)
    number.people.add(agent)
    assert (seen(agent), seen(lead)) == ([not removed] * 2, [not removed] * 2)
