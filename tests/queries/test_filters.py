"""A filter is read from an address and written back into one."""

from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.utils import timezone

from labelapp.models import Instance, Label
from labelapp.queries.directory import Directory, directory_of
from labelapp.queries.filters import Filter, Unknown, read_filter

Labels = dict[str, Label]


@pytest.fixture
def directory(number: Instance, labels: Labels) -> Directory:
    return directory_of(number)


def read(query: str, directory: Directory) -> Filter:
    return read_filter(QueryDict(query), directory)


def test_an_address_is_read_and_written_back(directory: Directory, labels: Labels) -> None:
    vip, hold, paid = (labels[name].pk for name in ("VIP", "On hold", "Paid"))
    query = f"label={vip}&label={hold}&not={paid}&match=all&unanswered=1&kind=group&q=big+order"
    found = read(query, directory)
    assert found == Filter((vip, hold), "all", (paid,), text="big order", unanswered=True, kind="group")
    assert read(found.query(), directory) == found


def test_nothing_asked_is_the_empty_filter(directory: Directory) -> None:
    assert not read("instance=demo&before=3", directory)
    assert read("", directory).query(instance="demo") == "instance=demo"


@pytest.mark.parametrize("value", ["999999", "x", "-1", "1.5", "٣", "9" * 40, "", "1\x00"])
def test_a_label_that_is_not_there_stays_in_the_filter(directory: Directory, labels: Labels, value: str) -> None:
    vip = labels["VIP"].pk
    found = read(f"label={vip}&label={quote(value)}", directory)
    assert (found.labels, len(found.unknown)) == ((vip,), 1)
    assert read(found.query(), directory) == found


def test_a_dead_label_and_one_of_another_number_are_not_there(
    number: Instance, other_number: Instance, labels: Labels
) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    elsewhere = Label.objects.create(instance=other_number, wa_id="1", name="Elsewhere")
    found = read(f"label={labels['VIP'].pk}&not={elsewhere.pk}", directory_of(number))
    assert found == Filter(unknown=(str(labels["VIP"].pk),), unknown_without=(str(elsewhere.pk),))
    assert found


def test_a_label_that_is_not_there_can_be_dropped() -> None:
    wanted, without = Filter((1,), unknown=("x", "y"), unknown_without=("z",)).strangers()[1:]
    assert wanted == Unknown("y", False, "label=1&label=x&not=z")
    assert without == Unknown("z", True, "label=1&label=x&label=y")
    assert Filter(unknown=("x",)).unlabelled() == Filter(no_label=True)


def test_only_a_wanted_label_that_is_not_there_voids_and_living_ones_do_instead() -> None:
    assert Filter(unknown=("x",)).is_void
    assert Filter((1,), "all", unknown=("x",)).is_void
    assert not Filter((1,), unknown=("x",)).is_void
    assert not Filter((1,), "all", unknown_without=("x",)).is_void
    assert Filter((1,), unknown=("x",)).has_choice


def test_unknown_words_and_control_characters_change_nothing(directory: Directory) -> None:
    assert not read("kind=robot&match=some&unanswered=yes&nolabel=on&q=%00", directory)


def test_a_label_goes_in_and_out_and_never_on_both_sides() -> None:
    sieve = Filter(no_label=True).including(3)
    assert sieve == Filter(labels=(3,))
    assert sieve.excluding(3) == Filter(without=(3,))
    assert sieve.excluding(3).including(3) == Filter(labels=(3,))
    assert sieve.including(3) == Filter()
    assert sieve.excluding(3).excluding(3) == Filter()
    assert sieve.excluding(3).dropping(3) == Filter()


def test_without_any_label_drops_the_wanted_ones() -> None:
    assert Filter(labels=(1, 2), without=(3,)).unlabelled() == Filter(without=(3,), no_label=True)


def test_one_wanted_label_is_no_choice_between_any_and_all() -> None:
    assert Filter(labels=(1,)).needs_all
    assert not Filter(labels=(1, 2)).needs_all
    assert Filter(labels=(1, 2), match="all").needs_all
