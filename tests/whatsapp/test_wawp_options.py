import re
from pathlib import Path

import pytest

from labelapp import whatsapp
from labelapp.whatsapp.wawp_options import Endpoint, WawpOptions

FORBIDDEN = re.compile(
    r"send|typing|presence|seen|read|mark|reply|forward|react|sticker|poll|status|channel|contact|group", re.I
)
SOURCES = sorted(Path(whatsapp.__path__[0]).glob("*.py"))


@pytest.mark.parametrize("endpoint", Endpoint)
def test_silent_context(endpoint: Endpoint) -> None:
    assert not FORBIDDEN.search(endpoint.path)
    assert re.fullmatch(r"[a-z]+(/([a-z]+|\{label\}|\{chat\}))*", endpoint.path)
    assert endpoint.path.split("/")[0] in ("labels", "chats", "lids", "session", "webhook")


def test_only_labels_and_hooks_are_written() -> None:
    writes = {f"{endpoint.method} {endpoint.path}" for endpoint in Endpoint if endpoint.method != "GET"}
    assert writes == {
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


def test_one_way_out() -> None:
    """Requests are made in wire.py only, and handed to it in Wawp._call only."""
    sending = re.compile(
        r"_client\.|\.stream\(|\.request\(|httpx\.(get|post|put|patch|delete|request|stream|Client)\b|urlopen"
    )
    assert [path.name for path in SOURCES if sending.search(path.read_text())] == ["wire.py"]
    handing = [path.name for path in SOURCES for _ in re.findall(r"\.exchange\(", path.read_text())]
    assert handing == ["wawp.py"]
    library = [path.name for path in SOURCES if re.search(r"^(import|from) (httpx|httpcore)", path.read_text(), re.M)]
    assert library == ["provider.py", "transport.py", "wawp.py", "wire.py"]


def test_defaults() -> None:
    assert (
        WawpOptions.parse(None)
        == WawpOptions.parse({})
        == WawpOptions("body", "query", "labels", "labels/{id}", "POST")
    )


def test_everything_set() -> None:
    wanted = {
        "write_placement": "header",
        "read_placement": "header",
        "create_path": "labels/create",
        "delete_path": "labels/{id}/delete",
        "session_method": "GET",
    }
    options = WawpOptions.parse(wanted)
    endpoints = (options.create, options.delete, options.session)
    assert endpoints == (Endpoint.CREATE_LONG, Endpoint.DELETE_LONG, Endpoint.SESSION_BY_GET)
    assert (options.write_placement, options.read_placement) == ("header", "header")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"placement": "body"}, "The option 'placement' is not known. Known are: write_placement, read_placement"),
        ({"write_placement": "cookie"}, "The option 'write_placement' must be one of: body, query, header."),
        ({"read_placement": "body"}, "The option 'read_placement' must be one of: query, header."),
        ({"create_path": "messages/send"}, "The option 'create_path' must be one of: labels, labels/create."),
        ({"delete_path": ""}, "The option 'delete_path' must be one of: "),
    ],
)
def test_unknown_options(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        WawpOptions.parse(options)
