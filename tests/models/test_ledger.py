import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError

from labelapp.actions.actor import Actor
from labelapp.actions.tagging import set_label
from labelapp.models import Change, HookDelivery, Instance, Label, LedgerEntry, User
from tests.conftest import MakeChat


def test_what_the_ledger_names_can_not_be_deleted(agent: User, make_chat: MakeChat, labels: dict[str, Label]) -> None:
    chat = make_chat()
    set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    for thing in (chat, labels["VIP"], agent, chat.instance):
        with pytest.raises(ProtectedError):
            thing.delete()
    assert LedgerEntry.objects.count() == 1


def test_a_delivery_is_stored_once_per_number(number: Instance, other_number: Instance) -> None:
    for instance in (number, other_number):
        HookDelivery.objects.create(instance=instance, dedupe_key="evt_1", body="{}")
    with pytest.raises(IntegrityError):
        HookDelivery.objects.create(instance=number, dedupe_key="evt_1", body="{}")


def test_deliveries_protect_their_number(number: Instance) -> None:
    HookDelivery.objects.create(instance=number, dedupe_key="evt_1", body="{}")
    with pytest.raises(ProtectedError):
        number.delete()


def test_changes_are_numbered_upwards(number: Instance) -> None:
    rows = [Change.objects.create(instance=number, kind="labels") for _n in range(3)]
    assert [row.pk for row in rows] == sorted(row.pk for row in rows)
