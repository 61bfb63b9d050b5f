"""Telling a refusal from an answer, and saying what kind of refusal it is."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from labelapp.whatsapp.errors import GATEWAYS, ProviderError
from labelapp.whatsapp.shapes import decode, inner, listed, mapping
from labelapp.whatsapp.texts import plain, readable, words

_PERMANENT = {400, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 501}
_LONGEST_WAIT = 900.0  # seconds: one answer must not close a number for a day
_SENTENCES = ("message", "error", "exception", "detail", "errors", "data")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{2,40}")
_ERROR_NUMBER = re.compile(r"[45]\d\d", re.ASCII)
_EXCEEDED = re.compile(r"\bexceeded\b|\blimit reached\b", re.IGNORECASE)
# WAHA answers 422 both for a wish that can't be and for a session that is not up yet.
_SESSION = re.compile(
    r"\b(session|instance)\b.*(not as expected|not exist|not found|not (?:ready|working|connected))", re.I
)
_LASTING = re.compile(r"already exists|maximum \d+|not found|not exist|invalid|required|not supported", re.I)
# An error of the engine that the next call meets again (devlikeapro/waha#1626), although a 500 usually passes.
_STUCK = re.compile(r"no app state keys|not (?:yet )?(?:supported|implemented)", re.I)


def failure(status: int, headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> ProviderError:
    """The error for an answer that is no success, in the provider's own words as far as it has any."""
    if 300 <= status < 400:
        # Followed, it could lead the credentials anywhere. Its target is not shown: it repeats our query.
        return ProviderError(f"HTTP {status}: redirects are not followed.", permanent=True, status=status)
    data = _decoded(body)
    raw = (_words(data) if data is not None else readable(body.decode("utf-8", "replace"))).strip()
    text = words(raw, secrets) or f"HTTP {status}"
    code = status if status >= 400 else _told_status(data) or status
    return ProviderError(
        text,
        permanent=_is_permanent(code, text, data),
        refused=code in (401, 402, 403) or mapping(data).get("code") == "invalid_instance",
        retry_after=retry_after(headers),
        status=code,
        unreachable=code in GATEWAYS,
        timed_out=code in GATEWAYS,
        asleep=_is_asleep(text),
    )


def says_no(data: object) -> bool:
    """Whether a body with a good HTTP status is a refusal all the same.

    Seen or documented: `false`, `success: false`, a status of "error", an error number, WAHA's `result: false`, a
    bare `code` or `error`, and Wawp's `status: success` whose message says that a limit was exceeded.
    """
    rows = [
        {"success": data},
        mapping(data),
        mapping(inner(mapping(data), "data")),
        mapping(inner(mapping(data), "result")),
    ]
    return any(_row_says_no(row) for row in rows)


def _row_says_no(row: Mapping[str, object]) -> bool:
    status, message = row.get("status"), row.get("message")
    return (
        any(_is_no(row.get(key)) for key in ("success", "result", "status", "ok"))
        or (isinstance(status, str) and (status.lower() in ("error", "fail", "failure") or status == "failed"))
        or _told_status(row) is not None
        or bool(row.get("error"))
        or (isinstance(row.get("code"), str) and "success" not in row and "message" in row)
        or (isinstance(message, str) and bool(_EXCEEDED.search(message)))
    )


def _is_no(value: object) -> bool:
    return value is False or (isinstance(value, str) and value.lower() in ("false", "0"))


def retry_after(headers: Mapping[str, str], longest: float = _LONGEST_WAIT) -> float | None:
    """Seconds to wait, from a number or an HTTP date; at most `longest`, None when absent or unreadable."""
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text, re.ASCII):
        return min(float(text), longest)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), longest)


def _is_permanent(code: int, text: str, data: object) -> bool:
    row = mapping(data)
    if "expected" in row or row.get("code") == "invalid_instance":
        return False
    if _is_asleep(text):
        return False
    if not row and code in (200, 404):
        # A page of HTML is some gateway's or another server's: it knows nothing of the label that we asked for.
        return False
    if code < 300:
        return bool(_LASTING.search(text))
    return code in _PERMANENT or (code == 500 and bool(_STUCK.search(text)))


def _told_status(data: object) -> int | None:
    """An error number inside the body, wherever the platforms under Wawp put one."""
    row = mapping(data)
    told = [row.get(key) for key in ("statusCode", "status", "code", "upstream_status")]
    texts = [plain(value, 4) for value in (*told, inner(row, "data", "status"))]
    return next((int(text) for text in texts if _ERROR_NUMBER.fullmatch(text)), None)


def _decoded(body: bytes) -> object:
    try:
        return decode(body)
    except ValueError:
        return None


def _words(data: object, depth: int = 3) -> str:
    """The sentence in a JSON answer. Never the whole of it: WAHA's 500 repeats the request, credentials included."""
    if isinstance(data, str):
        return data
    if not isinstance(data, dict) or not depth:
        return "; ".join(item for item in listed(data) or [] if isinstance(item, str))
    said = (_words(data.get(key), depth - 1) for key in _SENTENCES)
    sentence = next(filter(None, said), "")
    code = data.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code) or code in sentence:
        return sentence
    return f"{sentence} ({code})" if sentence else code


def _is_asleep(text: str) -> bool:
    return bool(_SESSION.search(text)) and "label" not in text.lower()
