"""How labels end over HTTP: archived, merged, deleted; the impact before, and who may."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.models import Instance, Label, LabelGroup, LedgerEntry, Run, SavedView, User
from labelapp.models.reasons import Reason
from tests.conftest import MakeChat
from tests.wire import FarSide

Labels = dict[str, Label]
INDEX = "/labels/?instance=demo"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(client: Client, admin: User, labels: Labels, far: FarSide) -> Client:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    client.force_login(admin)
    return client


def address(label: Label, what: str) -> str:
    return f"/labels/{label.pk}/{what}/"


# Deleting


def test_the_deletion_offers_three_ways_and_chooses_none(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(labels=(labels["VIP"],))
    page = desk.get(address(labels["VIP"], "delete")).content.decode()
    for way in ("archive", "move", "everywhere"):
        assert f'name="how" value="{way}" data-go' in page
    assert 'value="">Choose a label</option>' in page.replace(" selected", "")
    assertContains(desk.post(address(labels["VIP"], "delete")), "Choose what happens.", status_code=422)
    assert labels["VIP"] in Label.objects.living()


def test_a_link_may_choose_a_way_to_begin_with(desk: Client, labels: Labels) -> None:
    page = desk.get(f"{address(labels['VIP'], 'delete')}?how=archive")
    assertContains(page, 'name="how" value="archive" checked')
    assertNotContains(desk.get(f"{address(labels['VIP'], 'delete')}?how=x"), " checked")


def test_the_deletion_shows_what_uses_the_label(desk: Client, admin: User, agent: User, labels: Labels) -> None:
    term = [{"field": "label", "any": [{"name": "VIP", "labels": [labels["VIP"].pk]}]}]
    SavedView.objects.create(owner=admin, name="Best <b>ones", terms=term)
    SavedView.objects.create(owner=agent, name="Secret", terms=term)
    page = desk.get(address(labels["VIP"], "delete"))
    assertContains(page, "Best &lt;b&gt;ones")
    assertContains(page, "a view of somebody else")
    assertNotContains(page, "Secret")


def test_to_archive_instead_asks_for_no_number(desk: Client, labels: Labels, make_chat: MakeChat, far: FarSide) -> None:
    make_chat(labels=(labels["VIP"],))
    assertRedirects(desk.post(address(labels["VIP"], "delete"), {"how": "archive"}), INDEX)
    labels["VIP"].refresh_from_db()
    assert (labels["VIP"].archived_at is not None, labels["VIP"].deleted_at, far.calls) == (True, None, [])


def test_to_move_the_chats_leads_to_the_merge(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(labels=(labels["VIP"],))
    way = {"how": "move", "into": str(labels["On hold"].pk)}
    there = f"{address(labels['VIP'], 'merge')}?into={labels['On hold'].pk}"
    assertRedirects(desk.post(address(labels["VIP"], "delete"), way), there)
    for into in ("", "x", str(labels["VIP"].pk)):
        answer = desk.post(address(labels["VIP"], "delete"), way | {"into": into})
        assertContains(answer, "Choose the label that the chats get.", status_code=422)
    assert not Run.objects.exists()


# Merging


def test_the_merge_tells_what_it_would_do(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(labels=(labels["VIP"], labels["On hold"]))
    make_chat(labels=(labels["VIP"], labels["Quoted"]))
    free = desk.get(f"{address(labels['VIP'], 'merge')}?into={labels['On hold'].pk}")
    assertContains(free, "<b>2 chats</b> move.")
    assertContains(free, "1 of them has the other label already.")
    assertNotContains(free, "which allows one")
    stage = desk.get(f"{address(labels['VIP'], 'merge')}?into={labels['Paid'].pk}")
    assertContains(stage, "1 of them loses another label of “Sales funnel”, which allows one.")
    assertNotContains(desk.get(address(labels["VIP"], "merge")), "label-merge-go")


def test_both_say_how_many_chats_are_in_no_stage_afterwards(
    desk: Client, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    funnel = LabelGroup.objects.create(instance=number, name="Way", kind=LabelGroup.Kind.FUNNEL)
    stage, after, free = labels["Paid"], labels["New lead"], labels["VIP"]
    Label.objects.filter(pk__in=[stage.pk, after.pk]).update(group=funnel)
    Label.objects.filter(pk=free.pk).update(group=None)
    for held in ((stage,), (stage,), (stage, after), (after, free)):
        make_chat(labels=held)
    said = "2 of them are in no stage of “Way” any more."
    assertContains(desk.get(address(stage, "delete")), said)
    assertContains(desk.get(f"{address(stage, 'merge')}?into={free.pk}"), said)
    assertNotContains(desk.get(f"{address(stage, 'merge')}?into={after.pk}"), "any more")
    assertNotContains(desk.get(address(free, "delete")), "any more")


def test_the_merge_begins_once_the_number_is_typed(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    for _n in range(2):
        make_chat(labels=(labels["VIP"],))
    into = {"into": str(labels["On hold"].pk)}
    for typed in ("", "1", "x"):
        assert desk.post(address(labels["VIP"], "merge"), into | {"typed": typed}).status_code == 422
    assert not Run.objects.exists()
    answer = desk.post(address(labels["VIP"], "merge"), into | {"typed": "2"})
    run = Run.objects.get()
    assertRedirects(answer, f"/runs/{run.pk}/")
    assert (run.retires, run.replacement, run.chats.count()) == (labels["VIP"], labels["On hold"], 2)
    page = desk.get(f"/runs/{run.pk}/")
    assertContains(page, "The chats of a label that is merged")
    assertContains(page, "It is deleted once no chat has it any more")


def test_htmx_leaves_the_page_for_the_run(desk: Client, labels: Labels) -> None:
    answer = desk.post(address(labels["VIP"], "merge"), {"into": labels["On hold"].pk}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"/runs/{Run.objects.get().pk}/"


def test_a_merge_that_can_not_be_says_why(desk: Client, labels: Labels) -> None:
    ways = {"into": str(labels["On hold"].pk)}
    desk.post(address(labels["VIP"], "merge"), ways)
    again = desk.post(address(labels["VIP"], "merge"), ways)
    assertContains(again, "This label is being merged already.", status_code=422)
    onto = desk.get(f"{address(labels['Paid'], 'merge')}?into={labels['VIP'].pk}")
    assertContains(onto, "“VIP” is being merged into another label itself.")
    assert Run.objects.count() == 1


# Archiving


def test_archived_it_is_offered_no_more_and_comes_back(
    desk: Client, labels: Labels, make_chat: MakeChat, far: FarSide
) -> None:
    bare, tagged = make_chat(), make_chat(labels=(labels["VIP"],))
    for _twice in range(2):
        assertRedirects(desk.post(address(labels["VIP"], "archive"), {"state": "on"}), INDEX)
    page = desk.get(INDEX).content.decode()
    assert "Archived (1)" in page
    assert "5 of 20" in page
    assert page.index("Archived (1)") < page.index(f'id="edit-{labels["VIP"].pk}"')
    option = f'data-label="{labels["VIP"].wa_id}"'
    assert option not in desk.get(f"/chats/{bare.pk}/picker/", headers=HTMX).content.decode()
    assert option in desk.get(f"/chats/{tagged.pk}/picker/", headers=HTMX).content.decode()  # to take it off
    offers = desk.get("/chats/complete/?before=label:VI&instance=demo").content.decode()
    assert "VIP" in offers
    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.cause, far.calls) == ("label.update", Reason.ARCHIVED(), [])
    desk.post(address(labels["VIP"], "archive"), {"state": "off"})
    assert option in desk.get(f"/chats/{bare.pk}/picker/", headers=HTMX).content.decode()


@pytest.mark.parametrize("state", ["", "yes", None])
def test_the_wanted_state_has_to_be_said(desk: Client, labels: Labels, state: str | None) -> None:
    data = {} if state is None else {"state": state}
    assert desk.post(address(labels["VIP"], "archive"), data).status_code == 400


def test_a_dead_label_goes_into_no_archive(desk: Client, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    answer = desk.post(address(labels["VIP"], "archive"), {"state": "on"}, follow=True)
    assertContains(answer, "was deleted in WhatsApp")


# Who may


@pytest.mark.parametrize("what", ["merge", "archive", "delete"])
def test_only_for_people_who_manage_labels(client: Client, agent: User, lead: User, labels: Labels, what: str) -> None:
    for person in (agent, lead):
        client.force_login(person)
        into = {"state": "on", "how": "archive", "into": labels["On hold"].pk}
        assert client.post(address(labels["VIP"], what), into).status_code == 403
    labels["VIP"].refresh_from_db()
    assert (labels["VIP"].archived_at, Run.objects.count()) == (None, 0)


@pytest.mark.parametrize("what", ["merge", "archive", "delete"])
def test_a_stranger_sees_nothing(client: Client, admin: User, other_number: Instance, what: str) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_labels"))
    hidden = Label.objects.create(instance=other_number, wa_id="1", name="Hidden", known_at=timezone.now())
    client.force_login(manager)
    assert client.post(address(hidden, what), {"state": "on"}).status_code == 404


@pytest.mark.parametrize("many", [1, 30])
def test_the_number_of_queries_does_not_grow(
    desk: Client, labels: Labels, make_chat: MakeChat, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    group = LabelGroup.objects.get()
    Label.objects.filter(pk=labels["On hold"].pk).update(group=group)
    for _n in range(many):
        make_chat(labels=(labels["VIP"], labels["Quoted"]))
    desk.get(address(labels["VIP"], "merge"))
    with django_assert_num_queries(22):
        assertContains(desk.get(f"{address(labels['VIP'], 'merge')}?into={labels['Paid'].pk}"), "label-merge-go")
    with django_assert_num_queries(14):
        desk.get(address(labels["VIP"], "delete"))
