"""How labels are spread over the world's chats."""

import pytest

from tests.bench.shape import AWKWARD, MEAN, MOST, NARROW, SLOPE, STAGES, WIDE, shares


@pytest.mark.parametrize("labels", [20, 100])
def test_the_shares_follow_zipf_and_add_up_to_the_mean(labels: int) -> None:
    found = shares(labels)
    assert (len(found), max(found)) == (labels, MOST)
    assert sum(found) == pytest.approx(MEAN)
    assert found[9] / found[19] == pytest.approx(2**SLOPE)
    assert found == sorted(found, reverse=True)


def test_few_labels_are_on_many_chats_and_most_on_few() -> None:
    found = shares(100)
    assert [round(found[rank - 1], 2) for rank in (1, 2, 3, 10, 100)] == [0.6, 0.6, 0.41, 0.1, 0.01]


def test_one_number_has_a_hundred_labels_and_the_awkward_ones_the_other_as_many_as_whatsapp_allows() -> None:
    assert len(WIDE.names) == len(set(WIDE.names)) == 100 + len(STAGES) + len(AWKWARD)
    assert len(NARROW.names) == 20
    assert set(NARROW.names) < set(WIDE.names)  # bound by name across numbers
