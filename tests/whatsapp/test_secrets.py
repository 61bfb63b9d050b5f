"""No token in any log line, exception or repr, whatever the other side does."""

import logging
import traceback
from collections.abc import Callable, Iterator

import httpx
import pytest

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider
from tests.whatsapp import waha_end
from tests.whatsapp.far_end import INSTANCE, TOKEN, FarEnd, client

ECHO = f"bad token {TOKEN} for {INSTANCE} at https://api.wawp.example/v2/labels?access_token={TOKEN}"
HMAC = "hmac-s3cret"
HOOK = "https://labels.example/hooks/shop/s3cret-2/"
CALLS: list[Callable[[Provider], object]] = [
    lambda c: c.labels(),
    lambda c: c.add_label("5511955500001@c.us", "1"),
    lambda c: c.session(),
    lambda c: c.register_hook(HOOK, ["message"], HMAC),
]
ANSWERS = {
    "success": [],
    "refused": httpx.Response(401, json={"message": ECHO}),
    "told inside a 200": {"success": False, "message": ECHO},
    "echo of the request": httpx.Response(500, json={"exception": {"message": ECHO}, "request": {"query": TOKEN}}),
    "no list": {"access_token": TOKEN},
    "timeout": httpx.ReadTimeout(ECHO),
    "no connection": httpx.ConnectError(ECHO),
    "redirect": httpx.Response(302, headers={"Location": f"https://x.example/?access_token={TOKEN}"}, text=ECHO),
    "html": f"<html><title>{ECHO}</title></html>".encode(),
    "html error": httpx.Response(502, html=f"<p>{ECHO}</p>"),
}


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    names = ("", "httpx", "httpcore", "httpcore.http11", "httpcore.connection", "labelapp")
    before = {name: logging.getLogger(name).level for name in names}
    client(FarEnd([]))  # the layer quiets the libraries; somebody then turns them up
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG):
        yield caplog
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def texts_of(error: BaseException | None) -> str:
    """All that a log or an error page could show of an exception, its causes and contexts included."""
    seen = ""
    while error:
        seen += "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
        error = error.__cause__ or error.__context__
    return seen


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_no_secret_comes_out(
    call: Callable[[Provider], object], answer: object, everything_logged: pytest.LogCaptureFixture
) -> None:
    wawp, error = client(FarEnd(answer)), None
    try:
        call(wawp)
    except ProviderError as caught:
        error = caught
    shown = everything_logged.text + texts_of(error) + repr(wawp) + str(wawp) + repr(wawp.options)
    assert TOKEN not in shown
    assert INSTANCE not in shown
    assert "https://" not in shown
    assert everything_logged.messages == []


WAHA_ECHO = f"bad X-Api-Key: {waha_end.KEY} ({waha_end.KEY}) at https://waha.example/api/shop-1/labels, hook {HOOK}"
WAHA_ANSWERS = {
    "refused": httpx.Response(401, json={"message": WAHA_ECHO, "statusCode": 401}),
    "echo of the request": httpx.Response(
        500,
        json={
            "statusCode": 500,
            "exception": {"message": WAHA_ECHO, "stack": WAHA_ECHO},
            "request": {"body": {"config": {"webhooks": [{"url": HOOK, "hmac": {"key": HMAC}}]}}},
        },
    ),
    "timeout": httpx.ReadTimeout(WAHA_ECHO),
    "no connection": httpx.ConnectError(WAHA_ECHO),
    "html error": httpx.Response(502, html=f"<p>{WAHA_ECHO}</p>"),
}
WAHA_SESSION = {"name": "shop-1", "status": "WORKING", "config": {"webhooks": []}}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", WAHA_ANSWERS.values(), ids=WAHA_ANSWERS)
def test_no_key_comes_out_of_waha(
    call: Callable[[Provider], object], answer: object, everything_logged: pytest.LogCaptureFixture
) -> None:
    # A session comes first where one is read before something is written.
    waha, error = waha_end.client(FarEnd(*([WAHA_SESSION] if call is CALLS[-1] else []), answer)), None
    try:
        call(waha)
    except ProviderError as caught:
        error = caught
    shown = everything_logged.text + texts_of(error) + repr(waha) + str(waha)
    for secret in (waha_end.KEY, "s3cret-2", HMAC, "https://"):
        assert secret not in shown
    assert everything_logged.messages == []


def test_the_words_around_a_secret_stay() -> None:
    with pytest.raises(ProviderError) as caught:
        client(FarEnd(ANSWERS["told inside a 200"])).labels()
    assert caught.value.message == "bad token *** for *** at ***"
