"""The page of API tokens."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.actions.actor import Actor
from labelapp.actions.tokens import make_token, token_of
from labelapp.models import ApiToken, Instance, User

ADDRESS = "/settings/tokens/"
NEW = {"name": "Shop", "scopes": ["read", "tag"], "days": "30"}


@pytest.fixture
def desk(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def secret_in(html: str) -> str:
    return re.findall(r'id="secret" value="([^"]+)"', html)[0]


def test_a_token_is_made_and_its_secret_shown_once(desk: Client, number: Instance) -> None:
    answer = desk.post(ADDRESS, NEW | {"instances": [number.pk]})
    secret = secret_in(answer.content.decode())
    token = token_of(secret)
    assert token is not None
    assert (token.scopes, list(token.instances.all())) == ({"read", "tag"}, [number])
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    page = desk.get(ADDRESS)
    assertContains(page, token.prefix)
    assertNotContains(page, secret)
    assertNotContains(page, token.secret_hash)


def test_a_new_secret_and_the_end(desk: Client, admin: User) -> None:
    token, old = make_token(Actor.of(admin), "Shop", {"read"})
    secret = secret_in(desk.post(f"{ADDRESS}{token.pk}/rotate/").content.decode())
    assert (token_of(old), token_of(secret)) == (None, token)
    assertRedirects(desk.post(f"{ADDRESS}{token.pk}/revoke/"), ADDRESS)
    assert token_of(secret) is None
    answer = desk.post(f"{ADDRESS}{token.pk}/rotate/", follow=True)
    assertContains(answer, "This token has ended. Make a new one.")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "This field is required."),
        ({"scopes": []}, "Choose at least one thing"),
        ({"scopes": ["everything"]}, "Select a valid choice"),
        ({"instances": ["999"]}, "Select a valid choice"),
        ({"days": "7000"}, "Select a valid choice"),
        ({"name": "Taken"}, "Another token has this name."),
    ],
)
def test_bad_input_makes_none(desk: Client, admin: User, fields: dict[str, object], words: str) -> None:
    make_token(Actor.of(admin), "Taken", {"read"})
    answer = desk.post(ADDRESS, NEW | fields)
    assertContains(answer, words, status_code=422)
    assert ApiToken.objects.count() == 1


def test_only_who_manages_numbers(client: Client, agent: User, lead: User, admin: User) -> None:
    token, secret = make_token(Actor.of(admin), "Shop", {"read"})
    assert client.get(ADDRESS).url.startswith("/login/")
    for user in (agent, lead):
        client.force_login(user)
        assert client.get(ADDRESS).status_code == 403
        for act in ("rotate", "revoke"):
            assert client.post(f"{ADDRESS}{token.pk}/{act}/").status_code == 403
    assert token_of(secret) == token


def test_no_such_token(desk: Client) -> None:
    assert desk.post(f"{ADDRESS}999/revoke/").status_code == 404
    assert desk.get(f"{ADDRESS}999/revoke/").status_code == 405


def test_many_tokens_cost_no_more_queries(
    desk: Client, admin: User, number: Instance, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 30):
        for n in range(size):
            make_token(Actor.of(admin), f"{size}.{n}", {"read"}, instances=[number])
        desk.get(ADDRESS)
        with django_assert_num_queries(8):
            desk.get(ADDRESS)
