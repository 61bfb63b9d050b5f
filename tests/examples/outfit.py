"""Runs with the product's settings: `make <address of a hook>` prints the secrets of a token and a hook for a program beside labelapp,
`sends` what hooks were told, message by message."""

import json
import sys

import django

django.setup()

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.outgoing import keep_hook  # noqa: E402
from labelapp.actions.tokens import make_token  # noqa: E402
from labelapp.models import HookSend, Instance, User  # noqa: E402


def make(address: str) -> dict[str, str]:
    """As the admin does it on the settings pages."""
    admin, number = Actor.of(User.objects.get(username="admin")), Instance.objects.get(slug="demo")
    _token, secret = make_token(admin, "CRM", ["read", "tag"], instances=[number])
    events = ["label.added", "label.removed"]
    hook = keep_hook(admin, None, name="CRM", url=address, events=events, numbers=[number], allow_private=True)
    return {"LABELAPP_TOKEN": secret, "LABELAPP_HOOK_SECRET": str(hook.secret)}


def sends() -> list[dict[str, object]]:
    rows = HookSend.objects.order_by("pk")
    return [{"kind": row.kind, "outcome": row.outcome, "attempts": row.attempts} for row in rows]


if __name__ == "__main__":
    print(json.dumps(make(sys.argv[2]) if sys.argv[1] == "make" else sends()))
