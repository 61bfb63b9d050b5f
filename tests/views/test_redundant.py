"""What a stage makes redundant, in its drawer."""

from html import unescape

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.actions.actor import Actor
from labelapp.actions.prunes import set_redundant
from labelapp.models import Label, LabelGroup, LedgerEntry, StagePrune, User
from tests.wire import FarSide

Labels = dict[str, Label]
INDEX = "/labels/?instance=demo"
ASKS = "Comes off when a chat enters this stage"


@pytest.fixture
def desk(client: Client, admin: User, labels: Labels, far: FarSide) -> Client:
    client.force_login(admin)
    return client


def drawer(desk: Client, label: Label) -> str:
    return unescape(desk.get(f"/labels/{label.pk}/").content.decode())


def token(page: str) -> str:
    return page.split('name="seen" value="')[1].split(' id="id_seen"')[0].rstrip('"')


def filled(desk: Client, label: Label, *redundant: Label | int, **more: str) -> dict[str, object]:
    """The form as it is shown, with these labels ticked."""
    keys = [getattr(each, "pk", each) for each in redundant]
    shown = {"name": label.name, "color": str(label.color_index), "group": str(label.group_id or "")}
    return shown | {"description": label.description, "seen": token(drawer(desk, label)), "redundant": keys} | more


def redundant(stage: Label) -> list[str]:
    return list(StagePrune.objects.filter(stage=stage).order_by("label").values_list("label__name", flat=True))


def test_labels_are_ticked_and_come_off_from_then_on(desk: Client, labels: Labels, far: FarSide) -> None:
    paid, path = labels["Paid"], f"/labels/{labels['Paid'].pk}/"
    assert f'name="redundant" value="{labels["VIP"].pk}"' in drawer(desk, paid)
    for _twice in range(2):
        assertRedirects(desk.post(path, filled(desk, paid, labels["VIP"], labels["On hold"])), INDEX)
    assert redundant(paid) == ["VIP", "On hold"]
    assert LedgerEntry.objects.filter(cause="prunes:VIP, On hold").count() == 1
    ticked = drawer(desk, paid).split('id="label-redundant"')[1].split("</fieldset>")[0]
    assert ticked.count("checked") == 2
    assertRedirects(desk.post(path, filled(desk, paid)), INDEX)
    assert (redundant(paid), far.calls) == ([], [])  # WhatsApp knows nothing of it


def test_only_a_stage_asks_and_never_for_its_own_group(desk: Client, labels: Labels) -> None:
    assert ASKS not in drawer(desk, labels["VIP"])
    assertNotContains(desk.get("/labels/new/?instance=demo"), ASKS)
    offered = drawer(desk, labels["Paid"])
    assert f'name="redundant" value="{labels["Quoted"].pk}"' not in offered


def test_an_archived_label_is_offered_where_it_comes_off_already(desk: Client, labels: Labels, admin: User) -> None:
    box = f'name="redundant" value="{labels["VIP"].pk}"'
    set_redundant(Actor.of(admin), labels["Paid"], [labels["VIP"]])
    desk.post(f"/labels/{labels['VIP'].pk}/archive/", {"state": "on"})
    assert [box in drawer(desk, labels[name]) for name in ("Paid", "Quoted")] == [True, False]


@pytest.mark.parametrize("odd", ["x", "0", "999999", "-1"])
def test_what_is_no_label_is_told_beside_the_boxes(desk: Client, labels: Labels, odd: str) -> None:
    paid = labels["Paid"]
    form = filled(desk, paid, labels["VIP"], name="Paid up") | {"redundant": [str(labels["VIP"].pk), odd]}
    answer = desk.post(f"/labels/{paid.pk}/", form)
    assertContains(answer, "One of these labels is not there any more. Nothing is saved yet.", status_code=422)
    paid.refresh_from_db()
    assert (redundant(paid), paid.name) == ([], "Paid")


def test_a_label_of_the_same_group_is_none(desk: Client, labels: Labels) -> None:
    answer = desk.post(f"/labels/{labels['Paid'].pk}/", filled(desk, labels["Paid"], labels["Quoted"]))
    assertContains(answer, "is not there any more", status_code=422)


def test_who_saves_later_sees_the_earlier_change_first(desk: Client, labels: Labels, admin: User) -> None:
    paid = labels["Paid"]
    mine = filled(desk, paid, labels["VIP"])
    set_redundant(Actor.of(admin), paid, [labels["On hold"]])
    answer = desk.post(f"/labels/{paid.pk}/", mine)
    assertContains(answer, "was changed while you had it open", status_code=422)
    assertContains(answer, '<dd dir="auto">On hold</dd>', status_code=422)
    assert redundant(paid) == ["On hold"]
    page = unescape(answer.content.decode())
    assert page.split('id="label-redundant"')[1].split("</fieldset>")[0].count("checked") == 1  # mine is still ticked
    assertRedirects(desk.post(f"/labels/{paid.pk}/", mine | {"seen": token(page)}), INDEX)
    assert redundant(paid) == ["VIP"]


def test_a_form_that_does_not_ask_leaves_it_as_it_is(desk: Client, labels: Labels, admin: User) -> None:
    paid = labels["Paid"]
    set_redundant(Actor.of(admin), paid, [labels["VIP"]])
    assertRedirects(desk.post(f"/labels/{paid.pk}/", {"name": "Paid", "color": str(paid.color_index)}), INDEX)
    assert redundant(paid) == ["VIP"]


def test_in_another_group_it_is_asked_for_anew(desk: Client, labels: Labels) -> None:
    paid = labels["Paid"]
    free = LabelGroup.objects.create(instance=paid.instance, name="Needs")
    form = filled(desk, paid, labels["VIP"], group=str(free.pk))
    assertRedirects(desk.post(f"/labels/{paid.pk}/", form), INDEX)
    assert (redundant(paid), ASKS in drawer(desk, paid)) == ([], False)


def test_who_takes_a_label_off_uses_it(desk: Client, labels: Labels, admin: User) -> None:
    set_redundant(Actor.of(admin), labels["Paid"], [labels["VIP"]])
    row = desk.get(INDEX).content.decode().split(f'id="label-{labels["VIP"].pk}"')[1].split("</tr>")[0]
    assert "1 stage" in row
    assert "a stage that takes it off" in drawer(desk, labels["VIP"])


def test_only_for_people_who_manage_labels(client: Client, lead: User, labels: Labels) -> None:
    client.force_login(lead)
    answer = client.post(f"/labels/{labels['Paid'].pk}/", {"name": "Paid", "redundant": [labels["VIP"].pk]})
    assert (answer.status_code, redundant(labels["Paid"])) == (403, [])
