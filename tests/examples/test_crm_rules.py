"""Whose word it is where the CRM and WhatsApp change the same thing at once: the example's rules, without a network."""

import importlib.util
import json
import sys
import threading
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest

from labelapp.whatsapp.outgoing import new_signing_secret, signed_headers
from tests.stack import ROOT

ANNA = "+201000000001"


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("crm_sync", ROOT / "examples" / "crm_sync.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["crm_sync"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["crm_sync"]


@pytest.fixture
def crm(example: ModuleType) -> Iterator[Any]:
    made = example.Crm(":memory:")
    yield made
    made.db.close()


def told(
    label: str, *, source: str = "phone", cause: str = "", kind: str = "label.added", **chat: Any
) -> dict[str, Any]:
    about = {"phone": ANNA, "name": "Anna"} | chat
    data = {"number": {"slug": "demo"}, "source": source, "cause": cause, "chat": about, "label": {"name": label}}
    return {"type": kind, "timestamp": "2026-11-23T10:42:07.120Z", "data": data}


def work(crm: Any) -> list[tuple[str, str]]:
    return list(crm.rows("SELECT name, what FROM work ORDER BY name"))


def test_a_hook_says_where_to_look(crm: Any) -> None:
    crm.hear("msg_1", told("VIP"))
    assert work(crm) == [("vip", "read")]
    crm.hear("msg_2", told("Send invoice"))  # no property is about it
    assert work(crm) == [("vip", "read")]


def test_our_own_echo_a_repeat_and_what_is_not_ours_are_left(crm: Any) -> None:
    crm.hear("msg_1", told("VIP", source="api", cause="CRM"))
    crm.hear("msg_2", told("VIP") | {"type": "run.finished"})
    crm.hear("msg_3", told("VIP", phone=None))
    other = told("VIP")
    other["data"]["number"] = {"slug": "other"}
    crm.hear("msg_4", other)
    crm.hear("msg_1", told("VIP"))
    assert work(crm) == []
    crm.hear("msg_5", told("VIP", source="api", cause="Shop"))  # another program
    crm.hear("msg_6", told("Paid", source="agent", cause="CRM"))  # a person
    assert work(crm) == [("deal_stage", "read"), ("vip", "read")]


def test_where_both_changed_it_the_side_that_wins_has_its_way(crm: Any) -> None:
    crm.change(ANNA, {"vip": "yes", "deal_stage": "won"})
    crm.hear("msg_1", told("VIP", kind="label.removed"))
    crm.hear("msg_2", told("Quoted"))
    assert work(crm) == [("deal_stage", "read"), ("vip", "push")]
    (job,) = [job for job in [crm.next_job()] if job]
    assert job.version == 2  # what is under way is said once more


def test_what_was_overtaken_takes_nothing(crm: Any) -> None:
    crm.hear("msg_1", told("VIP"))
    asked = crm.next_job()
    crm.change(ANNA, {"vip": "yes"})
    crm.take(ANNA, "Anna", {"vip": ""}, asked)
    assert (crm.contact(ANNA)["vip"], work(crm)) == ("yes", [("vip", "push")])
    crm.finish(asked)
    assert work(crm) == [("vip", "push")]


@pytest.mark.parametrize(
    ("status", "headers", "pause"), [(429, {"Retry-After": "7"}, 7), (503, {}, None), (200, {}, 0)]
)
def test_a_labelapp_that_cannot_answer_is_asked_later(
    example: ModuleType, crm: Any, status: int, headers: dict[str, str], pause: float | None
) -> None:
    sync = example.Sync(crm, "http://labelapp.test", "la_x")
    answer = httpx.Response(status, headers=headers, json={})
    sync.http = httpx.Client(base_url="http://labelapp.test/api/v1", transport=httpx.MockTransport(lambda _r: answer))
    if status == 200:
        assert sync.ask("PUT", "/chats/1/labels/4") is not None
        return
    with pytest.raises(example.Later) as later:
        sync.ask("PUT", "/chats/1/labels/4")
    assert later.value.seconds == pause


@pytest.fixture
def server(example: ModuleType, crm: Any) -> Iterator[tuple[str, str]]:
    """Its address, and the secret of its hook."""
    secret = new_signing_secret()
    running = example.Server(0, crm, secret)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", secret
    running.shutdown()
    running.server_close()
    thread.join()


def test_a_hook_without_the_right_signature_is_refused(server: tuple[str, str], crm: Any) -> None:
    url, secret = server
    body = json.dumps(told("VIP")).encode()
    right = signed_headers([secret], "msg_1", int(time.time()), body)
    for headers in (
        {},
        right | {"webhook-id": "msg_2"},
        signed_headers([new_signing_secret()], "msg_1", int(time.time()), body),
    ):
        assert httpx.post(f"{url}/labelapp", content=body, headers=headers).status_code == 401
    assert (work(crm), crm.contact(ANNA)) == ([], None)
    assert httpx.post(f"{url}/labelapp", content=body, headers=right).status_code == 204
    assert work(crm) == [("vip", "read")]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/contacts/anna", b'{"vip": "yes"}', 404),
        (f"/contacts/{ANNA}", b"x", 400),
        (f"/contacts/{ANNA}", b"[]", 400),
        (f"/contacts/{ANNA}", b'{"vip": "perhaps"}', 422),
        (f"/contacts/{ANNA}", b'{"vip": "yes", "size": "8"}', 422),
    ],
)
def test_bad_input_changes_nothing(server: tuple[str, str], crm: Any, path: str, body: bytes, status: int) -> None:
    answer = httpx.patch(f"{server[0]}{path}", content=body)
    assert (answer.status_code, bool(answer.json()["error"]), crm.contact(ANNA)) == (status, True, None)
