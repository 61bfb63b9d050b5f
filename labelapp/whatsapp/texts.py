"""Texts from outside, made safe: to store (no NUL, no half characters) and to show (no credential, no address)."""

import html
import re
from collections.abc import Iterable
from urllib.parse import quote

TEXT_LIMIT = 4096
NAME_LIMIT = 200
ID_LIMIT = 64
MESSAGE_ID_LIMIT = 160
WORDS_LIMIT = 300

_SCRIPT = re.compile(r"<(script|style)\b.*?(</\1>|$)", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
# Control characters, line separators, and the marks that can turn the reading direction of a whole sentence.
_UNSEEN = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://\S+", re.IGNORECASE)
_CREDENTIAL = re.compile(
    r"(\b(?:access[_-]?token|instance[_-]?id|x-instance-id|api[_-]?key|x-api-key|authorization|hmac)"
    r"[\"']?\s*[:=]\s*[\"']?(?:bearer\s+)?|\bbearer\s+)[^\s\"'&,;<>}\])]+",
    re.IGNORECASE,
)


def plain(value: object, limit: int) -> str:
    """`value` as a text that every database takes, at most `limit` characters; "" for what is no text or number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    # PostgreSQL refuses NUL, and no database takes half of a surrogate pair, which JSON can carry as \ud800.
    return str(value).replace("\0", "").encode("utf-8", "ignore").decode()[:limit]


def identifier(value: object, limit: int = ID_LIMIT) -> str:
    """An id told as text or number; "" for none and for one too long to be real: a cut one would match others."""
    text = plain(value, limit + 1).strip()
    return text if len(text) <= limit else ""


def readable(markup: str) -> str:
    """What a person would read of an HTML or XML answer: its title, else its text."""
    markup = _SCRIPT.sub(" ", markup[:20_000])
    title = _TITLE.search(markup)
    return html.unescape(_TAG.sub(" ", title[1] if title and title[1].strip() else markup))


def words(raw: str, secrets: Iterable[str]) -> str:
    """`raw` on one line, at most 300 characters, without addresses and without anything that opens an account."""
    text = _UNSEEN.sub(" ", plain(raw, 20_000))
    text = _CREDENTIAL.sub(r"\1***", _ADDRESS.sub("***", text))
    for secret in sorted(secrets, key=len, reverse=True):
        text = _without(text, secret)
    text = text.strip()
    return text if len(text) <= WORDS_LIMIT else text[: WORDS_LIMIT - 1].rstrip() + "…"


def _without(text: str, secret: str) -> str:
    spellings = {re.escape(secret), re.escape(quote(secret, safe=""))} - {""}
    for spelling in spellings:
        # A short one (the demo's "demo") only as a whole word, or it would tear up ordinary sentences.
        pattern = spelling if len(secret) >= 8 else rf"(?<!\w){spelling}(?!\w)"
        text = re.sub(pattern, "***", text, flags=re.IGNORECASE)
    return text
