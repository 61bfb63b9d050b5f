"""The filter as links."""

import pytest

from labelapp.models import Instance, Label
from labelapp.queries.directory import directory_of
from labelapp.queries.facets import Facets, Number
from labelapp.queries.filters import Filter
from labelapp.views.switches import Links, RailItem

Labels = dict[str, Label]


@pytest.fixture
def pks(labels: Labels) -> dict[str, int]:
    return {name: label.pk for name, label in labels.items()}


def links(number: Instance, sieve: Filter) -> Links:
    return Links(number.slug, sieve, directory_of(number))


def item(number: Instance, sieve: Filter, name: str) -> RailItem:
    nothing = Facets(Number(0), Number(0), Number(0))
    found = [each for section in links(number, sieve).rail(nothing) for each in section.labels]
    return next(each for each in found if each.tag.name == name)


def test_each_token_leads_to_the_list_without_it(number: Instance, pks: dict[str, int]) -> None:
    vip, paid = pks["VIP"], pks["Paid"]
    sieve = Filter(labels=(vip,), without=(paid,), text="big", unanswered=True)
    tokens = links(number, sieve).tokens
    assert [(token.words, token.excluded) for token in tokens] == [
        ("VIP", False),
        ("Paid", True),
        ("Unanswered", False),
        ("“big”", False),
    ]
    assert tokens[0].href == f"/chats/?not={paid}&unanswered=1&q=big&instance=demo"
    assert tokens[1].href == f"/chats/?label={vip}&unanswered=1&q=big&instance=demo"
    assert tokens[2].href == f"/chats/?label={vip}&not={paid}&q=big&instance=demo"
    assert tokens[3].href == f"/chats/?label={vip}&not={paid}&unanswered=1&instance=demo"


def test_without_any_label_is_a_token_too(number: Instance, labels: Labels) -> None:
    (token,) = links(number, Filter(no_label=True)).tokens
    assert (token.words, token.href) == ("No label", "/chats/?instance=demo")


def test_people_and_groups_exclude_each_other(number: Instance, labels: Labels) -> None:
    switches = {switch.name: switch for switch in links(number, Filter(kind="person")).switches}
    assert (switches["people"].on, switches["people"].href) == (True, "/chats/?instance=demo")
    assert (switches["groups"].on, switches["groups"].href) == (False, "/chats/?kind=group&instance=demo")


def test_a_label_of_the_rail_can_be_wanted_refused_and_left(number: Instance, pks: dict[str, int]) -> None:
    vip = pks["VIP"]
    none, wanted, refused = (
        "/chats/?instance=demo",
        f"/chats/?label={vip}&instance=demo",
        f"/chats/?not={vip}&instance=demo",
    )
    states = [Filter(), Filter(labels=(vip,)), Filter(without=(vip,))]
    found = [item(number, sieve, "VIP") for sieve in states]
    assert [(each.included, each.excluded) for each in found] == [(False, False), (True, False), (False, True)]
    assert [(each.include_href, each.exclude_href) for each in found] == [
        (wanted, refused),
        (none, refused),
        (none, none),
    ]


def test_any_and_all_and_nothing(number: Instance, pks: dict[str, int]) -> None:
    found = links(number, Filter(labels=(pks["VIP"], pks["Paid"])))
    assert found.all.startswith(f"/chats/?label={pks['VIP']}&label={pks['Paid']}&match=all")
    assert "match" not in found.any
    assert found.clear == "/chats/?instance=demo"
