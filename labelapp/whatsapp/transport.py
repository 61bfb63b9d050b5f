"""The network under every client: where it may go, how long it may take, and that it is not talked about in logs."""

import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Iterable
from functools import cache
from urllib.parse import urlsplit

import httpcore
import httpx

# WAHA waits up to 15 s for a session before it answers 422: a shorter read would turn that reason into a timeout.
SECONDS = 20.0
PATIENT = 60.0  # seconds for a connection where nobody says how long it may take

_NOISY = ("httpx", "httpcore", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# What Python takes for global and clouds use inside (metadata of Oracle and Azure), relays of 6to4, addresses for examples
_INSIDE = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24", "3fff::/20")))

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(Exception):
    """The name led to an address that outgoing calls must not reach. No byte was sent."""


class _Quiet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING


_quiet = _Quiet()


def quiet_logs() -> None:
    """Silence httpx and httpcore below WARNING: they print whole addresses and headers, and with them tokens.

    A filter and not only a level: a log set to DEBUG to find something else stays free of them. Safe to repeat.
    """
    for name in _NOISY:
        logger = logging.getLogger(name)
        logger.addFilter(_quiet)
        logger.setLevel(logging.WARNING)


def is_public(host: str) -> bool:
    """Whether an IP address (text) belongs to the open internet, whatever disguise of an IPv4 address it comes in."""
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return _is_public(ip)


def _is_public(ip: Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(ip.packed[12:]) if ip in _NAT64 else None)
        if inside:
            return _is_public(inside)
        # All that is public in IPv6 lies in one block; Teredo tunnels inside it could end anywhere.
        if ip not in _UNICAST or ip.teredo:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or any(ip in block for block in _INSIDE))


class GuardedBackend(httpcore.SyncBackend):
    """Connects only to addresses that it has looked up and judged itself, and looks once more at what a socket is connected to."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception = ForbiddenAddress()
        until = time.monotonic() + (timeout or PATIENT)
        for address in filter(is_public, _addresses(host, port)):  # others hear not even a knock
            rest = max(0.1, until - time.monotonic())
            try:
                stream = super().connect_tcp(address, port, rest, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            peer = stream.get_extra_info("server_addr")
            if isinstance(peer, tuple) and is_public(str(peer[0])):
                return stream
            stream.close()
            raise ForbiddenAddress
        raise failed

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SocketOption] | None = None
    ) -> httpcore.NetworkStream:
        raise ForbiddenAddress


def _addresses(host: str, port: int) -> list[str]:
    """Where the name leads now, each address once. A name that leads nowhere is an error of the connection."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        # Python's look-up raises this for a name like "a..b"
        raise httpcore.ConnectError("This is no host name.") from None
    except OSError:
        raise httpcore.ConnectError("This name leads nowhere.") from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class GuardedTransport(httpx.HTTPTransport):
    """httpx's transport on the guarded backend. httpx has no parameter for a backend, so the pool is put in place."""

    def __init__(self, backend: httpcore.NetworkBackend | None = None) -> None:
        context = _context()
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=20,
            max_keepalive_connections=5,
            keepalive_expiry=15,
            network_backend=backend or GuardedBackend(),
        )


@cache
def _context() -> ssl.SSLContext:
    """The authorities that are trusted. Read once: it takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)


def timeouts(seconds: float) -> httpx.Timeout:
    """How long the parts of a call may take when its answer may take `seconds`."""
    return httpx.Timeout(connect=min(5.0, seconds), read=seconds, write=min(10.0, seconds), pool=5.0)


def network(allow_private: bool) -> httpx.BaseTransport:
    """The transport for real calls: guarded unless an admin allowed private addresses for this instance."""
    return httpx.HTTPTransport(trust_env=False) if allow_private else GuardedTransport()


def checked_base(base_url: str, allow_private: bool) -> str:
    """The base address without a closing slash. ValueError (a sentence) for one that can't be used."""
    try:
        parts = urlsplit(base_url.strip())
        host, port = parts.hostname, parts.port
        httpx.URL(base_url.strip())
    except (ValueError, httpx.InvalidURL):
        raise ValueError("The address of the provider is not a web address.") from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ValueError("The address of the provider must begin with https:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The address of the provider must not contain a name or a password.")
    if parts.query or parts.fragment or "?" in base_url or "#" in base_url:
        raise ValueError("The address of the provider must not contain a question mark or a hash sign.")
    if parts.scheme == "http" and not allow_private:
        raise ValueError("The address of the provider must begin with https://.")
    if not allow_private and is_literal(host) and not is_public(literal(host)):
        raise ValueError("The address of the provider is a private one.")
    return base_url.strip().rstrip("/")


def is_literal(host: str) -> bool:
    return ":" in host or bool(literal(host))


def literal(host: str) -> str:
    """A host that is an IP address, in any spelling the system resolves without asking anyone ("2130706433"), or ""."""
    if ":" in host:
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return ""
