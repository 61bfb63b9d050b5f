"""Saved views on the screen: tabs, what is done with a view, and who may."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.saved import keep_view, set_default_view
from labelapp.models import ChatLabel, Instance, Label, SavedView, User
from labelapp.queries.language.reading import read
from labelapp.queries.language.saved import save
from labelapp.queries.saved import tabs_of
from labelapp.queries.scopes import scope_of
from tests.conftest import MakeChat

Labels = dict[str, Label]
IN_DIALOG = {"HX-Request": "true", "HX-Target": "view-side"}
IN_LIST = {"HX-Request": "true", "HX-Target": "views"}


def keep(user: User, name: str, number: Instance, text: str = "is:unanswered", **more: Any) -> SavedView:
    query = read(text, scope_of(user, [number]).vocabulary).query
    return keep_view(Actor.of(user), name=name, terms=save(query), **{"order": "newest", **more})


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/chats/?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def tabs(html: str) -> list[tuple[str, bool]]:
    """Name and whether it is the one that is open."""
    bar = html.partition('id="tabs"')[2].partition("</nav>")[0]
    return [(name, "aria-current" in tag) for tag, name in re.findall(r'(<a id="tab-[^>]*>)<bdi>([^<]*)</bdi>', bar)]


def rows(html: str) -> list[str]:
    return re.findall(r'data-chat="([^"]*)"', html.partition('id="rows"')[2])


@pytest.fixture
def chats(make_chat: MakeChat, labels: Labels) -> dict[str, str]:
    return {
        "vip": make_chat(labels=(labels["VIP"],)).jid,
        "paid": make_chat(labels=(labels["Paid"],)).jid,
        "bare": make_chat().jid,
    }


# tabs


def test_the_ready_made_views_come_first_and_the_open_one_is_marked(
    client: Client, agent: User, number: Instance, labels: Labels
) -> None:
    keep(agent, "Hot", number)
    keep(agent, "VIPs", number, "label:VIP")
    client.force_login(agent)
    names = ["All", "Mine", "Unanswered", "Hot", "VIPs"]
    for query, current in {
        "instance=demo": "All",
        "q=assigned:me": "Mine",
        "q=is:unanswered": "Unanswered",
        "q=label:VIP": "VIPs",
        f"view={SavedView.objects.get(name='Hot').pk}": "Hot",
        "q=label:Paid": "",
    }.items():
        assert tabs(page(client, query)) == [(name, name == current) for name in names]


def test_a_view_opens_with_its_query_and_its_order(
    client: Client, agent: User, number: Instance, labels: Labels, chats: dict[str, str]
) -> None:
    view = keep(agent, "VIPs", number, "label:VIP", order="waiting")
    client.force_login(agent)
    html = page(client, f"view={view.pk}")
    assert rows(html) == [chats["vip"]]
    assert f'data-rows="/chats/rows/?view={view.pk}&amp;instance=demo"' in html
    assert ('id="update-view"' in html, 'id="keep-view"' in html) == (False, False)
    assert rows(client.get(f"/chats/rows/?view={view.pk}").content.decode()) == []  # a fragment has no list around it
    assert chats["vip"] in client.get(f"/chats/rows/?view={view.pk}").content.decode()


def test_a_changed_query_keeps_the_view_and_can_be_kept(
    client: Client, agent: User, number: Instance, labels: Labels, chats: dict[str, str]
) -> None:
    view = keep(agent, "VIPs", number, "label:VIP")
    client.force_login(agent)
    html = page(client, f"view={view.pk}&q=label:Paid&instance=demo")
    assert rows(html) == [chats["paid"]]
    assert ("VIPs", True) in tabs(html)
    assert f'action="/views/{view.pk}/query/?view={view.pk}&amp;q=label:Paid&amp;instance=demo"' in html
    assert ("Save as new" in html, "(changed)" in html) == (True, True)
    answer = client.post(f"/views/{view.pk}/query/?view={view.pk}&q=label:Paid&instance=demo")
    assert answer["Location"] == f"/chats/?view={view.pk}&instance=demo"
    assert rows(page(client, f"view={view.pk}")) == [chats["paid"]]
    assert rows(page(client, f"view={view.pk}&q=")) == [chats["bare"], chats["paid"], chats["vip"]]


def test_links_of_an_open_view_stay_in_it_and_lead_back(
    client: Client, agent: User, number: Instance, labels: Labels
) -> None:
    view = keep(agent, "VIPs", number, "label:VIP")
    client.force_login(agent)
    assert f'href="/chats/?view={view.pk}&amp;q=&amp;instance=demo"' in page(client, f"view={view.pk}")
    html = page(client, f"view={view.pk}&q=label:VIP+is:unanswered")
    assert f'id="switch-unanswered" href="/chats/?view={view.pk}&amp;instance=demo"' in html


def test_a_view_survives_a_rename(
    client: Client, agent: User, number: Instance, labels: Labels, chats: dict[str, str]
) -> None:
    view = keep(agent, "VIPs", number, "label:VIP")
    Label.objects.filter(name="VIP").update(name="Very important")
    client.force_login(agent)
    html = page(client, f"view={view.pk}")
    assert rows(html) == [chats["vip"]]
    assert 'data-text="label:&quot;Very important&quot;"' in html


def test_a_view_with_a_deleted_label_says_so_and_can_be_mended(
    client: Client, agent: User, number: Instance, labels: Labels
) -> None:
    view = keep(agent, "VIPs", number, "label:VIP,Paid is:unanswered")
    Label.objects.filter(name="VIP").update(deleted_at=timezone.now())
    client.force_login(agent)
    html = page(client, f"view={view.pk}")
    assert "The label “VIP” was deleted." in html
    mended = f"view={view.pk}&amp;q=label:Paid+is:unanswered&amp;instance=demo"
    assert f'href="/chats/?{mended}" data-filter>Remove it from the filter' in html
    assert client.post(f"/views/{view.pk}/query/?view={view.pk}").status_code == 422
    assert client.post(f"/views/{view.pk}/query/?{mended.replace('&amp;', '&')}").status_code == 302
    assert "was deleted" not in page(client, f"view={view.pk}")


def test_what_one_may_not_see_is_said_without_its_name(
    client: Client, admin: User, agent: User, number: Instance, other_number: Instance, labels: Labels
) -> None:
    Label.objects.create(instance=other_number, wa_id="1", name="Secret", known_at=timezone.now())
    view = keep(admin, "Team", other_number, "label:Secret -number:other", shared=True)
    client.force_login(agent)
    html = page(client, f"view={view.pk}&instance=demo") + client.get("/views/").content.decode()
    html += client.get("/views/counts/?instance=demo").content.decode()
    assert ("Secret" in html, "number:other" in html) == (False, False)
    assert "something of a number that you can&#x27;t see" in html


def test_views_of_others_are_not_there(
    client: Client, agent: User, agent2: User, number: Instance, stranger: User
) -> None:
    view = keep(agent2, "Hers", number)
    client.force_login(stranger)
    for path in (
        f"/chats/?view={view.pk}",
        f"/chats/rows/?view={view.pk}",
        f"/views/{view.pk}/",
        f"/views/{view.pk}/delete/",
    ):
        assert client.get(path).status_code == 404
    for verb in ("", "query/", "pin/", "default/", "delete/"):
        assert client.post(f"/views/{view.pk}/{verb}", {"name": "Mine", "state": "on"}).status_code == 404
    assert (SavedView.objects.get().name, tabs_of(stranger)) == ("Hers", [])
    assert "Hers" not in client.get("/views/").content.decode()


@pytest.mark.parametrize("pk", ["0", "x", "-1", "9" * 30, "\u0663", "1\x00"])
def test_a_view_that_can_not_be_is_not_found(client: Client, agent: User, number: Instance, pk: str) -> None:
    client.force_login(agent)
    assert client.get("/chats/", {"view": pk}).status_code == 404


def test_a_tag_in_a_view_that_was_deleted_meanwhile_is_kept(
    client: Client, agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat()
    client.force_login(agent)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/chats/?view=999"}
    answer = client.post(f"/chats/{chat.pk}/labels/{labels['VIP'].pk}/", {"state": "on"}, headers=headers)
    assert (answer.status_code, ChatLabel.objects.filter(chat=chat, wanted=True).count()) == (200, 1)


# the default


def test_the_inbox_opens_with_the_default_view_unless_something_is_asked_for(
    client: Client, agent: User, lead: User, number: Instance
) -> None:
    view = keep(lead, "Team", number, shared=True)
    client.force_login(agent)
    for _twice in range(2):
        assert client.post(f"/views/{view.pk}/default/", {"state": "on"}).status_code == 302
    assert client.get("/chats/")["Location"] == f"/chats/?view={view.pk}"
    assert tabs(page(client, "instance=demo"))[0] == ("All", True)
    SavedView.objects.update(shared=False)
    assert client.get("/chats/").status_code == 200
    SavedView.objects.update(shared=True)
    other = keep(agent, "Own", number)
    client.post(f"/views/{other.pk}/default/", {"state": "off"})
    assert User.objects.get(pk=agent.pk).default_view == view
    client.post(f"/views/{view.pk}/default/", {"state": "off"})
    assert client.get("/chats/").status_code == 200


# counts


def test_counts_and_what_is_wrong_instead(
    client: Client, agent: User, number: Instance, labels: Labels, chats: dict[str, str]
) -> None:
    vip, paid = keep(agent, "VIPs", number, "label:VIP"), keep(agent, "Paid", number, "label:Paid")
    Label.objects.filter(name="Paid").update(deleted_at=timezone.now())
    client.force_login(agent)
    html = client.get("/views/counts/?instance=demo").content.decode()
    found = dict(re.findall(r'id="tally-(\w+)"[^>]*>(?:<svg.*?</svg><span class="vh">)?([^<]*)<', html))
    expected = {
        "all": "3",
        "mine": "0",
        "unanswered": "0",
        str(vip.pk): "1",
        str(paid.pk): "The label “Paid” was deleted.",
    }
    assert found == expected


@pytest.mark.parametrize("n", [1, 30])
def test_as_many_queries_for_one_chat_as_for_thirty(
    n: int,
    client: Client,
    agent: User,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    keep(agent, "VIPs", number, "label:VIP")
    for _each in range(n):
        make_chat(labels=(labels["VIP"],))
    client.force_login(agent)
    with django_assert_num_queries(11):
        client.get("/views/counts/?instance=demo")


def test_no_more_than_twelve_tabs_are_counted(client: Client, agent: User, number: Instance, labels: Labels) -> None:
    for n in range(20):
        keep(agent, f"View {n}", number)
    client.force_login(agent)
    assert client.get("/views/counts/?instance=demo").content.decode().count('class="n"') == 12


def test_counts_of_a_strangers_number_are_not_there(client: Client, agent: User, other_number: Instance) -> None:
    client.force_login(agent)
    assert client.get("/views/counts/?instance=other").status_code == 404


# to keep one


def test_the_list_is_kept_under_a_name(client: Client, agent: User, number: Instance, labels: Labels) -> None:
    client.force_login(agent)
    query = "q=label:VIP+is:unanswered&order=waiting&instance=demo"
    assert "Save view" in page(client, query)
    dialog = client.get(f"/views/new/?{query}", headers=IN_DIALOG).content.decode()
    assert ("label:VIP is:unanswered" in dialog, 'name="shared"' in dialog, "<html" in dialog) == (True, False, False)
    answer = client.post(f"/views/new/?{query}", {"name": " Hot  ones ", "shared": "on"}, headers=IN_DIALOG)
    view = SavedView.objects.get()
    assert answer["HX-Redirect"] == f"/chats/?view={view.pk}&instance=demo"
    assert (view.name, view.shared, view.order, tabs_of(agent)) == ("Hot ones", False, "waiting", [view])
    again = client.post(f"/views/new/?{query}", {"name": "hot ones"}, headers=IN_DIALOG)
    assert (again.status_code, "There is a view of this name already." in again.content.decode()) == (422, True)


def test_the_chat_that_is_open_stays_so(client: Client, agent: User, number: Instance, make_chat: MakeChat) -> None:
    chat = make_chat()
    client.force_login(agent)
    headers = IN_DIALOG | {"HX-Current-URL": f"http://testserver/chats/{chat.pk}/?q=is:unread"}
    answer = client.post("/views/new/?q=is:unread&instance=demo", {"name": "Hot"}, headers=headers)
    assert answer["HX-Redirect"] == f"/chats/{chat.pk}/?view={SavedView.objects.get().pk}&instance=demo"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "\x00"])
def test_a_name_that_can_not_be_is_refused_in_the_dialog(
    client: Client, agent: User, number: Instance, name: str
) -> None:
    client.force_login(agent)
    answer = client.post("/views/new/?q=is:unread", {"name": name})
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (422, True)
    assert not SavedView.objects.exists()


def test_a_query_that_is_not_understood_is_not_kept(client: Client, agent: User, number: Instance) -> None:
    client.force_login(agent)
    answer = client.post("/views/new/?q=label:nope", {"name": "Hot"})
    assert (answer.status_code, "Mend or remove what is marked" in answer.content.decode()) == (422, True)
    assert not SavedView.objects.exists()


def test_only_who_may_share_shares(client: Client, agent: User, lead: User, number: Instance) -> None:
    client.force_login(lead)
    client.post("/views/new/?q=is:unread", {"name": "Team", "shared": "on"})
    view = SavedView.objects.get(shared=True)
    client.force_login(agent)
    assert client.post(f"/views/{view.pk}/", {"name": "Ours"}, headers=IN_DIALOG).status_code == 422
    assert client.post(f"/views/{view.pk}/delete/").status_code == 403
    assert client.post(f"/views/{view.pk}/query/?q=").status_code == 403
    html = page(client, f"view={view.pk}&q=")
    assert ('id="update-view"' in html, "Save as new" in html, f"/views/{view.pk}/delete/" in html) == (
        False,
        True,
        False,
    )
    assert SavedView.objects.get().name == "Team"


# the page of all views


def test_rename_share_and_delete(client: Client, lead: User, agent: User, number: Instance) -> None:
    view = keep(lead, "Hot", number)
    client.force_login(lead)
    answer = client.post(f"/views/{view.pk}/", {"name": "Team", "shared": "on"}, headers=IN_DIALOG)
    assert (answer["HX-Refresh"], SavedView.objects.get().name, SavedView.objects.get().shared) == (
        "true",
        "Team",
        True,
    )
    client.force_login(agent)
    client.post(f"/views/{view.pk}/pin/", {"state": "on"})
    client.force_login(lead)
    assert "1 colleague has it as a tab" in client.get(f"/views/{view.pk}/delete/").content.decode()
    assert client.post(f"/views/{view.pk}/delete/")["Location"] == "/chats/?"
    assert client.post(f"/views/{view.pk}/delete/").status_code == 404


def test_tabs_are_put_in_order_by_the_wanted_order(client: Client, agent: User, number: Instance) -> None:
    a, b, c = (keep(agent, name, number) for name in "abc")
    client.force_login(agent)
    html = client.get("/views/").content.decode()
    assert f'id="up-{c.pk}" name="views" value="{a.pk},{c.pk},{b.pk}"' in html
    assert f'id="up-{a.pk}" name="views" value="{a.pk},{b.pk},{c.pk}"' in html
    for _twice in range(2):
        answer = client.post("/views/order/", {"views": f"{c.pk},{a.pk}"}, headers=IN_LIST)
        assert (answer.status_code, [view.name for view in tabs_of(agent)]) == (200, ["c", "a", "b"])
    assert answer.content.decode().strip().startswith('<div class="views-page" id="views">')


@pytest.mark.parametrize("views", ["", "x", "1,,2", "-1", "9" * 30, "\u0663"])
def test_an_order_that_can_not_be_changes_nothing(client: Client, agent: User, number: Instance, views: str) -> None:
    keep(agent, "a", number)
    client.force_login(agent)
    assert client.post("/views/order/", {"views": views}).status_code == 400


def test_pinned_or_not(client: Client, agent: User, number: Instance) -> None:
    view = keep(agent, "a", number)
    client.force_login(agent)
    for state, expected in [("off", []), ("off", []), ("on", [view]), ("on", [view]), ("", [])]:
        client.post(f"/views/{view.pk}/pin/", {"state": state}, headers=IN_LIST)
        assert tabs_of(agent) == expected
    assert ("a", True) in tabs(page(client, f"view={view.pk}"))  # as long as it is open


def test_the_same_queries_for_one_view_and_thirty(
    client: Client, agent: User, number: Instance, labels: Labels, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keep(agent, "View", number, "label:VIP")
    client.force_login(agent)
    with django_assert_num_queries(8):
        client.get("/views/")
    for n in range(29):
        keep(agent, f"View {n}", number, "label:Paid")
    with django_assert_num_queries(8):
        client.get("/views/")


def test_without_a_number_the_page_is_there(client: Client, agent: User) -> None:
    client.force_login(agent)
    assert client.get("/views/").status_code == 200


def test_a_get_changes_nothing(client: Client, agent: User, number: Instance) -> None:
    view = keep(agent, "a", number)
    set_default_view(Actor.of(agent), view)
    client.force_login(agent)
    for verb in ("query/", "pin/", "default/"):
        assert client.get(f"/views/{view.pk}/{verb}").status_code == 405
    assert client.get("/views/order/").status_code == 405
