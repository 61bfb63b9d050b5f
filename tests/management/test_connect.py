"""`manage.py connect`: what it prints, stores and refuses."""

from io import StringIO
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from labelapp.management.commands import connect
from labelapp.models import Instance
from tests.wire import FarSide, far

__all__ = ["far"]
TOKEN = "tok-very-secret-77"


@pytest.fixture(autouse=True)
def _token(settings: Any, db: None) -> None:
    settings.CONNECT_TOKEN = TOKEN


def run(*more: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    wish = ["--instance-id", "inst-1", "--name", "Downtown shop", "--base-url", "https://api.example.com", *more]
    call_command("connect", *wish, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def test_it_tells_the_answer_probes_and_saves(far: FarSide) -> None:
    far.labels, far.tags = {"2": {"name": "VIP", "color": 3}}, {("201@c.us", "2")}
    out, _err = run()
    made = Instance.objects.get()
    for line in (
        "Status:  WORKING",
        "Number:  +201000000000",
        "Labels:  1",
        "Saved as 'downtown-shop'.",
        "in the body",
    ):
        assert line in out
    assert (made.slug, made.credentials, made.options) == ("downtown-shop", TOKEN, {"write_placement": "body"})
    assert f"/hooks/downtown-shop/{made.hook_secret}/" in out
    assert TOKEN not in out + _err


def test_a_refusal_is_one_sentence_and_stores_nothing(far: FarSide) -> None:
    far.status = 401
    with pytest.raises(CommandError, match="Said 401"):
        run()
    assert not Instance.objects.exists()


@pytest.mark.parametrize("more", [("--base-url", "http://127.0.0.1:1"), ("--slug", "a b")])
def test_bad_arguments_are_one_sentence(far: FarSide, more: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        run(*more)
    assert not Instance.objects.exists()


def test_a_hook_that_is_refused_keeps_the_number(far: FarSide) -> None:
    far.status_of = {"POST /webhook": 403}
    out, err = run("--register-hook", "--slug", "shop")
    assert "The hook is not registered. " in err
    assert "Said 403" in err
    assert "/hooks/" not in out
    assert Instance.objects.get().slug == "shop"


def test_it_warns_when_the_provider_cant_reach_us(far: FarSide, settings: Any) -> None:
    assert "PUBLIC_URL leads only to this machine" in run()[1]
    settings.PUBLIC_URL = "https://labels.example.com"
    assert "PUBLIC_URL" not in run("--instance-id", "inst-2", "--slug", "two")[1]


def test_the_token_is_no_argument_and_is_asked_for(far: FarSide, settings: Any, monkeypatch: Any) -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        run("--token", TOKEN)
    settings.CONNECT_TOKEN = ""
    monkeypatch.setattr(connect, "getpass", lambda prompt: "typed-token")
    run()
    assert Instance.objects.get().credentials == "typed-token"


def test_waha_needs_its_address() -> None:
    with pytest.raises(CommandError, match="--base-url"):
        call_command("connect", "--provider", "waha", "--instance-id", "default", "--name", "Shop")


def test_waha_is_told_with_its_engine_and_not_probed(settings: Any) -> None:
    session = {"name": "default", "status": "WORKING", "me": {"id": "201000000000@c.us"}, "engine": {"engine": "GOWS"}}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["X-Api-Key"] == TOKEN
        return httpx.Response(200, json=session if "/sessions/" in request.url.path else [])

    settings.PROVIDER_TRANSPORT = httpx.MockTransport(answer)
    out, err = run("--provider", "waha", "--instance-id", "default")
    assert "Engine:  GOWS" in out
    assert "Credentials of changes" not in out + err
    assert Instance.objects.get().provider == "waha"
