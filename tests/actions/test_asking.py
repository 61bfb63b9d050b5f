"""One provider that hangs, or breaks the doctor, costs its own number only."""

import threading
import time

from labelapp.actions.asking import ask_together
from labelapp.models import Instance
from labelapp.queries.checkup import Check, ok


def numbers(*slugs: str) -> list[Instance]:
    return [Instance(pk=n, slug=slug) for n, slug in enumerate(slugs)]


def fine(number: Instance) -> list[Check]:
    return [ok("provider", "Fine.", number.slug)]


def test_one_that_hangs_holds_nobody_up() -> None:
    released = threading.Event()

    def ask(number: Instance) -> list[Check]:
        if number.slug == "slow":
            released.wait(20)
        return fine(number)

    started = time.monotonic()
    found = ask_together(numbers("slow", "quick"), ask, seconds=1)
    released.set()
    assert time.monotonic() - started < 5
    assert [(check.level, check.words) for check in found[0]] == [("failure", "The provider took longer than 1 s.")]
    assert found[1] == fine(numbers("", "quick")[1])


def test_they_are_asked_at_once() -> None:
    meeting = threading.Barrier(4)

    def ask(number: Instance) -> list[Check]:
        meeting.wait(20)
        return fine(number)

    found = ask_together(numbers("a", "b", "c", "d"), ask)
    assert [checks[0].level for checks in found.values()] == ["ok"] * 4


def test_a_surprise_is_a_line_without_its_text() -> None:
    def ask(number: Instance) -> list[Check]:
        raise RuntimeError("token=secret")

    (found,) = ask_together(numbers("a"), ask)[0]
    assert (found.level, found.words) == ("failure", "The doctor itself stumbled here (RuntimeError).")
