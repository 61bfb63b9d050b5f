import asyncio
import hmac
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.test import AsyncClient, Client
from django.utils import timezone

from labelapp.models import HookDelivery, Instance
from labelapp.models.fields import EncryptedTextField
from labelapp.views import hooks
from tests.posted import fresh, tagged
from tests.raw import Answer, ask_now

KEY = "signing-key"
BODY = json.dumps(tagged("201555000001@c.us", "4", id="evt_1")).encode()


@pytest.fixture(autouse=True)
def _desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has met no number yet, whose writer gives its connection back when the test is over."""
    monkeypatch.setattr(hooks, "desk", hooks.Desk())
    yield
    hooks.desk.close()


def post(number: Instance, body: bytes = BODY, secret: str = "", **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask_now("POST", f"/hooks/{number.slug}/{secret or number.hook_secret}/", body, names)


def signed(body: bytes, key: str = KEY, algorithm: str = "sha512") -> dict[str, str]:
    mac = hmac.new(key.encode(), body, algorithm).hexdigest()
    return {"X_Webhook_Hmac": mac, "X_Webhook_Hmac_Algorithm": algorithm}


def with_key(number: Instance) -> Instance:
    number.hmac_key = KEY
    number.save(update_fields=["hmac_key"])
    return number


def stored() -> int:
    return HookDelivery.objects.count()


@contextmanager
def no_storage() -> Iterator[None]:
    """The table is away: what a broken storage looks like to whoever writes."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE labelapp_hookdelivery RENAME TO gone")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO labelapp_hookdelivery")


# Refused: nothing is stored


@pytest.mark.parametrize("secret", ["wrong", "x" * 32, "ключ", "%00"])
def test_a_wrong_secret_is_no_address(number: Instance, secret: str) -> None:
    assert (post(number, secret=secret).status, stored()) == (404, 0)


@pytest.mark.parametrize("slug", ["nobody", "\x00", "ключ", "a b", "x" * 500])
def test_an_unknown_number_is_no_address(number: Instance, slug: str) -> None:
    answer = ask_now("POST", f"/hooks/{slug}/{number.hook_secret}/", BODY)
    assert (answer.status, answer.text, stored()) == (404, "There is no such address.", 0)


def test_a_removed_number_takes_nothing(number: Instance) -> None:
    Instance.objects.update(removed_at=timezone.now())
    assert (post(number).status, stored()) == (404, 0)


def test_another_numbers_secret_opens_nothing(number: Instance, other_number: Instance) -> None:
    assert (post(number, secret=other_number.hook_secret).status, stored()) == (404, 0)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Webhook_Hmac": "0" * 128},
        {"X_Webhook_Hmac": "ключ".encode().decode("latin-1")},
        signed(BODY, "another key"),
        signed(BODY + b" "),
        {**signed(BODY), "X_Webhook_Hmac_Algorithm": "md5"},
        {"X_Wawp_Signature": "not the key"},
    ],
)
def test_with_a_key_set_a_bad_signature_is_refused(number: Instance, headers: dict[str, str]) -> None:
    answer = post(with_key(number), **headers)
    assert (answer.status, answer.text, stored()) == (401, "The signature is missing or wrong.", 0)


def test_a_key_that_can_not_be_read_any_more_lets_nothing_pass(
    number: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(EncryptedTextField, "get_prep_value", lambda self, value: value)
        Instance.objects.update(hmac_key="of another key")
    assert (post(number).status, stored()) == (401, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"7",
        b"null",
        b"[1]",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"id": "\xff"}',
        b'{"id": "\xed\xa0\x80"}',  # half a surrogate pair
        '{"id": "x", "event": "y"}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused(number: Instance, body: bytes) -> None:
    answer = post(number, body)
    assert (answer.status, stored()) == (400, 0)
    assert answer.text.endswith(".")


@pytest.mark.parametrize("path", ["/hooks/", "/hooks/demo/", "/hooks/demo/a/b/", "/hooks/a/b/c/d/e/"])
def test_other_addresses_are_none(db: None, path: str) -> None:
    assert ask_now("POST", path, BODY).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_deliveries_come_by_post(number: Instance, method: str) -> None:
    answer = ask_now(method, f"/hooks/demo/{number.hook_secret}/", BODY)
    assert (answer.status, answer.headers.get("allow"), stored()) == (405, "POST", 0)


# Taken


@pytest.mark.django_db(transaction=True)
def test_a_delivery_is_stored_as_it_came(number: Instance) -> None:
    answer = post(number, User_Agent="WAHA/2026.7.1", X_Webhook_Request_Id="402wey", Cookie="secret=1")
    assert (answer.status, answer.text) == (200, "stored")
    row = HookDelivery.objects.get()
    assert (row.instance, row.dedupe_key, row.body, row.applied_at) == (number, "evt_1", BODY.decode(), None)
    assert row.headers == {"user-agent": "WAHA/2026.7.1", "x-webhook-request-id": "402wey"}
    assert (row.kind, row.signed) == ("label.chat.added", None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"event": "message"}', "message"),
        (b'{"event": "' + b"x" * 99 + b'"}', "x" * 60),
        (b'[{"event": "message"}, {"event": "label.upsert"}]', "several"),
        (b'{"instance_id": "1", "status": "WORKING"}', "session.status"),  # Wawp's first version
        (b'{"event": "a\\u0000b"}', "ab"),  # PostgreSQL keeps no NUL
        (b'{"event": 7}', "7"),
        (b'{"event": null}', ""),
        (b"[]", ""),
    ],
)
def test_the_kind_is_the_events_name(number: Instance, body: bytes, kind: str) -> None:
    assert post(number, body).status == 200
    assert HookDelivery.objects.get().kind == kind


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"id": "e1", "event": "message"}', "e1"),
        (b'{"id": 7, "event": "unknown.kind"}', "7"),
        (b'{"id": "e1", "event": "session.status"}', "e1"),
        (b'{"id": "e1", "instance_id": "1", "status": "WORKING"}', "r1"),  # the id of a thing, not of an envelope
        (b'{"id": "e1", "event": ""}', "e1"),
        (b'[{"id": "e1", "event": "message"}, {"id": "e2", "event": "message"}]', "r1"),
    ],
)
def test_repeats_are_known_by_the_envelopes_id(number: Instance, body: bytes, key: str) -> None:
    assert post(number, body, X_Webhook_Request_Id="r1").status == 200
    assert HookDelivery.objects.get().dedupe_key == key


@pytest.mark.django_db(transaction=True)
def test_a_repeat_is_stored_once(number: Instance) -> None:
    assert [post(number).status for _thrice in range(3)] == [200, 200, 200]
    without_id = b'{"event": "message"}'
    assert [post(number, without_id, X_Webhook_Request_Id="r1").status for _twice in range(2)] == [200, 200]
    assert stored() == 2
    post(number, without_id)
    post(number, without_id)
    assert stored() == 4  # nothing tells that they are the same; applying twice is harmless


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("algorithm", ["sha512", "sha256"])
def test_a_good_signature_passes(number: Instance, algorithm: str) -> None:
    assert post(with_key(number), **signed(BODY, KEY, algorithm)).status == 200
    assert HookDelivery.objects.get().signed is True


@pytest.mark.django_db(transaction=True)
def test_the_old_secret_is_good_for_a_day_after_a_rotation(number: Instance) -> None:
    old, number.old_hook_secret, number.hook_secret = number.hook_secret, number.hook_secret, "n" * 32
    number.rotated_at = timezone.now() - timedelta(hours=23)
    number.save()
    assert [post(number, secret=secret).status for secret in (old, "n" * 32)] == [200, 200]
    Instance.objects.update(rotated_at=timezone.now() - timedelta(hours=25))
    hooks.desk.forget()
    assert [post(number, secret=secret).status for secret in (old, "n" * 32)] == [404, 200]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "body", [b'{"id": "\\ud800", "event": "x"}', b'{"id": "\\u0000", "event": "x"}', b"\xef\xbb\xbf{}"]
)
def test_odd_texts_are_stored(number: Instance, body: bytes) -> None:
    assert post(number, body, X_Webhook_Request_Id="\x01\xff" * 300).status == 200
    assert HookDelivery.objects.get().body == body.decode()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_share_commits_and_lose_none(number: Instance) -> None:
    async def burst() -> list[int]:
        rows = [HookDelivery(instance=number, dedupe_key=f"k{n % 30}", body="{}") for n in range(40)]
        writer = hooks.desk.writer
        answers = [asyncio.wrap_future(writer.put(row)) for row in rows]
        return [len(await asyncio.gather(*answers))]

    assert async_to_sync(burst)() == [40]
    assert stored() == 30


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_stops_waiting_disturbs_no_other(number: Instance) -> None:
    async def impatient() -> str:
        waits = [
            asyncio.wrap_future(hooks.desk.writer.put(HookDelivery(instance=number, dedupe_key=key, body="{}")))
            for key in ("a", "b")
        ]
        waits[0].cancel()
        await waits[1]
        return "stored"

    assert async_to_sync(impatient)() == "stored"
    assert (stored(), hooks.desk.writer.is_alive()) == (2, True)


# The storage


@pytest.mark.django_db(transaction=True)
def test_without_storage_the_sender_is_asked_to_come_again(number: Instance, caplog: pytest.LogCaptureFixture) -> None:
    with no_storage():
        answer = post(number)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert number.hook_secret not in caplog.text
    assert post(number).status == 200
    assert stored() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_503_and_then_well_again(number: Instance) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection to lose")
    assert post(number).status == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.pool.check()  # the idle ones are replaced; the writer holds a dead one
    body = BODY.replace(b"evt_1", b"evt_2")
    assert [post(number, body).status for _twice in range(2)] == [503, 200]
    assert stored() == 2


@pytest.mark.django_db(transaction=True)
def test_200_comes_only_after_the_commit(number: Instance) -> None:
    """Somebody else holds the table for a moment."""
    post(number)  # the number is known, the writer has its connection
    answers: list[Answer] = []
    body = BODY.replace(b"evt_1", b"evt_2")
    sender = threading.Thread(target=lambda: answers.append(post(number, body)))
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE labelapp_hookdelivery IN EXCLUSIVE MODE")
        sender.start()
        time.sleep(0.3)
        assert answers == []
    sender.join(10)
    assert ([answer.status for answer in answers], stored()) == ([200], 2)


@pytest.mark.django_db(transaction=True)
def test_an_error_nobody_expected_is_503_too(number: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rows: Any) -> None:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(hooks, "store_deliveries", broken)
    assert post(number).status == 503
    monkeypatch.undo()


@pytest.mark.django_db(transaction=True)
def test_secrets_are_in_no_log(number: Instance, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        post(number)
        post(number, secret="wrong-but-private")
        Client().get(f"/hooks/{number.slug}/{number.hook_secret}/")
    assert number.hook_secret not in caplog.text
    assert "wrong-but-private" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_the_same_comes_through_django_alone(number: Instance) -> None:
    async def both() -> list[Any]:
        client = AsyncClient()
        path = f"/hooks/{number.slug}/{number.hook_secret}/"
        good = await client.post(path, BODY, content_type="application/json")
        bad = await client.post(f"/hooks/{number.slug}/nope/", BODY, content_type="application/json")
        got = await client.get(path)
        return [(good.status_code, good.json()), bad.status_code, got.status_code]

    assert async_to_sync(both)() == [(200, {"status": "stored"}), 404, 405]
    assert stored() == 1


def test_secrets_are_looked_up_once_a_second(number: Instance, django_assert_num_queries: Any) -> None:
    post(number, secret="wrong")
    with django_assert_num_queries(0):
        post(number, secret="wrong")
    Instance.objects.update(removed_at=timezone.now())
    hooks.desk.forget()
    assert (post(number, secret=fresh(number).hook_secret).status, stored()) == (404, 0)
