"""The inbox of all numbers over HTTP."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertRedirects

from labelapp.models import Chat, Instance, Label, LabelGroup, User
from tests.conftest import MakeChat, make_number
from tests.views.test_chats import HTMX, ids, page

Labels = dict[str, Label]
ALL = "/chats/?instance=all"


@pytest.fixture
def asked(client: Client, agent: User) -> Client:
    """An agent's browser."""
    client.force_login(agent)
    return client


@pytest.fixture
def shop(number: Instance) -> Instance:
    """A second number that everyone may see."""
    return make_number("shop", name="Porto shop")


@pytest.fixture
def vips(labels: Labels, shop: Instance) -> dict[str, Label]:
    """The label VIP of each number, by short name: of another colour, and in another case."""
    there = Label.objects.create(
        instance=shop, wa_id="1", name="vip", color_index=7, position=1, known_at=timezone.now()
    )
    return {"demo": labels["VIP"], "shop": there}


@pytest.fixture
def pair(vips: dict[str, Label], shop: Instance, make_chat: MakeChat) -> tuple[Chat, Chat]:
    """The same person at both numbers, with each one's VIP."""
    here = make_chat("2010@c.us", "Mariam", (vips["demo"],))
    return here, make_chat("2010@c.us", "Mariam H", (vips["shop"],), shop)


def fragment(client: Client, path: str, current: str = ALL) -> str:
    return page(client, path, **HTMX, **{"HX-Current-URL": f"http://testserver{current}"})


def test_all_chats_in_one_walk_and_each_says_whose_it_is(asked: Client, pair: tuple[Chat, Chat]) -> None:
    here, there = pair
    html = page(asked, ALL)
    assert ids(html) == [there.pk, here.pk]
    assert re.findall(r'data-number="(\w+)" data-focus-home', html) == ["shop", "demo"]
    assert re.findall(r'<small class="home ell" dir="auto">([^<]+)</small>', html) == ["Porto shop", "Demo"]
    assert f'href="/chats/{here.pk}/?instance=all"' in html
    alone = page(asked, "/chats/?instance=demo")
    assert (ids(alone), 'class="home' in alone) == ([here.pk], False)


def test_a_name_is_one_filter_and_each_chip_keeps_its_colour(
    asked: Client, pair: tuple[Chat, Chat], vips: dict[str, Label]
) -> None:
    html = page(asked, f"{ALL}&q=label:vip")
    assert ids(html) == [pair[1].pk, pair[0].pk]
    assert len(re.findall(r'id="facet-\d+"[^>]*>.*?vip', html, re.IGNORECASE)) == 1
    assert re.findall(r'<span class="chip (c\d+)[^>]+data-pk="(\d+)"', html.partition('id="rows"')[2])[:2] == [
        ("c7", str(vips["shop"].pk)),
        ("c3", str(vips["demo"].pk)),
    ]
    assert "2 of 2" in html
    assert f'data-label="{vips["demo"].pk} {vips["shop"].pk}"' in html


def test_the_next_page_is_of_all_numbers_too(asked: Client, shop: Instance, make_chat: MakeChat) -> None:
    chats = [make_chat(f"30{n}@c.us", instance=shop if n % 2 else None) for n in range(60)]
    html = page(asked, ALL)
    following = re.search(r'hx-get="(/chats/rows/\?[^"]+)"', html)
    assert following
    second = fragment(asked, following[1].replace("&amp;", "&"))
    assert ids(html) + ids(second) == [chat.pk for chat in reversed(chats)]


def test_the_choice_is_remembered_and_told_by_the_address(asked: Client, pair: tuple[Chat, Chat]) -> None:
    page(asked, ALL)
    assertRedirects(asked.get("/chats/?q=label:VIP"), "/chats/?q=label:VIP&instance=all", fetch_redirect_response=False)
    path = f"/chats/{pair[0].pk}/"
    assertRedirects(asked.get(path), f"{path}?instance=all", fetch_redirect_response=False)
    page(asked, "/chats/?instance=demo")
    assert 'data-number="demo"' in page(asked, "/chats/")


def test_an_open_chat_keeps_the_list_of_all(asked: Client, pair: tuple[Chat, Chat]) -> None:
    html = page(asked, f"/chats/{pair[1].pk}/?instance=all")
    assert ids(html) == [pair[1].pk, pair[0].pk]
    assert re.search(r'<section class="side"[^>]*data-number="shop"', html)
    alone = page(asked, f"/chats/{pair[1].pk}/?instance=demo")
    assert ids(alone) == [pair[1].pk]


def test_the_panel_names_the_same_person_elsewhere(asked: Client, pair: tuple[Chat, Chat]) -> None:
    here, there = pair
    html = page(asked, f"/chats/{here.pk}/?instance=demo")
    assert "also on <bdi>Porto shop</bdi>" in html
    assert f'href="/chats/{there.pk}/?instance=shop"' in html
    of_all = fragment(asked, f"/chats/{here.pk}/elsewhere/")
    assert f'href="/chats/{there.pk}/?instance=all" data-open' in of_all
    assert f"chat-{there.pk} from:body, labels-shop from:body" in of_all
    assert 'class="chip c7' in of_all


def test_nothing_of_a_number_that_one_may_not_see(
    asked: Client, admin: User, other_number: Instance, pair: tuple[Chat, Chat], make_chat: MakeChat
) -> None:
    secret = Label.objects.create(instance=other_number, wa_id="1", name="Secret", known_at=timezone.now())
    hidden = make_chat("2010@c.us", "Hidden", (secret,), other_number)
    for path in (ALL, f"{ALL}&q=label:secret,vip", f"{ALL}&q=number:other", f"/chats/{pair[0].pk}/?instance=all"):
        html = page(asked, path)
        assert hidden.pk not in ids(html)
        assert not re.search("Hidden|>Other<|>Secret<", html)
    asked.force_login(admin)
    assert hidden.pk in ids(page(asked, ALL))


def test_the_picker_and_the_keys_are_those_of_the_chats_own_number(
    asked: Client, pair: tuple[Chat, Chat], vips: dict[str, Label], labels: Labels
) -> None:
    picker = fragment(asked, f"/chats/{pair[1].pk}/picker/")
    assert re.findall(r'id="opt-(\d+)"', picker) == [str(vips["shop"].pk)]
    assert ">1/20<" in picker
    numbered = re.search(r'<div id="numbered" hidden>(.*)', page(asked, ALL))
    assert numbered
    groups = re.findall(r'<div data-number="(\w+)">(.*?)</div>', numbered[1])
    assert [(slug, chips.count("data-pk")) for slug, chips in groups] == [("demo", 5), ("shop", 1)]


def test_a_click_is_answered_with_the_row_as_the_list_of_all_has_it(
    asked: Client, pair: tuple[Chat, Chat], vips: dict[str, Label]
) -> None:
    here, there = pair
    headers = HTMX | {"HX-Current-URL": f"http://testserver/chats/{there.pk}/?instance=all"}
    answer = asked.post(f"/chats/{there.pk}/labels/{vips['shop'].pk}/", {"state": "off"}, headers=headers)
    html = answer.content.decode()
    assert re.findall(r'class="home ell" dir="auto">([^<]+)<', html) == ["Porto shop"]
    assert f'id="tags-{there.pk}"' in html
    foreign = asked.post(f"/chats/{here.pk}/labels/{vips['shop'].pk}/", {"state": "on"}, headers=headers)
    assert foreign.status_code == 404


def test_no_stage_is_told_only_at_numbers_that_have_stages(
    asked: Client, labels: Labels, shop: Instance, make_chat: MakeChat
) -> None:
    make_chat("1@c.us"), make_chat("2@c.us", instance=shop)
    assert page(asked, ALL).count("No stage") == 1
    LabelGroup.objects.update(kind=LabelGroup.Kind.FREE)
    assert page(asked, ALL).count("No stage") == 0


def test_the_banner_of_each_number_that_is_away(asked: Client, shop: Instance) -> None:
    Instance.objects.filter(slug="shop").update(status="STOPPED")
    html = page(asked, ALL)
    assert "Porto shop is not connected to WhatsApp since" in html
    assert re.findall(r'id="notes-(\w+)"', html) == ["demo", "shop"]
    assert "Labels set on the phone show within" not in html
    Instance.objects.filter(slug="shop").update(status="WORKING", trouble="timeout")
    banner = fragment(asked, "/chats/number/?instance=shop")
    assert '<b dir="auto">Porto shop</b> · <b>The provider can' in banner
    assert "Porto shop" not in fragment(asked, "/chats/number/?instance=shop", "/chats/?instance=shop")


def test_the_switcher_offers_all_numbers_where_there_are_several(asked: Client, number: Instance) -> None:
    assert "instance=all" not in page(asked, "/chats/")
    assert 'data-number="demo"' in page(asked, ALL)  # all of one number is that number
    make_number("shop")
    html = page(asked, "/chats/?instance=demo")
    assert {'id="number-all"', 'id="switch-all"'} <= set(re.findall(r'id="(?:number|switch)-all"', html))
    assert re.search(r'id="number-all" href="/chats/\?instance=all" aria-current="true"', page(asked, ALL))


def test_all_of_no_number_asks_to_connect_one(asked: Client) -> None:
    assert "Ask an admin" in page(asked, ALL)
    assert asked.get("/chats/rows/?instance=all").status_code == 404


def test_the_rail_follows_every_number(asked: Client, pair: tuple[Chat, Chat]) -> None:
    html = page(asked, f"{ALL}&q=label:VIP&order=waiting")
    assert "labels-all from:body" in html
    assert 'name="instance" value="all"' in html
    assert 'hx-get="/chats/facets/?q=label:VIP&amp;instance=all&amp;order=waiting"' in html


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(("many", "page_queries", "row_queries"), [(2, 18, 10), (5, 27, 13)])
def test_queries_are_flat_in_rows_and_grow_by_three_a_number(
    asked: Client,
    labels: Labels,
    make_chat: MakeChat,
    count: int,
    many: int,
    page_queries: int,
    row_queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    numbers = [make_number(f"shop-{n}") for n in range(many - 1)]
    for n in range(count):
        make_chat(f"3{n}@c.us", labels=(labels["VIP"],), last_in_at=timezone.now())
        for home in numbers:
            make_chat(f"3{n}@c.us", instance=home)
    asked.get(ALL)  # the session remembers it
    with django_assert_num_queries(page_queries):
        assert len(ids(page(asked, ALL))) == min(50, count * many)
    with django_assert_num_queries(row_queries):
        fragment(asked, "/chats/rows/?instance=all")


def test_a_label_goes_by_its_name_at_another_number(
    asked: Client, pair: tuple[Chat, Chat], vips: dict[str, Label], labels: Labels, shop: Instance
) -> None:
    here, there = pair
    Label.objects.create(instance=shop, wa_id="2", name="Vip", archived_at=timezone.now(), known_at=timezone.now())
    assert f'data-pk="{vips["shop"].pk}"' in fragment(asked, f"/chats/{there.pk}/labels/{vips['demo'].pk}/namesake/")
    assert f'data-pk="{vips["demo"].pk}"' in fragment(asked, f"/chats/{here.pk}/labels/{vips['shop'].pk}/namesake/")
    missing = asked.get(f"/chats/{there.pk}/labels/{labels['Paid'].pk}/namesake/", headers=HTMX)
    assert (missing.status_code, missing.content.decode()) == (404, "Porto shop has no label “Paid”.")


def test_a_stranger_learns_no_name(
    asked: Client, other_number: Instance, pair: tuple[Chat, Chat], make_chat: MakeChat, labels: Labels
) -> None:
    theirs = Label.objects.create(instance=other_number, wa_id="1", name="VIP", known_at=timezone.now())
    closed = make_chat("2020@c.us", instance=other_number)
    addresses = [(pair[0].pk, theirs.pk), (closed.pk, labels["VIP"].pk)]
    assert [asked.get(f"/chats/{chat}/labels/{label}/namesake/").status_code for chat, label in addresses] == [404, 404]
