"""Where a provider posts to: what is stored, what goes over the wire, what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions import hooks
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.models import Instance, User
from tests.wire import FarSide


def test_rotate_accepts_the_old_address_for_a_day(boss: Actor, number: Instance) -> None:
    old = number.hook_secret
    hooks.rotate_secret(boss, number)
    number = Instance.objects.get()
    assert number.hook_secret != old
    assert (number.accepts_secret(old), number.accepts_secret(number.hook_secret)) == (True, True)
    Instance.objects.update(rotated_at=timezone.now() - timedelta(hours=25))
    assert Instance.objects.get().accepts_secret(old) is False


def test_register_sends_our_address_and_key(boss: Actor, number: Instance, far: FarSide, settings: Any) -> None:
    settings.PUBLIC_URL = "https://labels.example.com"
    hooks.set_hmac_key(boss, number, "key-12345")
    hooks.register_hook(boss, number)
    assert far.hooks[0]["url"] == f"https://labels.example.com/hooks/demo/{number.hook_secret}/"
    assert far.hooks[0]["hmac"] == "key-12345"
    assert set(far.hooks[0]["events"]) == set(hooks.HOOK_EVENTS)
    assert Instance.objects.get().hook_registered_at is not None


def test_a_refused_registration_says_why(boss: Actor, number: Instance, far: FarSide) -> None:
    far.status_of = {"POST /webhook": 403}
    with pytest.raises(Refused, match="Said 403"):
        hooks.register_hook(boss, number)
    assert Instance.objects.get().hook_registered_at is None


def test_a_new_secret_or_key_has_to_be_registered_again(boss: Actor, number: Instance, far: FarSide) -> None:
    for change in (hooks.rotate_secret, lambda actor, number: hooks.set_hmac_key(actor, number, "")):
        hooks.register_hook(boss, number)
        change(boss, number)
        assert Instance.objects.get().hook_registered_at is None


def test_a_locked_secret_has_to_be_changed_first(boss: Actor, number: Instance, far: FarSide, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="]
    with pytest.raises(Refused, match="Change it first"):
        hooks.register_hook(boss, Instance.objects.get())
    assert far.calls == []


def test_only_for_people_who_manage_instances(number: Instance, far: FarSide, lead: User) -> None:
    actor = Actor.of(lead)
    for ask in (
        lambda: hooks.rotate_secret(actor, number),
        lambda: hooks.set_hmac_key(actor, number, ""),
        lambda: hooks.register_hook(actor, number),
    ):
        with pytest.raises(NotAllowed):
            ask()
