"""The same person at other numbers."""

import pytest
from pytest_django import DjangoAssertNumQueries

from labelapp.models import ChatAlias, Instance, Label
from labelapp.queries.elsewhere import elsewhere
from tests.conftest import MakeChat, make_number

Labels = dict[str, Label]


def test_one_of_the_addresses_is_enough(number: Instance, other_number: Instance, make_chat: MakeChat) -> None:
    vip = Label.objects.create(instance=other_number, wa_id="1", name="VIP")
    here, there = make_chat("2010@c.us"), make_chat("77@lid", labels=(vip,), instance=other_number)
    make_chat("2011@c.us", instance=other_number)
    assert elsewhere(here, [other_number]) == []
    ChatAlias.objects.create(instance=number, jid="77@lid", chat=here)
    (found,) = elsewhere(here, [other_number])
    assert (found.chat, [pair.tag.name for pair in found.pairs]) == (there, ["VIP"])
    assert elsewhere(there, [number])[0].chat == here


def test_a_number_that_is_not_asked_about_says_nothing(
    number: Instance, other_number: Instance, make_chat: MakeChat
) -> None:
    here = make_chat("2010@c.us")
    make_chat("2010@c.us", instance=other_number)
    assert elsewhere(here, []) == []


@pytest.mark.parametrize("many", [1, 4])
def test_it_costs_the_same_for_many_numbers(
    number: Instance, make_chat: MakeChat, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here = make_chat("2010@c.us")
    others = [make_number(f"shop-{n}") for n in range(many)]
    for other in others:
        label = Label.objects.create(instance=other, wa_id="1", name="VIP")
        make_chat("2010@c.us", labels=(label,), instance=other)
    with django_assert_num_queries(4):
        found = elsewhere(here, others)
    assert [each.chat.instance.slug for each in found] == [other.slug for other in others]
