import hashlib
import hmac

import pytest

from labelapp.whatsapp.signatures import is_signed

BODY, KEY = '{"event":"label.chat.added","name":"مؤجل"}'.encode(), "clave-😀-1"
SHA512 = hmac.new(KEY.encode(), BODY, hashlib.sha512).hexdigest()
SHA256 = hmac.new(KEY.encode(), BODY, hashlib.sha256).hexdigest()


def test_the_published_vector() -> None:
    # From WAHA's pages on events; computed again here by the definition of HMAC, not by the module under test.
    body, key = b'{"event":"message","session":"default","engine":"WEBJS"}', b"my-secret-key"
    pads = [bytes(byte ^ pad for byte in key.ljust(128, b"\0")) for pad in (0x36, 0x5C)]
    mac = hashlib.sha512(pads[1] + hashlib.sha512(pads[0] + body).digest()).hexdigest()
    assert mac.startswith("208f8a55dde9e05519e898b10b89bf0d")
    assert is_signed(body, {"X-Webhook-Hmac": mac, "X-Webhook-Hmac-Algorithm": "sha512"}, key.decode())


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Webhook-Hmac": SHA512, "X-Webhook-Hmac-Algorithm": "sha512"},
        {"x-webhook-hmac": SHA512.upper(), "x-webhook-hmac-algorithm": "SHA512"},
        {"X-Webhook-Hmac": SHA512},
        {"X-Webhook-Hmac": SHA256, "X-Webhook-Hmac-Algorithm": "sha256"},
        {"X-Wawp-Signature": SHA256},
        {"X-Wawp-Signature": SHA512},
        {"X-Wawp-Signature": KEY},
    ],
)
def test_signed(headers: dict[str, str]) -> None:
    assert is_signed(BODY, headers, KEY)
    assert not is_signed(BODY, headers, "another-key")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Webhook-Hmac": ""},
        {"X-Webhook-Hmac": SHA512[:-1]},
        {"X-Webhook-Hmac": KEY},
        {"X-Webhook-Hmac": "é" * 128},
        {"X-Webhook-Hmac": SHA512, "X-Webhook-Hmac-Algorithm": "sha256"},
        {"X-Webhook-Hmac": hashlib.md5(BODY).hexdigest(), "X-Webhook-Hmac-Algorithm": "md5"},  # noqa: S324
        {"X-Webhook-Hmac": "bad", "X-Wawp-Signature": SHA256},
        {"X-Wawp-Signature": "\udcff"},
    ],
)
def test_not_signed(headers: dict[str, str]) -> None:
    assert not is_signed(BODY, headers, KEY)


def test_one_changed_byte_and_no_key() -> None:
    headers = {"X-Webhook-Hmac": SHA512}
    assert not is_signed(BODY + b" ", headers, KEY)
    empty = hmac.new(b"", BODY, hashlib.sha512).hexdigest()
    assert not is_signed(BODY, {"X-Webhook-Hmac": empty}, "")
