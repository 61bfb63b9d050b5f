import pytest

from labelapp.whatsapp.palette import PALETTE, color_index


def test_twenty_colours_that_differ() -> None:
    assert len(set(PALETTE)) == 20
    assert (PALETTE[0], PALETTE[1], PALETTE[19]) == ("#ff9485", "#64c4ff", "#9368cf")


@pytest.mark.parametrize("index", range(20))
def test_every_way_to_tell_a_colour(index: int) -> None:
    code = PALETTE[index]
    told = [index, str(index), code, code.upper(), float(index)]
    assert [color_index(value) for value in told] == [index] * 5
    assert color_index(None, code.upper()) == index


@pytest.mark.parametrize(
    "value", [None, True, -1, 20, 99, "", "x", "-1", "20", "#DFE5E7", "#000000", 1.5, float("inf")]
)
def test_no_colour_of_ours(value: int | float | str | None) -> None:
    assert color_index(value) is None


def test_the_index_wins_over_the_hex() -> None:
    assert color_index(0, "#64c4ff") == 0
    assert color_index(99, "#64c4ff") == 1
