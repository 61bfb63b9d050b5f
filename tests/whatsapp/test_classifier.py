"""What classifiers answer: names of labels, or what is none of that."""

import gzip
import json
from collections.abc import Iterator

import pytest

from labelapp.whatsapp.classifier import MOST_BYTES, BadAnswer, names_in
from labelapp.whatsapp.outgoing import Failure, post
from tests.hook_receiver import HookReceiver, receiver


@pytest.fixture
def far() -> Iterator[HookReceiver]:
    with receiver() as one:
        yield one


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"labels": ["Urgent", " \xd8\xb9\xd9\x85\xd9\x8a\xd9\x84 "]}', ["Urgent", "عميل"]),
        (b'{"labels": [], "confidence": 0.9}', []),
        (b'{"labels": ["VIP", "VIP", "", "a\\u0000b"]}', ["VIP", "ab"]),
        (b'\xef\xbb\xbf{"labels": ["VIP"]}', ["VIP"]),
    ],
)
def test_names(body: bytes, names: list[str]) -> None:
    assert names_in(body) == names


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"null", b"[]", b'["Urgent"]', b'{"labels": "Urgent"}', b'{"labels": [1]}', b'{"labels": null}', b"{}",
        b'{"labels": ["a"]', b"\xff\xfe\x00", b"[" * 60_000, b"9" * 60_000, b'{"labels": [{"name": "Urgent"}]}',
        json.dumps({"labels": [str(n) for n in range(101)]}).encode(),
    ],
)  # fmt: skip
def test_no_names(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        names_in(body)


@pytest.mark.parametrize(("size", "failure"), [(MOST_BYTES, Failure.NONE), (MOST_BYTES + 1, Failure.TOO_LONG)])
def test_an_answer_is_read_whole_up_to_a_size(far: HookReceiver, size: int, failure: Failure) -> None:
    far.answers, far.body = [(200, {}, 0)], b"x" * size
    answer = post(far.url, b"{}", {}, allow_private=True, whole=MOST_BYTES)
    assert (answer.failure, len(answer.body)) == (failure, 0 if failure else size)


def test_nothing_is_unpacked(far: HookReceiver) -> None:
    far.answers, far.body = [(200, {"Content-Encoding": "gzip"}, 0)], gzip.compress(b"x" * 10_000_000)
    answer = post(far.url, b"{}", {}, allow_private=True, whole=MOST_BYTES)
    assert answer.body == far.body


def test_of_an_error_the_first_words_are_enough(far: HookReceiver) -> None:
    far.answers, far.body = [(500, {}, 0)], b"<p>sorry</p>" + b"x" * 2 * MOST_BYTES
    answer = post(far.url, b"{}", {}, allow_private=True, whole=MOST_BYTES)
    assert (answer.status, answer.failure, answer.body, answer.text[:7]) == (500, Failure.NONE, b"", " sorry ")
