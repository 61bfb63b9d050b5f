"""Where hooks may be. An http address is taken only on loopback: this toy posts to nobody else in the clear."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit


def hook_url(raw: Any) -> str:
    """The address, or nothing when it is none that we post to."""
    url = raw.strip() if isinstance(raw, str) else ""
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and len(url) <= 500 and (parts.port is None or parts.port > 0)
    except ValueError:
        return ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname or ""))
    return url if fine and secure else ""


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
