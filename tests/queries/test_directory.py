"""Labels in the order of the screens, with their place in a funnel."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Instance, Label, LabelGroup
from labelapp.queries.directory import directory_of, tag_of

Labels = dict[str, Label]


def test_sections_hold_the_funnel_first_and_number_its_stages(number: Instance, labels: Labels) -> None:
    funnel, free = directory_of(number).sections
    assert [(tag.name, tag.stage, tag.stages) for tag in funnel.tags] == [
        ("New lead", 1, 3),
        ("Quoted", 2, 3),
        ("Paid", 3, 3),
    ]
    assert (funnel.name, funnel.is_funnel, funnel.is_exclusive) == ("Sales funnel", True, True)
    assert [(tag.name, tag.stage, tag.exclusive) for tag in free.tags] == [("VIP", 0, False), ("On hold", 0, False)]


def test_one_query_however_many_labels(
    number: Instance, labels: Labels, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        directory_of(number)


def test_a_dead_label_is_known_but_in_no_section(number: Instance, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    found = directory_of(number)
    assert found.tags[labels["VIP"].pk].dead
    assert "VIP" not in [tag.name for section in found.sections for tag in section.tags]
    assert found.used == 4


def test_exclusive_labels_know_their_group(number: Instance, labels: Labels) -> None:
    either = LabelGroup.objects.create(instance=number, name="Region", kind=LabelGroup.Kind.EXCLUSIVE)
    Label.objects.filter(pk=labels["VIP"].pk).update(group=either)
    found = directory_of(number)
    vip = found.tags[labels["VIP"].pk]
    assert (vip.exclusive, vip.stage) == (True, 0)
    assert found.groups[vip.pk] == either.pk
    assert labels["On hold"].pk not in found.groups


def test_labels_of_other_numbers_stay_out(number: Instance, other_number: Instance, labels: Labels) -> None:
    assert directory_of(other_number).tags == {}


@pytest.mark.django_db
def test_tags_that_look_the_same_are_equal_whatever_their_count(labels: Labels) -> None:
    before = tag_of(labels["VIP"])
    labels["VIP"].chat_count += 5
    assert tag_of(labels["VIP"]) == before
    labels["VIP"].name = "Very important"
    assert tag_of(labels["VIP"]) != before
