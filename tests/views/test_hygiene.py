"""Hygiene over HTTP: each piece of advice leads to where it is followed, and the forms say the same in passing."""

from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.forms.labels import COLOR_NAMES
from labelapp.models import ChatLabel, Instance, Label, LedgerEntry, User
from labelapp.models.fields import NEVER
from tests.conftest import MakeChat
from tests.ledgers import ago, say, walk
from tests.wire import FarSide

Labels = dict[str, Label]
HERE = "/hygiene/?instance=demo"


def html(client: Client, path: str = HERE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def advice(page: str, kind: str) -> str:
    """What the page says of this kind, with its link."""
    assert f'data-kind="{kind}"' in page
    start = page.index(f'data-kind="{kind}"')
    return page[start : page.index("</li>", start)]


def make_labels(number: Instance, many: int) -> list[Label]:
    return [
        Label.objects.create(instance=number, wa_id=f"9{n}", name="abcdefghijkl"[n] * 5, known_at=ago(1), color_index=1)
        for n in range(many)
    ]


def test_every_kind_leads_to_where_it_is_mended(
    desk: Client, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    Label.objects.filter(instance=number).update(known_at=ago(60 * 24))
    vip, hold = labels["VIP"], labels["On hold"]
    Label.objects.filter(pk=vip.pk).update(name="Followed", color_index=13)
    Label.objects.filter(pk=hold.pk).update(name="Follow", color_index=0)
    say(make_chat(), hold, "add", 2)
    walk(make_chat(), (labels["New lead"], 9), (labels["Paid"], 4), (labels["Quoted"], 3))
    page = html(desk)
    assert "nobody has used it for 30 days" in advice(page, "unused")
    assert f'href="/labels/{vip.pk}/delete/?how=archive"' in advice(page, "unused")
    assert "A hint" in advice(page, "passive")
    assert "“To follow up”" in advice(page, "passive")
    assert f'href="/labels/{vip.pk}/?name=To+follow+up"' in advice(page, "passive")
    assert "is red but not urgent" in advice(page, "reds")
    assert f'<form method="post" action="/labels/{vip.pk}/urgent/">' in advice(page, "reds")
    funnel = labels["Paid"].group_id
    for kind in ("skipped", "backward"):
        assert f'href="/insights/?instance=demo&amp;funnel={funnel}#moves"' in advice(page, kind)
    assert "q=no:label" in page


def test_names_that_are_nearly_the_same_lead_to_the_merge(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(labels=(labels["VIP"],))
    hold, vip = labels["On hold"].pk, labels["VIP"].pk
    Label.objects.filter(pk=hold).update(name="V.I.P")
    said = advice(html(desk), "names")
    assert f'href="/labels/{hold}/merge/?into={vip}"' in said
    assert f'href="/labels/{hold}/"' in said


def test_colours_are_told_with_the_eyes_that_mix_them_up(desk: Client, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(color_index=8)
    Label.objects.filter(pk=labels["On hold"].pk).update(color_index=19)
    said = advice(html(desk), "colors")
    assert "look the same to some colour-blind people" in said
    assert "Deuteranopia (green-blind): distance 0.4." in said
    assert "Free and clear of the others: " in said


def test_the_form_opens_with_what_is_advised_and_saves_nothing(
    desk: Client, labels: Labels, far: FarSide, number: Instance
) -> None:
    Label.objects.exclude(pk=labels["VIP"].pk).delete()
    Label.objects.filter(pk=labels["VIP"].pk).update(color_index=13)
    address = unescape(advice(html(desk), "reds").split('class="btn" href="')[1].split('"')[0])
    color = int(address.removeprefix(f"/labels/{labels['VIP'].pk}/?color="))
    assert str(COLOR_NAMES[color]) in advice(html(desk), "reds")
    page = html(desk, address)
    assert page.count(" checked>") == 1
    assert f'name="color" value="{color}" checked>' in page
    assert 'value="To follow up"' in html(desk, f"/labels/{labels['VIP'].pk}/?name=To+follow+up")
    assert Label.objects.get(pk=labels["VIP"].pk).color_index == 13
    assert (LedgerEntry.objects.count(), far.calls) == (0, [])
    far.labels = {"4": {"name": "VIP", "color": 13}}
    seen = unescape(page.split('name="seen" value="')[1].split('"')[0])
    desk.post(address, {"name": "VIP", "color": str(color), "seen": seen})
    assert Label.objects.get(pk=labels["VIP"].pk).color_index == color


@pytest.mark.parametrize(
    "odd", ["color=20", "color=red", "color=", "color=-1", "name=", "name=a%00b", "name=%0A", "name=" + "x" * 101]
)
def test_advice_that_can_not_be_is_passed_over(desk: Client, labels: Labels, odd: str) -> None:
    page = html(desk, f"/labels/{labels['VIP'].pk}/?{odd}")
    assert 'name="color" value="3" checked>' in page
    assert 'name="name" value="VIP"' in page


def test_a_chat_with_ten_labels_is_named(desk: Client, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(name="Crowd", labels=tuple(make_labels(number, 10)))
    page = html(desk)
    assert "1 chat carries 10 labels or more" in page
    assert f'href="/chats/{chat.pk}/?instance=demo"' in page


def test_fine_labels_get_no_advice(desk: Client, number: Instance, labels: Labels) -> None:
    Label.objects.filter(instance=number).exclude(pk=labels["VIP"].pk).delete()
    page = html(desk)
    assert "Names, colours and use of the labels are fine." in page
    assert "0 pieces of advice" in page


def test_a_page_that_is_found_from_the_labels(desk: Client) -> None:
    assert 'href="/hygiene/?instance=demo"' in html(desk, "/labels/?instance=demo")
    assert 'href="/hygiene/?instance=demo"' in html(desk, "/insights/?instance=demo")


def test_without_a_number(client: Client, admin: User) -> None:
    client.force_login(admin)
    assertContains(client.get("/hygiene/"), "No number is connected yet")


@pytest.mark.parametrize("many", [1, 30])
def test_the_number_of_queries_does_not_grow(
    desk: Client,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    extra = tuple(make_labels(number, 10))
    for _n in range(many):
        walk(make_chat(labels=extra), (labels["New lead"], 9), (labels["Paid"], 4))
    html(desk)
    with django_assert_num_queries(14):
        html(desk)


# In the forms and the picker


def test_the_form_of_a_label_hints_and_refuses_nothing(desk: Client, labels: Labels) -> None:
    better = "“To follow up”?"
    assertContains(desk.get("/labels/new/?instance=demo&name=Followed"), better)
    assertContains(desk.get("/hygiene/hint/?name=Followed"), better)
    for path in (
        "/labels/new/?instance=demo",
        f"/labels/{labels['VIP'].pk}/",
        "/hygiene/hint/?name=VIP",
        "/hygiene/hint/",
    ):
        assertNotContains(desk.get(path), "A name that says what to do")
    Label.objects.filter(pk=labels["Paid"].pk).update(name="Followed")  # a stage: it says where the chat is
    assertNotContains(desk.get(f"/labels/{labels['Paid'].pk}/"), "name-hint")


def test_the_picker_names_what_is_stale_from_the_eighth_label(
    desk: Client, number: Instance, make_chat: MakeChat
) -> None:
    many = make_labels(number, 8)
    chat = make_chat(labels=tuple(many))
    ChatLabel.objects.filter(chat=chat).update(wanted_at=ago(40 * 24))
    picker = f"/chats/{chat.pk}/picker/"
    assertContains(desk.get(picker, headers={"HX-Request": "true"}), "This chat carries 8 labels. On it for long:")
    ChatLabel.objects.filter(chat=chat, label=many[0]).delete()
    assertNotContains(desk.get(picker, headers={"HX-Request": "true"}), "On it for long")
    ChatLabel.objects.create(chat=chat, label=many[0], wanted=True, wanted_at=NEVER)
    assertContains(desk.get(picker, headers={"HX-Request": "true"}), "since before labelapp")


# Who may


@pytest.mark.parametrize("path", ["", "hint/?name=Followed"])
def test_only_for_people_who_manage_labels(
    client: Client, agent: User, lead: User, number: Instance, path: str
) -> None:
    wanted = f"/login/?{urlencode({'next': f'/hygiene/{path}'}, safe='/')}"
    assertRedirects(client.get(f"/hygiene/{path}"), wanted, fetch_redirect_response=False)
    for person in (agent, lead):
        client.force_login(person)
        assert client.get(f"/hygiene/{path}").status_code == 403


def test_a_stranger_sees_nothing(client: Client, admin: User, other_number: Instance) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_labels"))
    client.force_login(manager)
    assert client.get("/hygiene/?instance=other").status_code == 404
