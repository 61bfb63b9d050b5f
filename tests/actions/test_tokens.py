"""Keys of programs."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.pruning import prune
from labelapp.actions.tokens import make_token, revoke_token, rotate_token, token_of
from labelapp.models import ApiToken, Instance, KeptAnswer, User
from labelapp.models.tokens import hashed


def test_the_secret_is_told_once_and_stored_as_a_hash(admin: User, number: Instance) -> None:
    token, secret = make_token(Actor.of(admin), " Shop ", {"read", "tag"}, instances=[number])
    stored = ApiToken.objects.values().get()
    assert (stored["name"], token.scopes, list(token.instances.all())) == ("Shop", {"read", "tag"}, [number])
    assert (len(secret), secret.startswith(stored["prefix"])) == (46, True)
    assert stored["secret_hash"] == hashed(secret)
    assert secret not in str(stored)
    assert token_of(secret) == token
    assert token_of(secret + "x") is None


def test_who_may_not_makes_none(agent: User, admin: User) -> None:
    with pytest.raises(NotAllowed):
        make_token(Actor.of(agent), "Shop", {"read"})
    token, secret = make_token(Actor.of(admin), "Shop", {"read"})
    for act in (rotate_token, revoke_token):
        with pytest.raises(NotAllowed):
            act(Actor.of(agent), token)
    assert token_of(secret) == token


def test_names_of_living_tokens_differ(admin: User) -> None:
    token, _secret = make_token(Actor.of(admin), "Shop", {"read"})
    with pytest.raises(Refused, match="Another token has this name"):
        make_token(Actor.of(admin), "Shop", {"tag"})
    revoke_token(Actor.of(admin), token)
    make_token(Actor.of(admin), "Shop", {"tag"})
    assert ApiToken.objects.alive().count() == 1


def test_a_token_without_a_scope_is_refused_here_and_by_the_database(admin: User) -> None:
    with pytest.raises(Refused, match="at least one"):
        make_token(Actor.of(admin), "Shop", set())
    with pytest.raises(IntegrityError):
        ApiToken.objects.create(name="Shop", created_by=admin, prefix="la_", secret_hash="x")


def test_a_new_secret_ends_the_one_before(admin: User) -> None:
    token, old = make_token(Actor.of(admin), "Shop", {"read"})
    new = rotate_token(Actor.of(admin), token)
    assert (token_of(old), token_of(new)) == (None, token)
    assert new.startswith(token.prefix)


def test_an_ended_token_opens_nothing_and_gets_no_new_secret(admin: User) -> None:
    token, secret = make_token(Actor.of(admin), "Shop", {"read"})
    assert (revoke_token(Actor.of(admin), token), revoke_token(Actor.of(admin), token)) == (True, False)
    assert token_of(secret) is None
    with pytest.raises(Refused, match="has ended"):
        rotate_token(Actor.of(admin), token)


def test_an_expired_token_opens_nothing(admin: User) -> None:
    token, secret = make_token(Actor.of(admin), "Shop", {"read"}, expires_at=timezone.now() + timedelta(days=1))
    assert token_of(secret) == token
    ApiToken.objects.update(expires_at=timezone.now())
    assert token_of(secret) is None
    token.refresh_from_db()
    assert token.ended_at == token.expires_at


def test_the_last_use_is_noted_once_a_minute(admin: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    _token, secret = make_token(Actor.of(admin), "Shop", {"read"})
    with django_assert_num_queries(2):
        token_of(secret)
    with django_assert_num_queries(1):
        token_of(secret)
    before = timezone.now() - timedelta(minutes=2)
    ApiToken.objects.update(last_used_at=before)
    token_of(secret)
    assert ApiToken.objects.get().last_used_at > before


def test_kept_answers_go_after_a_day(admin: User) -> None:
    token, _secret = make_token(Actor.of(admin), "Shop", {"read"})
    for hours in (23, 25):
        KeptAnswer.objects.create(
            token=token, key=str(hours), fingerprint="x", at=timezone.now() - timedelta(hours=hours)
        )
    prune()
    assert list(KeptAnswer.objects.values_list("key", flat=True)) == ["23"]
