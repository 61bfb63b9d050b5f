"""What the inbox's views share: the number, the page they are asked from, the place in the list."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from labelapp.models import Instance, User
from labelapp.views.inbox import list_desk, page_address


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


def test_fragments_need_a_number(agent: User) -> None:
    with pytest.raises(Http404):
        list_desk(asked(agent))


@pytest.mark.parametrize(
    "after", ["", "&after=yesterday", "&after=1000000-7", "&after=w0-1000000-7", "&after=n0-1-" + "9" * 30]
)
def test_what_is_no_place_in_the_list_is_its_start(agent: User, number: Instance, after: str) -> None:
    assert list_desk(asked(agent, f"/chats/?q=x{after}")).after is None


def test_a_place_belongs_to_its_order(agent: User, number: Instance) -> None:
    desk = list_desk(asked(agent, "/chats/?order=waiting&after=w100000-1000000-7"))
    assert (desk.after and desk.after.pk, desk.order) == (7, "waiting")
