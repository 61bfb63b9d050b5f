"""Business events as tests make them."""

from itertools import count
from typing import Any

from labelapp.models import ApiToken, BusinessEvent, EventAddress, EventMapping, Instance, Label, User
from labelapp.models.tokens import hashed

_names = count(1)


def make_mapping(
    number: Instance,
    type: str = "payment.succeeded",
    *,
    adds: tuple[Label, ...] = (),
    removes: tuple[Label, ...] = (),
    stage: Label | None = None,
    **more: Any,
) -> EventMapping:
    """A mapping of the number, the last one."""
    return EventMapping.objects.create(
        instance=number,
        type=type,
        adds=[label.pk for label in adds],
        removes=[label.pk for label in removes],
        stage=stage,
        position=EventMapping.objects.count() + 1,
        **more,
    )


def make_event(user: User, number: Instance | None, *waits_at: tuple[Instance, str], **more: Any) -> BusinessEvent:
    """An event that was accepted, and nothing more."""
    token, _made = ApiToken.objects.get_or_create(
        name="Shop", defaults={"tags": True, "prefix": "la_shop", "secret_hash": hashed("shop"), "created_by": user}
    )
    values = {"external_id": f"evt_{next(_names)}", "fingerprint": "f", "type": "payment.succeeded"}
    event = BusinessEvent.objects.create(token=token, instance=number, **(values | more))
    for instance, jid in waits_at:
        EventAddress.objects.create(event=event, instance=instance, jid=jid)
    return event
