"""Outgoing posts on real sockets: signatures as the standardwebhooks library wants them, and addresses that hear nothing."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from labelapp.whatsapp.outgoing import Failure, Wrong, new_signing_secret, post, signed_headers, wrong_with
from tests.hook_receiver import HookReceiver, receiver

# The ranges that the open internet does not reach, and the disguises of an IPv4 address: 60 of them
INSIDE = [
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1",  # noqa: S104
    "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.170.2", "169.254.0.1", "100.64.0.1",
    "100.100.100.200", "100.127.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::1", "::",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1", "::ffff:c0a8:1", "::127.0.0.1",
    "::7f00:1", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "ff0e::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1", "64:ff9b:1::808:808", "2002:7f00:1::",
    "2002:a00:1::1", "2002:a9fe:a9fe::", "2002:c0a8:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::1",
    "2001:db8::1", "168.63.129.16", "100::1", "3fff::1",
]  # fmt: skip


@pytest.fixture
def far() -> Iterator[HookReceiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def knocks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection that is tried; none is made."""
    made: list[Any] = []

    def knock(address: Any, *rest: object, **more: object) -> socket.socket:
        made.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", knock)
    return made


def test_the_table_has_sixty_addresses() -> None:
    assert len(set(INSIDE)) == 60


@pytest.mark.parametrize("address", INSIDE)
def test_no_connection_to_an_address_inside(address: str, knocks: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    host = f"[{address}]" if ":" in address else address
    assert post(f"http://{host}:8080/", b"{}", {}).failure == Failure.FORBIDDEN
    leads = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: leads)
    assert post("https://hooks.example/", b"{}", {}).failure == Failure.FORBIDDEN
    assert knocks == []


def test_of_a_name_with_two_addresses_only_the_public_one_is_tried(
    knocks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("10.0.0.1", "8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: leads)
    assert post("https://hooks.example/", b"{}", {}).failure == Failure.NO_CONNECTION
    assert knocks == [("8.8.8.8", 443)]


def test_the_library_accepts_what_is_sent(far: HookReceiver) -> None:
    secret, body = new_signing_secret(), '{"type": "label.added", "chat": "عميل"}'.encode()
    at = int(datetime.now(UTC).timestamp())
    answer = post(far.url, body, signed_headers([secret], "msg_1", at, body), allow_private=True)
    assert (answer.status, answer.is_ok, answer.failure) == (204, True, Failure.NONE)
    assert far.got[0].path == "/hook?key=1"
    assert far.got[0].headers["content-type"] == "application/json"
    assert far.got[0].verified(secret) == {"type": "label.added", "chat": "عميل"}
    with pytest.raises(WebhookVerificationError):
        far.got[0].verified(new_signing_secret())


def test_the_signature_is_that_of_the_library() -> None:
    secret, at = new_signing_secret(), datetime(2026, 11, 20, tzinfo=UTC)
    ours = signed_headers([secret], "msg_2", int(at.timestamp()), b"{}")["webhook-signature"]
    assert ours == Webhook(secret).sign("msg_2", at, "{}")


def test_both_secrets_sign_while_one_replaces_the_other() -> None:
    old, new = new_signing_secret(), new_signing_secret()
    headers = signed_headers([new, old], "msg_3", int(time.time()), b"{}")
    assert Webhook(old).verify("{}", headers) == Webhook(new).verify("{}", headers) == {}


def test_a_redirect_is_an_answer_and_is_not_followed(far: HookReceiver) -> None:
    far.answers = [(302, {"Location": far.url}, 0)]
    answer = post(far.url, b"{}", {}, allow_private=True)
    assert (answer.status, answer.is_ok, len(far.got)) == (302, False, 1)


def test_retry_after_and_the_first_words_are_kept(far: HookReceiver) -> None:
    far.answers = [(503, {"Retry-After": "7200"}, 0)]
    answer = post(far.url, b"{}", {}, allow_private=True)
    assert (answer.status, answer.wait, answer.text.strip()) == (503, 7200.0, "taken")


def test_whoever_takes_too_long_is_cut_off(far: HookReceiver) -> None:
    far.answers = [(200, {}, 3)]
    began = time.monotonic()
    assert post(far.url, b"{}", {}, allow_private=True, seconds=0.4).failure == Failure.TIMED_OUT
    assert time.monotonic() - began < 1.5


def test_whoever_drips_is_cut_off_too() -> None:
    """Each byte comes in time, the answer as a whole does not."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            peer, _ = listener.accept()
            with peer:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 500:
                        peer.sendall(bytes([byte]))
                        time.sleep(0.05)
                except OSError:
                    pass

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        answer = post(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"{}", {}, allow_private=True, seconds=0.6)
    assert (answer.failure, time.monotonic() - began < 2) == (Failure.TIMED_OUT, True)


def test_nobody_listens() -> None:
    assert post("http://127.0.0.1:9/", b"{}", {}, allow_private=True).failure == Failure.NO_CONNECTION


@pytest.mark.parametrize(
    ("url", "private", "wrong"),
    [
        ("https://hooks.example/in?key=1", False, None),
        ("http://127.0.0.1:8000/in", True, None),
        ("http://hooks.example/", False, Wrong.PLAIN),
        ("https://127.0.0.1/", False, Wrong.PRIVATE),
        ("https://2130706433/", False, Wrong.PRIVATE),
        ("https://[::ffff:10.0.0.1]/", False, Wrong.PRIVATE),
        ("https://u:p@hooks.example/", False, Wrong.PASSWORD),
        ("https://hooks.example/#x", False, Wrong.HASH),
        ("ftp://hooks.example/", True, Wrong.NO_ADDRESS),
        ("https://", False, Wrong.NO_ADDRESS),
        ("hooks.example", False, Wrong.NO_ADDRESS),
        ("https://hooks.example/a b", False, Wrong.NO_ADDRESS),
        ("https://[::1", False, Wrong.NO_ADDRESS),
    ],
)
def test_addresses(url: str, private: bool, wrong: Wrong | None) -> None:
    assert wrong_with(url, private) == wrong
