"""Whose deliveries are looked at: those of a number that was removed stay readable, and are applied no more."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from labelapp.models import HookDelivery, Instance, Outcome, User

INDEX = "/deliveries/?instance=demo"
HTMX = {"HX-Request": "true"}
REMOVED = "The number was removed: nothing can be applied to it any more."


@pytest.fixture
def desk(client: Client, lead: User, number: Instance) -> Client:
    """A lead's browser."""
    client.force_login(lead)
    return client


def store(number: Instance, **more: Any) -> HookDelivery:
    values = {"dedupe_key": "evt", "kind": "message", "outcome": Outcome.PARKED, "applied_at": timezone.now()}
    return HookDelivery.objects.create(instance=number, body="{}", **(values | more))


@pytest.fixture
def row(number: Instance) -> HookDelivery:
    """A delivery of a number that was removed since."""
    found = store(number)
    Instance.objects.filter(pk=number.pk).update(removed_at=timezone.now())
    return found


def test_the_list_of_a_removed_number_can_still_be_read(desk: Client, row: HookDelivery) -> None:
    """Closing one of its deliveries leads there."""
    page = desk.get(f"/deliveries/{row.pk}/").content.decode()
    close = page.split("data-close")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert close == INDEX
    answer = desk.get(close)
    assertContains(answer, f'data-delivery="{row.pk}"')
    assertContains(answer, REMOVED)
    for offered in ("replay-many", "replay-parked", "hook-lines"):
        assertNotContains(answer, offered)
    assert desk.get("/deliveries/fresh/?instance=demo&after=0").status_code == 200


def test_it_is_not_the_number_that_comes_next(desk: Client, row: HookDelivery) -> None:
    desk.get(INDEX)
    assert "instance" not in desk.session
    assertContains(desk.get("/deliveries/"), "No number is connected yet")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_its_question_says_so_and_offers_nothing(desk: Client, row: HookDelivery, headers: dict[str, str]) -> None:
    answer = desk.get("/deliveries/replay/?instance=demo", headers=headers)
    assertContains(answer, REMOVED)
    assertNotContains(answer, 'id="replay-go"')


def test_a_removed_number_of_others_stays_hidden(desk: Client, other_number: Instance) -> None:
    row = store(other_number)
    Instance.objects.filter(pk=other_number.pk).update(removed_at=timezone.now())
    for path in ("/deliveries/?instance=other", "/deliveries/replay/?instance=other", f"/deliveries/{row.pk}/"):
        assert desk.get(path).status_code == 404


@pytest.mark.parametrize("query", ["outcome=lost", "age=year"])
def test_an_address_that_leads_nowhere_replays_nothing(desk: Client, number: Instance, query: str) -> None:
    row = store(number)
    assert desk.post(f"/deliveries/{row.pk}/replay/?{query}").status_code == 400
    assert not HookDelivery.objects.filter(applied_at=None).exists()


def test_a_second_click_puts_nothing_back(desk: Client, number: Instance) -> None:
    row = store(number)
    said = [desk.post(f"/deliveries/{row.pk}/replay/", follow=True).content.decode() for _twice in range(2)]
    assert ["It is applied once more." in said[0], "It waits to be applied already." in said[1]] == [True, True]
    assert HookDelivery.objects.get().replayed_at is not None
