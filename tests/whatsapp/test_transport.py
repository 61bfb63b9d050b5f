"""On real sockets: the guard must look at what is connected, not at what is written in an address."""

import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.transport import ForbiddenAddress, GuardedTransport, checked_base, is_public, network, quiet_logs
from labelapp.whatsapp.wire import Request, Wire


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[int]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    yield httpd.server_port
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "0.0.0.0"])  # noqa: S104
def test_no_way_to_this_machine(server: int, host: str) -> None:
    with httpx.Client(transport=GuardedTransport(), trust_env=False) as client, pytest.raises(ForbiddenAddress):
        client.get(f"http://{host}:{server}/?access_token=x")


def test_a_private_address_hears_not_even_a_knock() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, GuardedTransport() as transport:
        listener.settimeout(0.2)
        request = httpx.Request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/secret")
        with pytest.raises(ForbiddenAddress):
            transport.handle_request(request)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_not_one_byte_is_sent_where_the_system_connects_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-up tells a public address, and the socket leads here all the same."""
    with socket.create_server(("127.0.0.1", 0)) as listener, GuardedTransport() as transport:
        listener.settimeout(5)
        there, real = listener.getsockname(), socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda _address, *rest, **more: real(there, *rest, **more))
        with pytest.raises(ForbiddenAddress):
            transport.handle_request(httpx.Request("GET", "http://8.8.8.8/secret"))
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(5)
            assert peer.recv(100) == b""


def test_an_admin_may_allow_it(server: int) -> None:
    line = Wire(f"http://127.0.0.1:{server}", secrets=(), allow_private=True, transport=None)
    assert line.exchange(Request("GET", "x", {}, {}, None)) == []
    line.close()


def test_the_error_a_caller_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # A public name that leads here, as in an attack by DNS.
        there = listener.getsockname()
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", there)]
        )
        line = Wire("https://api.example", secrets=(), allow_private=False, transport=None)
        with pytest.raises(ProviderError) as caught:
            line.exchange(Request("GET", "x", {}, {}, None))
        line.close()
    assert (caught.value.refused, caught.value.unreachable, caught.value.timed_out) == (True, True, False)


def test_a_name_that_is_none() -> None:
    with GuardedTransport() as transport, pytest.raises(httpx.ConnectError):
        transport.handle_request(httpx.Request("GET", "https://a..b/"))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
        "240.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::808:808", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "100::1", "", "x",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses(host: str) -> None:
    assert is_public(host)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "must begin with https://"),
        ("api.wawp.net", "must begin with https://"),
        ("ftp://api.wawp.net", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("http://api.wawp.net", "must begin with https://."),
        ("https://u:p@api.wawp.net", "must not contain a name or a password"),
        ("https://@api.wawp.net", "must not contain a name or a password"),
        ("https://api.wawp.net/?a=1", "must not contain a question mark"),
        ("https://api.wawp.net/?", "must not contain a question mark"),
        ("https://api.wawp.net/#x", "must not contain a question mark"),
        ("https://api.wawp.net:99999", "is not a web address"),
        ("https://[::1", "is not a web address"),
        ("https://a\x00b", "is not a web address"),
        ("https://127.0.0.1", "is a private one"),
        ("https://[::1]", "is a private one"),
        ("https://2130706433", "is a private one"),
        ("https://0x7f.1", "is a private one"),
    ],
)
def test_base_addresses_that_are_refused(address: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        checked_base(address, allow_private=False)
    assert "p@" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "private", "base"),
    [
        (" https://api.wawp.net/v2/ ", False, "https://api.wawp.net/v2"),
        ("https://8.8.8.8", False, "https://8.8.8.8"),
        ("http://127.0.0.1:8090", True, "http://127.0.0.1:8090"),
        ("http://waha:3000/", True, "http://waha:3000"),
    ],
)
def test_base_addresses(address: str, private: bool, base: str) -> None:
    assert checked_base(address, private) == base


@pytest.mark.usefixtures("server")
def test_the_libraries_are_quiet_even_at_debug(server: int, caplog: pytest.LogCaptureFixture) -> None:
    quiet_logs()
    names = ["", "httpx", "httpcore", "httpcore.connection", "httpcore.http11"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG), httpx.Client(transport=network(allow_private=True)) as client:
        client.get(f"http://127.0.0.1:{server}/?access_token=s3cret", headers={"access-token": "s3cret"})
        logging.getLogger("httpx").warning("heard")
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
    assert caplog.messages == ["heard"]
