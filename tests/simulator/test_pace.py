from labelapp.simulator.pace import AtOnce, Pace


def test_the_most_in_any_ten_seconds() -> None:
    pace = Pace()
    for now in (1.0, 2.0, 3.0, 11.0, 12.5, 12.6, 30.0):
        pace.note(now)
    assert pace.as_dict() == {"total": 7, "most": 4, "seconds": 29.0}


def test_the_most_at_once() -> None:
    calls = AtOnce()
    assert [calls.enter("a"), calls.enter("a"), calls.enter("b")] == [1, 2, 1]
    for chat in "aab":
        calls.leave(chat)
    assert calls.as_dict() == {"now": 0, "most": 2, "chat": "a"}
