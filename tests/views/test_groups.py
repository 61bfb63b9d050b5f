"""Groups of labels and the order of both, over HTTP."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from labelapp.actions.conflicts import SETTLING, settle_conflicts
from labelapp.models import ChatLabel, Instance, Label, LabelGroup, LedgerEntry, User
from labelapp.queries.labels import directory
from labelapp.queries.layouts import write_layout
from tests.conftest import MakeChat
from tests.wire import FarSide

Labels = dict[str, Label]
INDEX = "/labels/?instance=demo"
NEEDS = {"name": "Needs", "kind": "exclusive", "conflict_policy": "latest"}


@pytest.fixture
def desk(client: Client, admin: User, labels: Labels, far: FarSide) -> Client:
    client.force_login(admin)
    return client


def test_a_group_is_made_changed_and_deleted(desk: Client, number: Instance, labels: Labels, far: FarSide) -> None:
    assertRedirects(desk.post("/labels/groups/new/?instance=demo", NEEDS), INDEX)
    group = LabelGroup.objects.get(name="Needs")
    assert (group.instance, group.kind, group.conflict_policy, group.position) == (number, "exclusive", "latest", 1)
    assertContains(desk.get(INDEX), "No label is in this group yet.")
    Label.objects.filter(pk=labels["VIP"].pk).update(group=group)
    changed = NEEDS | {"name": "يحتاج", "kind": "free"}
    assertRedirects(desk.post(f"/labels/groups/{group.pk}/", changed), INDEX)
    group.refresh_from_db()
    assert (group.name, group.kind) == ("يحتاج", "free")
    assertContains(desk.get(f"/labels/groups/{group.pk}/delete/"), "Its labels stay")
    for _twice in range(2):
        desk.post(f"/labels/groups/{group.pk}/delete/")
    labels["VIP"].refresh_from_db()
    assert (LabelGroup.objects.count(), labels["VIP"].group, labels["VIP"].deleted_at) == (1, None, None)
    assert list(LedgerEntry.objects.order_by("pk").values_list("verb", "cause")) == [
        ("group", "group-made:Needs"),
        ("group", "group-changed:يحتاج"),
        ("group", "group-deleted:يحتاج"),
    ]
    assert far.calls == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"name": " "}, "Give the group a name."),
        ({"name": "sales FUNNEL"}, "There is already a group “Sales funnel”."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "a\nb"}, "control characters"),
        ({"kind": "odd"}, "Choose a kind."),
        ({"kind": ""}, "Choose a kind."),
        ({"conflict_policy": "dice"}, "Select a valid choice."),
    ],
)
def test_bad_entries_are_told_beside_the_field(desk: Client, bad: dict[str, str], said: str) -> None:
    assertContains(desk.post("/labels/groups/new/?instance=demo", NEEDS | bad), said, status_code=422)
    assert LabelGroup.objects.count() == 1


def test_a_stricter_kind_tells_how_many_chats_it_breaks(
    desk: Client, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    group = LabelGroup.objects.create(instance=number, name="Needs")
    Label.objects.filter(name__in=["VIP", "On hold"]).update(group=group)
    for _n in range(2):
        make_chat(labels=(labels["VIP"], labels["On hold"]))
    assertContains(desk.get(f"/labels/groups/{group.pk}/"), "2 chats have more than one of these labels")


@pytest.mark.parametrize(
    ("policy", "words", "left"),
    [
        ("furthest", "the furthest wins", {"Paid"}),
        ("latest", "the latest wins", {"Quoted"}),
        ("ask", "somebody is asked", {"Paid", "Quoted"}),
    ],
)
def test_what_becomes_of_conflicts_is_chosen_and_done(
    desk: Client, number: Instance, labels: Labels, make_chat: MakeChat, policy: str, words: str, left: set[str]
) -> None:
    chat, group = make_chat(labels=(labels["Paid"], labels["Quoted"])), LabelGroup.objects.get()
    ago = timezone.now() - 2 * SETTLING
    ChatLabel.objects.filter(chat=chat, label=labels["Quoted"]).update(wanted_at=ago)
    form = {"name": group.name, "kind": group.kind, "conflict_policy": policy}
    assertRedirects(desk.post(f"/labels/groups/{group.pk}/", form), INDEX)
    assertContains(desk.get(INDEX), words)
    assertContains(desk.get(f"/labels/groups/{group.pk}/"), f'<option value="{policy}" selected>')
    settle_conflicts(number, ago - SETTLING)  # older than the rule
    assert ChatLabel.objects.filter(chat=chat, wanted=True).count() == 2
    LabelGroup.objects.update(ruled_at=ago - SETTLING)
    settle_conflicts(number, ago - SETTLING)
    assert set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True)) == left


def order(desk: Client, text: str) -> int:
    return desk.post("/labels/order/?instance=demo", {"order": text}).status_code


def test_labels_go_where_they_are_put(desk: Client, number: Instance, labels: Labels, far: FarSide) -> None:
    funnel = LabelGroup.objects.get().pk
    pk = {name: label.pk for name, label in labels.items()}
    text = f"{funnel}:{pk['Paid']},{pk['New lead']},{pk['VIP']};0:{pk['On hold']},{pk['Quoted']}"
    assert order(desk, text) == 302
    assert write_layout(directory(number).layout) == text
    entries = LedgerEntry.objects.count()
    assert order(desk, text) == 302
    assert (LedgerEntry.objects.count(), far.calls) == (entries, [])


def test_an_order_of_yesterday_changes_nothing(desk: Client, number: Instance, labels: Labels) -> None:
    before = write_layout(directory(number).layout)
    Label.objects.create(instance=number, wa_id="77", name="Fresh", known_at=timezone.now(), position=90)
    answer = desk.post("/labels/order/?instance=demo", {"order": before}, follow=True)
    assertContains(answer, "The labels have changed meanwhile.")
    for text in (before + f";0:{labels['VIP'].pk}", "0:", "999:" + str(labels["VIP"].pk)):
        order(desk, text)
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("text", ["x", "1:2;", "1:2,", "1:-2", "1", "٣:٤", "1:" + "9" * 19])
def test_what_is_no_order_is_refused(desk: Client, text: str) -> None:
    assert order(desk, text) == 400


def test_groups_change_places_by_button(desk: Client, number: Instance, labels: Labels) -> None:
    made = [LabelGroup.objects.create(instance=number, name=name, position=n) for n, name in enumerate("AB", 5)]
    page = desk.get(f"/labels/groups/{made[1].pk}/").content.decode()
    up = page[page.index('id="group-place"') :].split('name="order" value="')[1].split('"')[0]
    assert order(desk, up) == 302
    assert [group.name for group in directory(number).groups] == ["Sales funnel", "B", "A"]


def test_a_label_moves_by_button(desk: Client, number: Instance, labels: Labels) -> None:
    page = desk.get(f"/labels/{labels['Quoted'].pk}/").content.decode()
    up, down = (
        part.split('"')[0] for part in page[page.index('id="label-place"') :].split('name="order" value="')[1:3]
    )
    order(desk, up)
    assert [row.label.name for row in directory(number).sections[0].rows] == ["Quoted", "New lead", "Paid"]
    order(desk, down)
    assert [row.label.name for row in directory(number).sections[0].rows] == ["New lead", "Paid", "Quoted"]


PATHS = ["groups/new/?instance=demo", "groups/{pk}/", "groups/{pk}/delete/", "order/?instance=demo"]


@pytest.mark.parametrize("path", PATHS)
def test_only_for_people_who_manage_labels(client: Client, agent: User, lead: User, labels: Labels, path: str) -> None:
    address = "/labels/" + path.format(pk=LabelGroup.objects.get().pk)
    for person in (agent, lead):
        client.force_login(person)
        assert client.post(address, NEEDS).status_code == 403
    assert LabelGroup.objects.get().name == "Sales funnel"


@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_sees_nothing(client: Client, admin: User, other_number: Instance, path: str) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_labels"))
    hidden = LabelGroup.objects.create(instance=other_number, name="Hidden")
    client.force_login(manager)
    address = "/labels/" + path.format(pk=hidden.pk).replace("demo", "other")
    assert client.post(address, NEEDS | {"order": "0:1"}).status_code == 404
