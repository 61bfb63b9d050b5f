"""Whether a delivery was signed with our key. An extra: the secret in the address is the check that always works."""

import hashlib
import hmac
from collections.abc import Mapping

_ALGORITHMS = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}


def is_signed(body: bytes, headers: Mapping[str, str], key: str) -> bool:
    """Whether the headers carry a valid signature of exactly these bytes. False for a missing key or signature.

    WAHA signs in `X-Webhook-Hmac` (hex; `X-Webhook-Hmac-Algorithm`, sha512 unless told). Wawp's pages name
    `X-Wawp-Signature` instead, once as the plain secret and once as a hex sha256: all three are accepted there,
    since nothing tells which one is sent, and none can be made without the key.
    """
    if not key:
        return False
    found = {name.lower(): value.strip() for name, value in headers.items()}
    if signature := found.get("x-webhook-hmac"):
        algorithm = found.get("x-webhook-hmac-algorithm", "sha512").lower()
        return algorithm in _ALGORITHMS and _same(signature.lower(), _mac(body, key, algorithm))
    if signature := found.get("x-wawp-signature"):
        macs = [_mac(body, key, algorithm) for algorithm in _ALGORITHMS]
        return any([_same(signature, key), *(_same(signature.lower(), mac) for mac in macs)])
    return False


def _mac(body: bytes, key: str, algorithm: str) -> str:
    return hmac.new(key.encode(), body, _ALGORITHMS[algorithm]).hexdigest()


def _same(given: str, wanted: str) -> bool:
    # Bytes: compare_digest refuses non-ASCII text, which a stranger may well send.
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))
