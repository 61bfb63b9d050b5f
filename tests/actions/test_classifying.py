"""Questions to classifiers never reach an address inside, and say nothing in logs."""

import logging
import socket
from typing import Any

import pytest

from labelapp.actions.classified import REASONS
from labelapp.actions.classifying import Question
from labelapp.whatsapp.outgoing import Failure, new_signing_secret
from tests.whatsapp.test_outgoing import INSIDE, knocks

__all__ = ["knocks"]
SAID = "I want my money back"


def question(url: str, *, allow_private: bool = False) -> Question:
    return Question(
        pk=1,
        hook=1,
        attempt=1,
        url=url,
        allow_private=allow_private,
        keys=(new_signing_secret(),),
        message_id="msg_1",
        body=SAID.encode(),
    )


@pytest.mark.parametrize("address", INSIDE)
def test_no_connection_to_an_address_inside(address: str, knocks: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    host = f"[{address}]" if ":" in address else address
    assert question(f"http://{host}:8080/").run().failure == Failure.FORBIDDEN
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    leads = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: leads)
    assert question("https://classify.example/").run().failure == Failure.FORBIDDEN
    assert knocks == []


def test_a_question_shows_nothing_of_itself(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked = question("http://127.0.0.1:9/?key=secret-in-the-address", allow_private=True)
    assert asked.run().failure == Failure.NO_CONNECTION
    shown = repr(asked) + str(asked) + caplog.text
    assert not any(hidden in shown for hidden in (SAID, "money", "secret-in", asked.keys[0]))


def test_every_failure_has_its_reason() -> None:
    assert set(REASONS) == set(Failure) - {Failure.NONE}
