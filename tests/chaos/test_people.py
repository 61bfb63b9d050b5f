"""Which of two people's clicks was the last one, as far as answers tell."""

from tests.chaos.people import Click, Clicked, last_wish

ON, OFF = Click(1, 2, True), Click(1, 2, False)


def clicked(click: Click, *spans: tuple[float, float]) -> Clicked:
    return Clicked(spans=[(click, made, answered) for made, answered in spans])


def test_a_click_after_every_answer_is_the_last_one() -> None:
    assert last_wish(clicked(ON, (0, 1), (4, 5)), clicked(OFF, (0, 2), (2, 3))) is True
    assert last_wish(clicked(ON, (0, 1)), clicked(OFF, (1.5, 2))) is False


def test_of_two_that_were_under_way_together_nobody_knows() -> None:
    assert last_wish(clicked(ON, (0, 3)), clicked(OFF, (2, 4))) is None
    assert last_wish(clicked(ON, (0, 3), (3.5, 6)), clicked(OFF, (5, 7))) is None


def test_one_person_is_always_known() -> None:
    assert last_wish(clicked(OFF, (0, 1), (1, 2))) is False
