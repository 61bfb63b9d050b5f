import pytest

from labelapp.whatsapp.texts import identifier, plain, readable, words

SECRETS = ("tok/en+123456", "demo")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\0b", "ab"),
        ("\ud800x", "x"),
        ("ناجح 🎉", "ناجح 🎉"),
        (7, "7"),
        (True, ""),
        (None, ""),
        ({}, ""),
        ("x" * 9, "xxxxx"),
    ],
)
def test_plain(value: object, text: str) -> None:
    assert plain(value, 5 if value == "x" * 9 else 50) == text


@pytest.mark.parametrize(
    ("value", "text"), [(31, "31"), (" 31 ", "31"), (None, ""), ("x" * 64, "x" * 64), ("x" * 65, "")]
)
def test_identifier(value: object, text: str) -> None:
    assert identifier(value) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Label not found", "Label not found"),
        ("Invalid or Missing Access Token", "Invalid or Missing Access Token"),
        ("two\r\n lines\x1b[31m\u202e", "two lines [31m"),
        ("no tok/en+123456 here", "no *** here"),
        ("no tok%2Fen%2B123456 here", "no *** here"),
        ("the demo of a demonstration", "the *** of a demonstration"),
        (
            "GET /v2/labels?access_token=abc&instance_id=9 failed",
            "GET /v2/labels?access_token=***&instance_id=*** failed",
        ),
        ('{"access_token": "abc"}', '{"access_token": "***"}'),
        ("Authorization: Bearer abc.def failed", "Authorization: Bearer *** failed"),
        ("see https://u:p@api.example/v2?x=1 now", "see *** now"),
    ],
)
def test_words_hide_what_opens_an_account(raw: str, shown: str) -> None:
    assert words(raw, SECRETS) == shown


def test_words_are_cut_after_hiding() -> None:
    shown = words("x" * 295 + " tok/en+123456", SECRETS)
    assert len(shown) == 299
    assert shown.endswith(" ***")
    assert words("y" * 400, SECRETS) == "y" * 299 + "…"


@pytest.mark.parametrize(
    ("markup", "read"),
    [
        ("<html><title>502 Bad Gateway</title><body>nginx</body></html>", "502 Bad Gateway"),
        ("<p>Not &amp; here<script>alert(1)</script></p>", "Not & here"),
        ('<?xml version="1.0"?><Error><Message>Bad Request</Message></Error>', "Bad Request"),
        ("plain words", "plain words"),
        ("<" * 30_000, "<" * 20_000),
    ],
)
def test_readable(markup: str, read: str) -> None:
    assert " ".join(readable(markup).split()) == read
