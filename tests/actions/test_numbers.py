"""Connecting numbers and looking after them: what goes over the wire, what is stored, what is refused."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from labelapp.actions import numbers
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.numbers import BadNumber, Reach
from labelapp.models import Change, Instance, User
from tests.wire import FarSide

WAWP = Reach("wawp", "https://api.example.com", "inst-1", "tok-secret-1")


def changed(reach: Reach, **more: Any) -> Reach:
    return Reach(**({name: getattr(reach, name) for name in Reach.__slots__} | more))


def test_the_test_shows_what_the_provider_answers(boss: Actor, far: FarSide) -> None:
    far.labels = {"1": {"name": "VIP", "color": 3}}
    answer = numbers.try_connection(boss, WAWP, None)
    assert (answer.session.status, answer.phone, answer.labels) == ("WORKING", "+201000000000", 1)
    assert (answer.session.me_name, answer.words) == ("Nile & Douro", "")
    assert not Instance.objects.exists()


def test_the_test_passes_on_the_providers_refusal(boss: Actor, far: FarSide) -> None:
    far.status = 401
    with pytest.raises(Refused) as refused:
        numbers.try_connection(boss, WAWP, None)
    assert "Said 401" in str(refused.value.message)
    assert "tok-secret-1" not in str(refused.value.message)


def test_a_session_without_labels_is_told_with_the_reason(boss: Actor, far: FarSide) -> None:
    far.status_of = {"GET /labels": 500}
    answer = numbers.try_connection(boss, WAWP, None)
    assert (answer.session.status, answer.labels) == ("WORKING", None)
    assert "Said 500" in answer.words


def test_connect_stores_an_encrypted_token_and_starts_the_import(boss: Actor, far: FarSide, agent: User) -> None:
    made = numbers.connect_number(boss, WAWP, name="Shop", slug="shop", people=[agent])
    stored = Instance.objects.get()
    assert (stored, stored.credentials, list(stored.people.all())) == (made, "tok-secret-1", [agent])
    assert stored.import_due_at is not None
    assert Change.objects.filter(instance=made, kind=Change.Kind.INSTANCE).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM labelapp_instance")
        assert "tok-secret-1" not in cursor.fetchone()[0]
    assert far.calls == []  # saving asks nobody: a provider that is down does not keep a number from being entered


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"base_url": "https://API.example.com/"}, "instance_id"),  # the same address in another spelling
        ({"instance_id": "inst-2"}, "slug"),
    ],
)
def test_a_number_and_a_short_name_are_taken_once(boss: Actor, far: FarSide, more: dict[str, str], field: str) -> None:
    numbers.connect_number(boss, WAWP, name="Shop", slug="shop")
    with pytest.raises(BadNumber) as refused:
        numbers.connect_number(boss, changed(WAWP, **more), name="Shop", slug="shop" if field == "slug" else "shop2")
    assert refused.value.field == field
    assert Instance.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"base_url": "http://127.0.0.1:8090"}, "base_url"),
        ({"base_url": "ftp://api.example.com"}, "base_url"),
        ({"base_url": "https://[::1"}, "base_url"),
        ({"base_url": "https://user:pw@api.example.com"}, "base_url"),
        ({"base_url": "not an address"}, "base_url"),
        ({"token": ""}, "token"),
        ({"instance_id": "x" * 81}, "instance_id"),
        ({"provider": "other"}, "base_url"),
    ],
)
def test_what_cant_be_right_is_refused_without_a_call(
    boss: Actor, far: FarSide, more: dict[str, str], field: str
) -> None:
    with pytest.raises(BadNumber) as refused:
        numbers.connect_number(boss, changed(WAWP, **more), name="Shop", slug="shop")
    assert refused.value.field == field
    assert (far.calls, Instance.objects.count()) == ([], 0)


def test_a_private_address_is_allowed_on_purpose(boss: Actor, far: FarSide) -> None:
    reach = changed(WAWP, base_url="http://127.0.0.1:8090", allow_private=True)
    assert numbers.connect_number(boss, reach, name="Lab", slug="lab").allow_private is True


def test_a_bad_short_name_is_refused(boss: Actor, far: FarSide) -> None:
    with pytest.raises(BadNumber) as refused:
        numbers.connect_number(boss, WAWP, name="Shop", slug="no slug/")
    assert refused.value.field == "slug"


# Changing


@pytest.fixture
def shop(boss: Actor, far: FarSide) -> Instance:
    made = numbers.connect_number(boss, WAWP, name="Shop", slug="shop")
    Instance.objects.filter(pk=made.pk).update(
        me_jid="201000000000@c.us", trouble="token:No", trouble_at=timezone.now()
    )
    made.refresh_from_db()
    return made


def test_an_empty_token_keeps_the_stored_one(boss: Actor, shop: Instance) -> None:
    numbers.change_number(boss, shop, changed(WAWP, token=""), name="Shop 2")
    shop.refresh_from_db()
    assert (shop.name, shop.credentials, shop.trouble) == ("Shop 2", "tok-secret-1", "token:No")


def test_a_new_token_clears_the_trouble(boss: Actor, shop: Instance) -> None:
    numbers.change_number(boss, shop, changed(WAWP, token="tok-2"), name="Shop")
    shop.refresh_from_db()
    assert (shop.credentials, shop.trouble, shop.trouble_at) == ("tok-2", "", None)


def test_the_stored_token_never_goes_to_another_address(boss: Actor, shop: Instance, far: FarSide) -> None:
    elsewhere = changed(WAWP, base_url="https://thief.example.com", token="")
    for ask in (
        lambda: numbers.try_connection(boss, elsewhere, shop),
        lambda: numbers.change_number(boss, shop, elsewhere, name="Shop"),
    ):
        with pytest.raises(BadNumber) as refused:
            ask()
        assert refused.value.field == "token"
    assert far.calls == []


def test_a_new_address_must_lead_to_the_same_account(boss: Actor, shop: Instance, far: FarSide) -> None:
    moved = changed(WAWP, instance_id="inst-9")
    far.session["me"]["id"] = "15550001111@c.us"
    with pytest.raises(BadNumber) as refused:
        numbers.change_number(boss, shop, moved, name="Shop")
    assert refused.value.field == "instance_id"
    shop.refresh_from_db()
    assert shop.instance_id == "inst-1"
    far.session["me"]["id"] = "201000000000@c.us"
    assert numbers.change_number(boss, shop, moved, name="Shop").instance_id == "inst-9"


def test_a_locked_token_has_to_be_entered_again(boss: Actor, shop: Instance, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="]
    shop = Instance.objects.get()
    assert shop.locked
    with pytest.raises(BadNumber) as refused:
        numbers.change_number(boss, shop, changed(WAWP, token=""), name="Shop")
    assert refused.value.field == "token"
    numbers.change_number(boss, shop, changed(WAWP, token="tok-3"), name="Shop")
    assert Instance.objects.get().credentials == "tok-3"


def test_remove_hides_and_deletes_nothing(boss: Actor, shop: Instance) -> None:
    first = numbers.remove_number(boss, shop).removed_at
    assert numbers.remove_number(boss, shop).removed_at == first is not None
    assert (Instance.objects.count(), Instance.objects.connected().count()) == (1, 0)
    numbers.connect_number(
        boss, WAWP, name="Shop again", slug="shop-2"
    )  # the number is free again, its short name is not


# Where credentials go


def test_probe_tries_an_assignment_that_exists_and_remembers(boss: Actor, shop: Instance, far: FarSide) -> None:
    far.labels = {"1": {"name": "Empty", "color": 1}, "2": {"name": "VIP", "color": 3}}
    far.tags = {("201@c.us", "2")}
    assert numbers.probe_placement(boss, shop) == "body"
    assert Instance.objects.get().options == {"write_placement": "body"}
    assert far.writes == ["PUT /labels/2/chats/201@c.us"]
    assert far.tags == {("201@c.us", "2")}


def test_probe_without_an_assignment_writes_nothing(boss: Actor, shop: Instance, far: FarSide) -> None:
    far.labels = {"1": {"name": "Empty", "color": 1}}
    assert numbers.probe_placement(boss, shop) == ""
    assert (far.writes, Instance.objects.get().options) == ([], {})


def test_only_for_people_who_manage_instances(shop: Instance, far: FarSide, lead: User) -> None:
    actor = Actor.of(lead)
    for ask in (
        lambda: numbers.try_connection(actor, WAWP, None),
        lambda: numbers.connect_number(actor, WAWP, name="x", slug="x"),
        lambda: numbers.change_number(actor, shop, WAWP, name="x"),
        lambda: numbers.remove_number(actor, shop),
        lambda: numbers.probe_placement(actor, shop),
    ):
        with pytest.raises(NotAllowed):
            ask()
    assert far.calls == []
