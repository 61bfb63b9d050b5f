"""The session and its hooks."""

from typing import Any

from django.db.models import QuerySet

from labelapp.simulator import addresses, shapes, store
from labelapp.simulator.models import Hook
from labelapp.simulator.wawp.answers import SUCCESS, Answer, Ask, gateway


def _hooks() -> QuerySet[Hook]:
    """Those of this dialect: Wawp's list is its own."""
    return Hook.objects.filter(dialect="wawp")


def info(ask: Ask) -> Answer:
    return Answer(shapes.session(store.account(), list(_hooks().order_by("id"))))


def list_hooks(ask: Ask) -> Answer:
    return Answer({"webhooks": [shapes.hook(row) for row in _hooks().order_by("id")], "systemConfig": {}})


def replace_hooks(ask: Ask) -> Answer:
    """The list as a whole; what is not in it is gone."""
    rows = ask.params.get("webhooks")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise gateway(400, "webhooks must be an array of objects")
    made = [_hook(Hook(), row) for row in rows]
    if len({hook.url for hook in made}) != len(made):
        raise gateway(400, "webhooks must not name one url twice")
    _hooks().delete()
    Hook.objects.bulk_create(made)
    return Answer(SUCCESS)


def set_hook(ask: Ask) -> Answer:
    """One address: changed in place if it is known, else added."""
    known = _hooks().filter(url=str(ask.params.get("url", ""))).first()
    _hook(known or Hook(), ask.params).save()
    return Answer(SUCCESS)


def update_hook(ask: Ask) -> Answer:
    """By its exact url; what is left out stays."""
    hook = _known(ask)
    fields = {"url": hook.url, "events": hook.events, "is_active": hook.is_active} | ask.params
    _hook(hook, fields).save()
    return Answer(SUCCESS)


def delete_hook(ask: Ask) -> Answer:
    _known(ask).delete()
    return Answer(SUCCESS)


def _known(ask: Ask) -> Hook:
    hook = _hooks().filter(url=str(ask.required("url"))).first()
    if hook is None:
        raise gateway(404, "Webhook not found")
    return hook


def _hook(hook: Hook, row: dict[str, Any]) -> Hook:
    hook.url = _url(row.get("url"))
    events = row.get("events")
    if not isinstance(events, list) or not events or not all(isinstance(name, str) and name for name in events):
        raise gateway(400, "events must be an array of event names")
    hook.events = events
    active = row.get("is_active", 1)
    if active not in (0, 1, "0", "1"):
        raise gateway(400, "is_active must be 1 or 0")
    hook.is_active = bool(int(active))
    hook.name = str(row.get("name", hook.name) or "")[:80]
    hook.hmac = str(row.get("hmac", hook.hmac) or "")[:200]
    shape = row.get("payload_shape", hook.payload_shape) or ""  # ours: this hook's shape, whatever the switch says
    if shape not in {"", "waha", "wawp"}:
        raise gateway(400, "payload_shape must be waha or wawp")
    hook.payload_shape = shape
    return _retries(hook, row.get("retries") or {})


def _retries(hook: Hook, row: Any) -> Hook:
    if not isinstance(row, dict):
        raise gateway(400, "retries must be an object")
    delay, attempts = row.get("delay", row.get("delaySeconds", hook.delay)), row.get("attempts", hook.attempts)
    if not isinstance(delay, int | float) or not 0 <= delay <= 3600 or attempts not in range(101):
        raise gateway(400, "retries takes delay (0 to 3600 seconds) and attempts (0 to 100)")
    hook.delay, hook.attempts = float(delay), int(attempts)
    return hook


def _url(raw: Any) -> str:
    if not (url := addresses.hook_url(raw)):
        raise gateway(400, "url must be an https address")
    return url
