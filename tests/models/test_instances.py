from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils import timezone

from labelapp.models import Instance, User
from labelapp.models.instances import new_secret
from tests.conftest import make_number


def seen_by(user: User) -> set[str]:
    return set(Instance.objects.visible_to(user).values_list("slug", flat=True))


def test_numbers_are_visible_to_everyone_to_the_named_or_to_admins(
    agent: User, lead: User, admin: User, number: Instance, other_number: Instance
) -> None:
    assert [seen_by(user) for user in (agent, lead, admin)] == [{"demo"}, {"demo"}, {"demo", "other"}]
    other_number.people.add(lead)
    assert [seen_by(user) for user in (agent, lead, admin)] == [{"demo"}, {"demo", "other"}, {"demo", "other"}]


def test_a_removed_number_is_visible_to_nobody(agent: User, admin: User, number: Instance) -> None:
    Instance.objects.update(removed_at=timezone.now())
    assert [seen_by(user) for user in (agent, admin)] == [set(), set()]


def test_one_account_is_connected_once(db: None) -> None:
    first = make_number("a", instance_id="same")
    first.removed_at = timezone.now()
    first.save()
    make_number("b", instance_id="same")
    with pytest.raises(IntegrityError):
        make_number("c", instance_id="same")


def test_a_pace_is_more_than_nothing(db: None) -> None:
    with pytest.raises(IntegrityError):
        make_number("a", pace=0)


def test_secrets_of_hooks_can_not_be_guessed(db: None) -> None:
    assert len({new_secret() for _n in range(100)}) == 100
    assert len(make_number("a").hook_secret) == 32


@pytest.mark.parametrize(("hours", "good"), [(0, True), (23, True), (25, False)])
def test_the_secret_before_is_good_for_a_day(number: Instance, hours: int, good: bool) -> None:
    number.old_hook_secret, number.rotated_at = "old", timezone.now() - timedelta(hours=hours)
    assert number.accepts_secret("old") is good
    assert number.accepts_secret(number.hook_secret) is True


def test_no_secret_accepts_nothing(number: Instance) -> None:
    number.hook_secret = number.old_hook_secret = ""
    number.rotated_at = timezone.now()
    assert [number.accepts_secret(secret) for secret in ("", "x")] == [False, False]


@pytest.mark.parametrize(("status", "working"), [("WORKING", True), ("", True), ("FAILED", False), ("NEW_WORD", False)])
def test_a_number_works_unless_the_provider_says_no(status: str, working: bool) -> None:
    assert Instance(status=status).is_working is working


@pytest.mark.parametrize(("jid", "phone"), [("201000000000@c.us", "+201000000000"), ("", ""), ("77abc@lid", "")])
def test_the_phone_is_written_as_people_do(jid: str, phone: str) -> None:
    assert Instance(me_jid=jid).phone == phone


def test_a_number_with_chats_is_never_row_deleted(number: Instance, make_chat: Any) -> None:
    make_chat()
    with pytest.raises(ProtectedError):
        number.delete()
