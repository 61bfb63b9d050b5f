"""Colours that are mixed up. The distances are those of the paper that describes CIEDE2000."""

import pytest

from labelapp.queries.colors import EYES, REDS, Triple, alike, ciede2000, clear_of, confusable, distance, likeness
from labelapp.whatsapp.palette import PALETTE

# Sharma, Wu, Dalal (2005), table 1
PAPER = [
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), PAPER)
def test_the_distances_of_the_paper(one: Triple, other: Triple, expected: float) -> None:
    assert round(ciede2000(one, other), 4) == expected
    assert round(ciede2000(other, one), 4) == expected


def test_indigo_and_violet_are_one_colour_to_the_green_blind() -> None:
    assert distance(PALETTE[8], PALETTE[19]) > 10
    assert distance(PALETTE[8], PALETTE[19], "deutan") < 1
    found = likeness(8, 19)
    assert found is not None
    assert (found.eyes, found.distance < 1) == ("deutan", True)


def test_white_and_black_look_the_same_to_all_eyes() -> None:
    for eyes in ("normal", "protan", "deutan", "tritan"):
        assert distance("#ffffff", "#000000", eyes) == pytest.approx(100, abs=0.5)


def test_a_colour_is_mixed_up_with_itself_and_not_with_what_is_far() -> None:
    same = likeness(3, 3)
    assert same is not None
    assert same.distance == 0
    assert likeness(13, 1) is None


def test_the_pairs_of_the_palette() -> None:
    found = {(each.one, each.other): each.eyes for each in alike()}
    assert {pair for pair, eyes in found.items() if eyes == "normal"} == {(3, 6), (5, 12), (7, 16)}
    assert {(2, 15), (8, 19), (15, 16), (5, 10)} <= set(found)
    assert len(found) < 30  # advice about most pairs would be none


def test_colours_that_are_clear_of_others() -> None:
    clear = clear_of(frozenset({8}))
    assert {8, 19} & set(clear) == set()
    assert {1, 2} <= set(clear)


def test_red_is_advised_to_urgent_labels_alone() -> None:
    assert set(clear_of([], urgent=True)) - set(clear_of([])) == set(REDS)
    assert not set(REDS) & set(clear_of([8, 2]))
    assert 13 in clear_of([8, 2], urgent=True)


def test_the_farthest_come_first_and_a_full_palette_leaves_none() -> None:
    used = [8, 2, 13]
    found = clear_of(used, but=[0])
    assert not set(found) & {0, 8, 19, 2, 15, 13}
    assert clear_of(range(20)) == []
    nearest = [min(distance(PALETTE[one], PALETTE[n], eyes) for n in used for eyes in EYES) for one in found]
    assert nearest == sorted(nearest, reverse=True)


def test_likeness_holds_both_ways_and_nothing_is_like_itself() -> None:
    assert 19 in confusable()[8]  # indigo and violet, without green cones
    for one, others in confusable().items():
        assert one not in others
        assert all(one in confusable()[other] for other in others)
