"""Sessions and their config, which is replaced as a whole: a hook that is left out is gone. Changing it starts the session anew."""

from typing import Any

from labelapp.simulator import addresses, numbers, shapes, store
from labelapp.simulator.answers import Answer, Ask, upstream
from labelapp.simulator.events import Event, environment
from labelapp.simulator.models import Hook
from labelapp.simulator.runtime import here

Row = dict[str, Any]
POLICIES = ("constant", "linear", "exponential")


def list_sessions(ask: Ask) -> Answer:
    """Those that run; with `all` the stopped ones too."""
    found = []
    for number in numbers.NUMBERS:
        with numbers.at(number):
            found.append(_info())
    everything = str(ask.params.get("all", "")).lower() == "true"
    return Answer([row for row in found if everything or row["status"] != "STOPPED"])


def session(ask: Ask) -> Answer:
    return Answer(_info())


def me(ask: Ask) -> Answer:
    return Answer(_info()["me"])


def version(ask: Ask) -> Answer:
    return Answer(environment(here().profile.engine) | {"platform": "linux/x64", "worker": {"id": None}})


def update_session(ask: Ask) -> Answer:
    config = ask.body.get("config", {}) if isinstance(ask.body, dict) else None
    if not isinstance(config, dict):
        raise upstream(400, ["config must be an object"])
    rows = config.get("webhooks") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise upstream(400, ["config.webhooks must be an array"])
    hooks = {row.get("url"): _hook(row) for row in rows}
    Hook.objects.filter(dialect="waha").delete()
    Hook.objects.bulk_create(hooks.values())
    account = store.account()
    account.config = {name: value for name, value in config.items() if name != "webhooks"}
    account.save(update_fields=["config"])
    before = account.status
    if before in {"STOPPED", "FAILED"}:
        return Answer(_info())
    happened = store.set_status("STARTING")
    return Answer(_info(), 200, afterwards=lambda: _started(before), told=happened)


def _started(status: str) -> list[Event]:
    """Unless somebody gave it another status meanwhile."""
    return store.set_status(status) if store.account().status == "STARTING" else []


def _info() -> Row:
    account = store.account()
    row = shapes.session(account, [])
    hooks = [_told(hook) for hook in Hook.objects.filter(dialect="waha").order_by("id")]
    return {
        "name": numbers.current.get(),
        "status": account.status,
        "config": account.config | {"webhooks": hooks},
        "me": row["me"],
        "presence": None,
        "timestamps": {"activity": None},
        "engine": {"engine": account.profile},
    }


def _told(hook: Hook) -> Row:
    """As it was given, the key included: whoever changes the config sends it back as a whole."""
    return {
        "url": hook.url,
        "events": hook.events,
        "hmac": {"key": hook.hmac} if hook.hmac else None,
        "retries": {"delaySeconds": hook.delay, "attempts": hook.attempts, "policy": hook.policy},
        "customHeaders": [{"name": name, "value": value} for name, value in hook.headers.items()],
    }


def _hook(row: Row) -> Hook:
    url, events = addresses.hook_url(row.get("url")), row.get("events")
    if not url:
        raise upstream(400, ["webhooks.0.url must be a URL address"])
    if not isinstance(events, list) or not events or not all(isinstance(name, str) and name for name in events):
        raise upstream(400, ["webhooks.0.events must be an array"])
    hmac, headers = row.get("hmac") or {}, row.get("customHeaders") or []
    if not isinstance(hmac, dict) or not isinstance(hmac.get("key") or "", str):
        raise upstream(400, ["webhooks.0.hmac.key must be a string"])
    if not isinstance(headers, list) or not all(_is_header(one) for one in headers):
        raise upstream(400, ["webhooks.0.customHeaders must be an array of name and value"])
    return Hook(
        dialect="waha", url=url, events=events, hmac=(hmac.get("key") or "")[:200],
        headers={one["name"]: one["value"] for one in headers}, **_retries(row.get("retries") or {}),
    )  # fmt: skip


def _is_header(row: Any) -> bool:
    if not isinstance(row, dict):
        return False
    name, value = row.get("name"), row.get("value")
    return all(isinstance(one, str) and one.isascii() and one.isprintable() for one in (name, value)) and bool(name)


def _retries(row: Any) -> Row:
    row = row if isinstance(row, dict) else {"policy": row}
    delay, attempts, policy = row.get("delaySeconds", 2), row.get("attempts", 15), row.get("policy") or "constant"
    if not isinstance(delay, int | float) or not 0 <= delay <= 3600 or attempts not in range(101):
        raise upstream(400, ["webhooks.0.retries.delaySeconds must be a number"])
    if policy not in POLICIES:
        raise upstream(400, [f"webhooks.0.retries.policy must be one of the following values: {', '.join(POLICIES)}"])
    return {"delay": float(delay), "attempts": int(attempts), "policy": policy}
