from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.http import Http404
from django.test import RequestFactory

from labelapp.access import chat_for, instance_for, label_for
from labelapp.models import Instance, Label, User
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
