"""Deliveries are part of a session's configuration, and writing that restarts the session."""

from typing import Any

import pytest

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import HookInfo
from labelapp.whatsapp.waha_calls import RETRIES
from tests.whatsapp.waha_end import SESSION, FarEnd, client

URL, OLD = "https://labels.example/hooks/shop/s3cret-2/", "https://labels.example/hooks/shop/s3cret-1/"
EVENTS = ("label.upsert", "message.any")
OURS: dict[str, Any] = {"url": URL, "events": list(EVENTS), "retries": dict(RETRIES)}
THEIRS: dict[str, Any] = {"url": "https://n8n.example/x", "events": ["*"], "hmac": {"key": "theirs"}}
CONFIG: dict[str, Any] = {"metadata": {"team": "1"}, "noweb": {"store": {"enabled": True}}, "debug": False}


def session(*hooks: object, **config: object) -> dict[str, object]:
    return {"name": SESSION, "status": "WORKING", "config": {**CONFIG, "webhooks": list(hooks), **config}, "apps": [{}]}


def registered(answer: object, key: str = "", replaces: str = "") -> Any:
    """What is put after registering ours, None when nothing is."""
    far_end = FarEnd(answer, {"name": SESSION, "status": "STARTING"})
    client(far_end).register_hook(URL, EVENTS, key, replaces=replaces)
    if len(far_end.requests) == 1:
        return None
    assert far_end.line == f"PUT /api/sessions/{SESSION}"
    return far_end.body


def test_hooks() -> None:
    expected = [HookInfo("https://n8n.example/x", ("*",), True), HookInfo(URL, EVENTS, True)]
    assert client(FarEnd(session(THEIRS, OURS, {}))).hooks() == expected


@pytest.mark.parametrize("config", [None, {}, {"webhooks": None}, {"webhooks": []}])
def test_no_hooks(config: object) -> None:
    answer = {"name": SESSION, "status": "STOPPED", "config": config}
    assert client(FarEnd(answer)).hooks() == []
    assert registered(answer) == {"config": {"webhooks": [OURS]}}


def test_registering_keeps_the_rest_of_the_configuration_and_other_addresses() -> None:
    assert registered(session(THEIRS), key="k3y") == {
        "config": {**CONFIG, "webhooks": [THEIRS, {**OURS, "hmac": {"key": "k3y"}}]}
    }


@pytest.mark.parametrize(
    ("there", "key"),
    [
        (OURS, ""),
        ({**OURS, "events": ["message.any", "label.upsert"]}, ""),
        ({**OURS, "retries": {"attempts": 3}, "customHeaders": [{"name": "A", "value": "b"}], "hmac": None}, ""),
        ({**OURS, "hmac": {"key": "k3y"}}, "k3y"),
    ],
)
def test_nothing_new_is_not_written(there: object, key: str) -> None:
    assert registered(session(THEIRS, there), key=key) is None


@pytest.mark.parametrize(
    ("there", "key", "written"),
    [
        ({**OURS, "events": ["message"]}, "", OURS),
        ({**OURS, "hmac": {"key": "old"}}, "k3y", {**OURS, "hmac": {"key": "k3y"}}),
        ({**OURS, "hmac": {"key": "old"}}, "", {**OURS, "hmac": None}),
    ],
)
def test_our_own_entry_is_changed_in_place(there: object, key: str, written: object) -> None:
    assert registered(session(there, THEIRS), key=key)["config"]["webhooks"] == [written, THEIRS]


def test_the_address_before_is_replaced() -> None:
    old = {**OURS, "url": OLD, "retries": {"attempts": 3}}
    assert registered(session(old, THEIRS), replaces=OLD)["config"]["webhooks"] == [THEIRS, {**old, "url": URL}]
    assert registered(session(old, OURS), replaces=OLD)["config"]["webhooks"] == [OURS]
    assert registered(session(OURS), replaces=URL) is None


@pytest.mark.parametrize("answer", [b"", [], {"message": "hello"}])
def test_no_session_no_writing(answer: object) -> None:
    far_end = FarEnd(answer)
    with pytest.raises(ProviderError, match="no session"):
        client(far_end).register_hook(URL, EVENTS, "")
    assert len(far_end.requests) == 1
