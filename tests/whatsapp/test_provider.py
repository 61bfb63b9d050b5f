import inspect

import httpx
import pytest

from labelapp.whatsapp.provider import Provider, connect
from labelapp.whatsapp.waha import Waha
from labelapp.whatsapp.wawp import Wawp
from tests.whatsapp.far_end import FarEnd


def test_connect_sends_nothing_and_passes_everything_on() -> None:
    far_end = FarEnd([])
    provider = connect(
        "wawp",
        base_url="http://127.0.0.1:8090",
        instance_id="demo",
        token="demo-token",
        allow_private=True,
        options={"read_placement": "header"},
        transport=httpx.MockTransport(far_end),
    )
    assert far_end.requests == []
    with provider:
        assert provider.labels() == []
    assert str(far_end.requests[0].url) == "http://127.0.0.1:8090/v2/labels"
    assert far_end.requests[0].headers["access-token"] == "demo-token"


@pytest.mark.parametrize(
    ("provider", "base", "options"),
    [
        ("nobody", "https://a.example", {}),
        ("wawp", "http://a.example", {}),
        ("wawp", "https://127.0.0.1", {}),
        ("wawp", "https://a.example", {"x": "y"}),
        ("waha", "http://a.example", {}),
        ("waha", "https://10.0.0.1:3000", {}),
    ],
)
def test_what_cannot_be_right_is_a_sentence(provider: str, base: str, options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^The .+\.$"):
        connect(provider, base_url=base, instance_id="i", token="t", options=options)


@pytest.mark.parametrize("provider", ["wawp", "waha"])
def test_an_answer_may_take_what_it_is_given(provider: str) -> None:
    far_end = FarEnd([])
    transport = httpx.MockTransport(far_end)
    client = connect(provider, base_url="https://a.example", instance_id="i", token="t", transport=transport, seconds=1)
    assert client.labels() == []
    assert far_end.requests[0].extensions["timeout"]["read"] == 1


@pytest.mark.parametrize("client", [Wawp, Waha])
def test_clients_have_the_whole_protocol_with_the_same_parameters(client: type) -> None:
    for name, method in inspect.getmembers(Provider, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(client, name)) == inspect.signature(method), name
