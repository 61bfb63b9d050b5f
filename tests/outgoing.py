"""Outgoing hooks driven by hand, as a worker's sweeps would."""

from typing import Any

from django.utils import timezone

from labelapp.actions.facts import handle_facts, tell_pairs
from labelapp.lanes import hooks
from labelapp.lanes.facts import CONSEQUENCES
from labelapp.lanes.reach import Reach
from labelapp.models import HookSend, Instance, OutgoingHook, User
from labelapp.whatsapp.outgoing import new_signing_secret
from tests.posted import fresh

ALL = [event.value for event in OutgoingHook.Event]


def make_hook(user: User, url: str, **more: Any) -> OutgoingHook:
    values = {"name": "CRM", "events": ALL, "allow_private": True, "secret": new_signing_secret()}
    return OutgoingHook.objects.create(url=url, made_by=user, **(values | more))


def tell(number: Instance) -> None:
    """What is certain becomes messages."""
    tell_pairs(fresh(number))
    handle_facts(fresh(number), CONSEQUENCES, lambda: False)


def send_all(number: Instance, *, later: bool = False) -> int:
    """One look of the hooks lane. `later`: once every pause is over."""
    if later:
        HookSend.objects.filter(outcome="").update(due_at=timezone.now())
    return hooks.run_due(fresh(number), Reach())


def kinds() -> list[str]:
    return list(HookSend.objects.order_by("pk").values_list("kind", flat=True))
