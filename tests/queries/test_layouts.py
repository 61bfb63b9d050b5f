"""The order of labels as text, and steps in it."""

import pytest

from labelapp.queries.layouts import group_moved, label_moved, read_layout, write_layout

LAYOUT = [(7, [1, 2, 3]), (9, []), (0, [4])]


def test_there_and_back() -> None:
    assert write_layout(LAYOUT) == "7:1,2,3;9:;0:4"
    assert read_layout("7:1,2,3;9:;0:4") == LAYOUT
    assert read_layout("") == []


@pytest.mark.parametrize("text", ["x", "7:1;", ":", "7", "7:1,,2", "7:1 ", "7:٣", ";".join(["7:"] * 300)])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="order"):
        read_layout(text)


@pytest.mark.parametrize(
    ("label", "by", "after"), [(1, -1, "1,2,3"), (2, -1, "2,1,3"), (2, 1, "1,3,2"), (3, 1, "1,2,3")]
)
def test_a_label_moves_in_its_section(label: int, by: int, after: str) -> None:
    assert write_layout(label_moved(LAYOUT, label, by)) == f"7:{after};9:;0:4"


def test_groups_move_and_what_is_in_none_stays_last() -> None:
    assert write_layout(group_moved(LAYOUT, 9, -1)) == "9:;7:1,2,3;0:4"
    assert group_moved(LAYOUT, 9, 1) == LAYOUT
    assert group_moved(LAYOUT, 0, -1) == LAYOUT
