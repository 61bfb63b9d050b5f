"""What the inbox's views share: the number, the page they are asked from, the place in the list."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from labelapp.models import Instance, User
from labelapp.views.inbox import chosen_number, list_desk, page_address, position, remember
from tests.conftest import MakeChat


def asked(user: User | None = None, path: str = "/chats/", **headers: str) -> HttpRequest:
    request = RequestFactory().get(path, headers=headers)
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    request.session = SessionStore()
    if user:
        request.user = user
    return request


def test_the_page_that_asks_is_the_one_htmx_tells() -> None:
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/chats/17/?label=3&label=4"}
    path, query = page_address(asked(path="/chats/17/row/?q=x", **here))
    assert (path, query.getlist("label"), "q" in query) == ("/chats/17/", ["3", "4"], False)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Current-URL": "http://[nonsense/"}])
def test_without_a_page_the_address_itself_counts(headers: dict[str, str]) -> None:
    path, query = page_address(asked(path="/chats/?q=x", **headers))
    assert (path, query["q"]) == ("/chats/", "x")


def test_the_number_is_the_one_asked_for_else_the_last_one_else_the_first(
    agent: User, number: Instance, other_number: Instance
) -> None:
    other_number.people.add(agent)
    assert chosen_number(asked(agent)) == number
    request = asked(agent)
    remember(request, other_number)
    assert chosen_number(request) == other_number
    assert chosen_number(asked(agent, "/chats/?instance=demo")) == number


def test_a_remembered_number_that_one_may_no_longer_see_is_forgotten(
    agent: User, number: Instance, other_number: Instance
) -> None:
    request = asked(agent)
    remember(request, other_number)
    assert chosen_number(request) == number


@pytest.mark.parametrize("slug", ["other", "nowhere", "de%00mo2"])
def test_a_number_one_may_not_see_is_404(agent: User, number: Instance, other_number: Instance, slug: str) -> None:
    with pytest.raises(Http404):
        chosen_number(asked(agent, f"/chats/?instance={slug}"))


def test_fragments_need_a_number(agent: User) -> None:
    with pytest.raises(Http404):
        list_desk(asked(agent))


def test_a_position() -> None:
    assert position(asked()) is None
    assert position(asked(path="/chats/?before=1000000-7")).pk == 7  # type: ignore[union-attr]
    with pytest.raises(BadRequest):
        position(asked(path="/chats/?before=yesterday"))


def test_remembering_writes_only_what_is_new(agent: User, number: Instance, make_chat: MakeChat) -> None:
    request = asked(agent)
    remember(request, number)
    request.session.modified = False
    remember(request, number)
    assert not request.session.modified
