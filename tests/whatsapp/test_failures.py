import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.failures import failure, retry_after, says_no

KEYLESS = "error upserting label: no app state keys found, creating app state keys is not yet supported"


def failed(status: int, answer: object, **headers: str) -> ProviderError:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return failure(status, headers, body, ("secret-token-1", "inst-1"))


@pytest.mark.parametrize(
    ("status", "answer", "message", "permanent"),
    [
        (404, {"message": "Label not found", "error": "Not Found", "statusCode": 404}, "Label not found", True),
        (422, {"message": "Maximum 20 labels allowed", "statusCode": 422}, "Maximum 20 labels allowed", True),
        (422, {"message": "Label with 'A' already exists, id: 1"}, "Label with 'A' already exists, id: 1", True),
        (400, {"message": ["color must be a number", "name is empty"]}, "color must be a number; name is empty", True),
        (409, {"error": {"message": "Conflict"}}, "Conflict", True),
        (400, b"<?xml version='1.0'?><e><m>Bad Request</m></e>", "Bad Request", True),
        (501, {"message": "Not implemented by the engine"}, "Not implemented by the engine", True),
        (
            422,
            {"error": "Session status is not as expected", "status": "STOPPED", "expected": ["WORKING"]},
            None,
            False,
        ),
        (422, {"error": 'Session "a" does not exist', "session": "a"}, 'Session "a" does not exist', False),
        (
            404,
            {"code": "invalid_instance", "message": "No such instance"},
            "No such instance (invalid_instance)",
            False,
        ),
        (422, {"message": "Scan the code", "status": "SCAN_QR_CODE", "expected": ["WORKING"]}, "Scan the code", False),
        (404, {"message": "Session wawp-1: label not found"}, "Session wawp-1: label not found", True),
        (404, {"message": "Session not found"}, "Session not found", False),
        (404, b"<h1>404 Not Found</h1>nginx", "404 Not Found nginx", False),
        (429, {"message": "Slow down"}, "Slow down", False),
        (
            500,
            {"statusCode": 500, "exception": {"message": KEYLESS, "code": 2}, "request": {"body": 1}},
            KEYLESS,
            True,
        ),
        (500, {"exception": {"message": "Chat not found in store"}}, "Chat not found in store", False),
        (502, b"<html><title>502 Bad Gateway</title></html>", "502 Bad Gateway", False),
        (503, b"", "HTTP 503", False),
        (500, {"code": "proxy_error"}, "proxy_error", False),
        (200, {"success": False, "message": "Label not found"}, "Label not found", True),
        (200, {"success": False, "message": "try later"}, "try later", False),
        (200, b"<html><title>Sign in required</title></html>", "Sign in required", False),
    ],
)
def test_words_and_permanence(status: int, answer: object, message: str | None, permanent: bool) -> None:
    error = failed(status, answer)
    assert error.message == str(error) == (message or "Session status is not as expected")
    assert (error.permanent, error.status) == (permanent, status)
    assert (error.refused, error.unreachable) == (error.message.endswith("(invalid_instance)"), status == 502)


@pytest.mark.parametrize(("words", "keyless"), [(KEYLESS, True), ("Label not found", False)])
def test_a_phone_that_has_not_shared_its_keys(words: str, keyless: bool) -> None:
    assert failed(500, {"exception": {"message": words}}).keyless is keyless


@pytest.mark.parametrize("status", [401, 402, 403])
def test_the_credentials_are_at_fault_not_the_wish(status: int) -> None:
    error = failed(status, {"message": "Upgrade your plan", "code": "subscription_required"})
    assert error.message == "Upgrade your plan (subscription_required)"
    assert (error.refused, error.permanent) == (True, False)


@pytest.mark.parametrize(
    ("status", "may"),
    [
        (500, False),
        (502, True),
        (503, False),
        (504, True),
        (520, True),
        (522, True),
        (524, True),
        (525, False),
        (404, False),
    ],
)
def test_a_gateway_that_gave_up_may_have_acted(status: int, may: bool) -> None:
    error = failed(status, {})
    assert (error.timed_out, error.unreachable, error.by_gateway) == (may, may, may)


def test_a_number_inside_a_good_status_counts() -> None:
    error = failed(200, {"success": False, "data": {"status": 404}, "message": "gone"})
    assert (error.status, error.permanent) == (404, True)


def test_redirects_show_no_target() -> None:
    error = failed(302, b"https://evil.example/?access_token=x", location="https://evil.example/")
    assert (error.message, error.permanent) == ("HTTP 302: redirects are not followed.", True)


def test_credentials_in_the_providers_words_are_blanked() -> None:
    error = failed(400, {"message": "token secret-token-1 of inst-1 at https://x.example/?access_token=secret-token-1"})
    assert error.message == "token *** of *** at ***"


@pytest.mark.parametrize(
    "data",
    [
        False,
        {"success": False},
        {"success": "false"},
        {"success": 0, "error": "x"},
        {"status": "error"},
        {"status": "failed"},
        {"status": False, "message": "x"},
        {"status": 404, "message": "x"},
        {"statusCode": "500"},
        {"result": False},
        {"data": {"success": False}},
        {"result": {"error": "x"}},
        {"error": "x"},
        {"code": "invalid_instance", "message": "x"},
        {"sent": True, "upstream_status": 422},
        {"status": "success", "message": "The number of messages has exceeded the maximum limit"},
    ],
)
def test_refusals_with_a_good_status(data: object) -> None:
    assert says_no(data)


@pytest.mark.parametrize(
    "data",
    [
        None,
        "",
        True,
        [],
        [{"id": "1"}],
        {},
        {"success": True, "message": "Operation completed successfully"},
        {"result": True},
        {"status": "FAILED", "name": "wawp-1"},
        {"status": "success", "data": {"status": "STOPPED"}},
        {"sent": True, "upstream_status": 201},
        {"success": True, "error": None, "code": 200},
        {"id": "1", "name": "exceeded", "color": 0},
    ],
)
def test_answers_that_are_none(data: object) -> None:
    assert not says_no(data)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("nan", None),
        ("86400", 900.0),
        ("999999999", 900.0),
        ("٣", None),
    ],
)
def test_retry_after_as_seconds(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}) == seconds


def test_retry_after_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert retry_after({"retry-after": soon}) == pytest.approx(89, abs=2)
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"retry-after": "Fri, 31 Dec 9999 07:28:00 GMT"}) == 900
    assert failed(429, {}, **{"retry-after": "7"}).retry_after == 7
