"""No client sends, types, shows presence or marks as read: their calls are lists, and this is what may stand in them."""

import re
from pathlib import Path

import pytest

from labelapp import whatsapp
from labelapp.whatsapp.client import Call
from labelapp.whatsapp.waha_calls import WahaCall
from labelapp.whatsapp.wawp_options import Endpoint

FORBIDDEN = re.compile(
    r"send|typing|presence|seen|read|mark|reply|forward|react|sticker|poll|status|channel|contact|group|start|stop",
    re.I,
)
SOURCES = sorted(Path(whatsapp.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("call", [*Endpoint, *WahaCall])
def test_silent_context(call: Call) -> None:
    assert not FORBIDDEN.search(call.path)
    assert re.fullmatch(r"([a-z]+|\{session\})(/([a-z]+|\{label\}|\{chat\}|\{session\}))*", call.path)
    subject = call.path.removeprefix("{session}/").split("/")[0]
    assert subject in ("labels", "chats", "lids", "session", "sessions", "webhook")


def writes(calls: type[Call]) -> set[str]:
    return {f"{call.method} {call.path}" for call in calls if call.method != "GET"}


def test_only_labels_and_hooks_are_written() -> None:
    assert writes(Endpoint) == {
        "POST session/info",  # a read: Wawp's page has it as POST
        "POST labels",
        "POST labels/create",
        "PUT labels/{label}",
        "DELETE labels/{label}",
        "DELETE labels/{label}/delete",
        "PUT labels/{label}/chats/{chat}",
        "DELETE labels/{label}/chats/{chat}",
        "POST webhook/set",
    }
    assert writes(WahaCall) == {
        "PUT sessions/{session}",  # the webhooks of its configuration
        "POST {session}/labels",
        "PUT {session}/labels/{label}",
        "DELETE {session}/labels/{label}",
        "PUT {session}/labels/chats/{chat}",
    }


def test_one_way_out() -> None:
    """Requests to a provider are made in wire.py only, and handed to it once by each client. Hooks go out by outgoing.py, which knows
    no provider: neither its addresses nor its tokens."""
    sending = re.compile(
        r"_client\.|\.stream\(|\.request\(|httpx\.(get|post|put|patch|delete|request|stream|Client)\b|urlopen"
    )
    assert [path.name for path in SOURCES if sending.search(path.read_text())] == ["outgoing.py", "wire.py"]
    handing = [path.name for path in SOURCES for _ in re.findall(r"\.exchange\(", path.read_text())]
    assert handing == ["waha.py", "wawp.py"]
    library = [path.name for path in SOURCES if re.search(r"^(import|from) (httpx|httpcore)", path.read_text(), re.M)]
    assert library == ["outgoing.py", "provider.py", "transport.py", "waha.py", "wawp.py", "wire.py"]
    (hooks,) = (path.read_text() for path in SOURCES if path.name == "outgoing.py")
    own = set(re.findall(r"^from labelapp\.whatsapp\.(\w+)", hooks, re.M))
    assert own == {"failures", "texts", "transport"}
