"""The board over HTTP: who may, its columns and cards, moving a chat, and what leads to a run."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertRedirects

from labelapp.models import ChatLabel, Instance, Label, LabelGroup, Move, Run, User
from tests.conftest import MakeChat
from tests.ledgers import ago, walk

Labels = dict[str, Label]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def here(labels: Labels) -> str:
    return f"/board/{labels['Quoted'].group_id}/"


@pytest.fixture
def desk(client: Client, lead: User, number: Instance) -> Client:
    """A lead's browser, at a number that is known for long."""
    Instance.objects.filter(pk=number.pk).update(imported_at=ago(90 * 24))
    client.force_login(lead)
    return client


def html(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def stages(page: str) -> dict[str, int]:
    """Chat -> the stage at which its card stands."""
    return {pk: int(stage) for pk, stage in re.findall(r'id="card-\d+" [^>]*data-pk="(\d+)" data-stage="(\d+)"', page)}


def test_columns_stand_in_the_funnels_order_behind_that_of_chats_without_a_stage(
    desk: Client, here: str, labels: Labels, make_chat: MakeChat
) -> None:
    new, quoted, vip = (
        make_chat(),
        make_chat(labels=(labels["Quoted"], labels["VIP"])),
        make_chat(labels=(labels["VIP"],)),
    )
    page = html(desk, here)
    assert re.findall(r"<h2 [^>]*>([^<]+)</h2>", page)[:4] == ["No stage", "New lead", "Quoted", "Paid"]
    assert stages(page) == {str(new.pk): 0, str(vip.pk): 0, str(quoted.pk): labels["Quoted"].pk}
    assert "No chat is in this stage." in page
    assert " style=" not in page
    assert f'data-label="{labels["VIP"].wa_id}"' in page
    assert f'data-label="{labels["Quoted"].wa_id}"' not in page  # the column says it


def test_figures_of_a_stage_and_the_age_of_a_card(desk: Client, here: str, labels: Labels, make_chat: MakeChat) -> None:
    Label.objects.filter(pk=labels["Quoted"].pk).update(stuck_after=timedelta(days=2))
    for _n in range(5):
        walk(make_chat(), (labels["Quoted"], 60), (labels["Paid"], 10))
    walk(make_chat(name="Stuck"), (labels["Quoted"], 80))
    page = html(desk, here)
    assert re.search(r"<dt>median</dt><dd>2 d 2 h</dd>\s*<dt>p90</dt><dd>2 d 2 h</dd>", page)
    assert "1 stuck" in page
    assert "age:stage%3E2d" in page
    assert re.search(r'class="kard a3 is-stuck"', page)
    assert "In this stage for 3 d 8 h. Stuck. Longer than nine of ten" in page


def test_a_beginning_that_nobody_saw_is_at_least_so_long_ago(
    desk: Client, here: str, labels: Labels, make_chat: MakeChat
) -> None:
    make_chat(labels=(labels["Paid"],))
    assert "≥ 90 d" in html(desk, here)


def test_a_chat_in_two_stages_stands_at_the_further_one_and_says_so(
    desk: Client, here: str, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["New lead"], labels["Paid"]))
    page = html(desk, here)
    assert stages(page) == {str(chat.pk): labels["Paid"].pk}
    assert page.count(f'id="card-{chat.pk}"') == 1
    assert f'data-keep="{labels["Paid"].pk}"' in page
    assert "1 chat in two stages" in html(desk, f"{here}heads/")


def test_the_filter_is_that_of_the_inbox(desk: Client, here: str, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(labels=(labels["Quoted"],))
    chat = make_chat(name="Mona", labels=(labels["Quoted"], labels["VIP"]))
    page = html(desk, f"{here}?q=label:VIP")
    assert list(stages(page)) == [str(chat.pk)]
    assert 'data-text="label:VIP"' in page
    assert f'href="{here}?"' in page  # leads back to the board, not to the inbox
    assertRedirects(desk.get(f"{here}?q=label:VIP&add=mona"), f"{here}?q=label:VIP+mona", fetch_redirect_response=False)
    assert "Did you mean" in html(desk, f"{here}?q=label:VPI")
    assert "No chat here matches." in html(desk, f"{here}?q=nobody")


def test_further_cards_come_by_their_place(desk: Client, here: str, labels: Labels, make_chat: MakeChat) -> None:
    for _n in range(45):
        make_chat(labels=(labels["Paid"],))
    page, seen = html(desk, here), []
    while True:
        seen += list(stages(page))
        more = re.search(r'hx-get="([^"]+/column/[^"]+)"', page)
        if more is None:
            break
        page = html(desk, unescape(more[1]))
    assert (len(seen), len(set(seen))) == (45, 45)


def test_fragments_for_those_who_follow(desk: Client, here: str, labels: Labels, make_chat: MakeChat) -> None:
    chat, gone = make_chat(labels=(labels["Paid"],)), make_chat(labels=(labels["VIP"],))
    assert stages(html(desk, f"{here}cards/?chats={chat.pk},{gone.pk},999,x,{'9' * 40}")) == {
        str(chat.pk): labels["Paid"].pk,
        str(gone.pk): 0,
    }
    assert stages(html(desk, f"{here}cards/?chats={chat.pk},{gone.pk}&q=label:VIP")) == {str(gone.pk): 0}
    heads = html(desk, f"{here}heads/")
    assert re.findall(r'id="head-(\d+)"', heads) == [
        "0",
        *(str(labels[name].pk) for name in ("New lead", "Quoted", "Paid")),
    ]
    columns = html(desk, here, **HTMX, **{"HX-Target": "board"})
    assert "<html" not in columns
    assert 'id="board"' in columns
    for wrong in ("stage=x", "stage=999", ""):
        assert desk.get(f"{here}column/?{wrong}").status_code == 404


def test_a_move_puts_the_new_stage_on_first(
    client: Client, agent: User, here: str, labels: Labels, make_chat: MakeChat
) -> None:
    client.force_login(agent)
    chat = make_chat(labels=(labels["New lead"],))
    for _n in range(2):  # a repeat changes nothing
        answer = client.post(f"{here}chats/{chat.pk}/{labels['Paid'].pk}/", headers=HTMX)
        assert stages(answer.content.decode()) == {str(chat.pk): labels["Paid"].pk}
    pairs = {pair.label_id: pair for pair in ChatLabel.objects.filter(chat=chat)}
    assert (pairs[labels["Paid"].pk].wanted, pairs[labels["New lead"].pk].wanted) == (True, False)
    assert pairs[labels["New lead"].pk].waits_for == pairs[labels["Paid"].pk]
    assert Move.objects.get().label == labels["Paid"]


def test_a_move_can_be_taken_back_by_its_toast(desk: Client, here: str, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    assertContains(desk.post(f"{here}chats/{chat.pk}/{labels['Paid'].pk}/", headers=HTMX), "data-offer=")
    assertRedirects(desk.post(f"{here}chats/{chat.pk}/{labels['Quoted'].pk}/"), here, fetch_redirect_response=False)


def test_what_can_not_be_moved_to(desk: Client, here: str, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    assert desk.post(f"{here}chats/{chat.pk}/{labels['VIP'].pk}/", headers=HTMX).status_code == 404
    Label.objects.filter(pk=labels["Paid"].pk).update(deleted_at=ago(1))
    answer = desk.post(f"{here}chats/{chat.pk}/{labels['Paid'].pk}/", headers=HTMX)
    assertContains(answer, "“Paid” was deleted in WhatsApp.", status_code=410)
    assert desk.get(f"{here}chats/{chat.pk}/{labels['Paid'].pk}/").status_code == 405


def test_an_archived_stage_is_shown_while_somebody_is_at_it(
    desk: Client, here: str, labels: Labels, make_chat: MakeChat
) -> None:
    Label.objects.filter(pk=labels["Quoted"].pk).update(archived_at=ago(1))
    assert f'id="col-{labels["Quoted"].pk}"' not in html(desk, here)
    make_chat(labels=(labels["Quoted"],))
    page = html(desk, here)
    assert re.search(rf'id="col-{labels["Quoted"].pk}"[^>]*data-name="Quoted" aria', page)  # not data-open
    assert f'data-to="{labels["Quoted"].pk}"' not in page


# A whole column


def test_all_chats_of_a_column_are_a_run_with_its_preview(
    desk: Client, here: str, labels: Labels, make_chat: MakeChat
) -> None:
    make_chat(labels=(labels["New lead"],))
    both = make_chat(labels=(labels["New lead"], labels["Quoted"]))  # stands at the further one
    page = html(desk, here)
    column = page.split(f'id="actions-{labels["New lead"].pk}"')[1].split("</form>")[0]
    query = re.findall(r'name="query" value="([^"]+)"', column)[0]
    assert [int(pk) for pk in re.findall(r'name="add" value="(\d+)"', column)] == [
        labels[name].pk for name in ("Quoted", "Paid", "VIP", "On hold")
    ]
    answer = desk.post("/runs/new/", {"query": query, "add": labels["Paid"].pk})
    assertContains(answer, '<dd data-count="changes">1</dd>')
    desk.post("/runs/new/", {"query": query, "add": labels["Paid"].pk, "do": "start"})
    assert list(Run.objects.get().chats.values_list("chat_id", flat=True)) != [both.pk]
    assert Run.objects.get().chats.count() == 1


def test_only_who_may_run_gets_the_whole_column_and_never_by_half_a_question(
    client: Client, agent: User, lead: User, here: str, labels: Labels
) -> None:
    client.force_login(agent)
    assert "/runs/new/" not in html(client, here)
    client.force_login(lead)
    assert 'action="/runs/new/"' in html(client, here)
    assert 'action="/runs/new/"' not in html(client, f"{here}?q=label:nope")


# Who may, and what is there when nothing is


def test_the_way_there(desk: Client, here: str, number: Instance, labels: Labels) -> None:
    assertRedirects(desk.get("/board/"), here, fetch_redirect_response=False)
    other = LabelGroup.objects.create(instance=number, name="Support", kind=LabelGroup.Kind.FUNNEL)
    assertContains(desk.get(f"/board/{other.pk}/"), "This funnel has no stage yet")
    assert 'href="/board/"' in html(desk, "/chats/")


def test_the_labels_page_leads_to_it(client: Client, admin: User, here: str) -> None:
    client.force_login(admin)
    assert f'href="{here}"' in html(client, "/labels/?instance=demo")


def test_without_a_funnel_or_a_number(
    client: Client, admin: User, agent: User, stranger: User, number: Instance
) -> None:
    for user, button in ((admin, True), (agent, False)):
        client.force_login(user)
        page = html(client, "/board/")
        assert "No funnel yet" in page
        assert ("/labels/groups/new/" in page) == button
    number.people.add(admin)
    client.force_login(stranger)
    assertContains(client.get("/board/"), "No number is connected yet")


def test_who_may_not_label_looks_only(client: Client, here: str, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["Paid"],))
    client.force_login(User.objects.create_user("looker"))
    page = html(client, here)
    assert "data-move" not in page.replace("data-move=", "")
    assert 'id="stage-menu"' not in page
    answer = client.post(f"{here}chats/{chat.pk}/{labels['Quoted'].pk}/", headers=HTMX)
    assert answer.status_code == 403
    assert Move.objects.count() == 0


def test_a_stranger_sees_and_moves_nothing(
    client: Client,
    lead: User,
    admin: User,
    stranger: User,
    number: Instance,
    here: str,
    labels: Labels,
    make_chat: MakeChat,
) -> None:
    chat = make_chat(labels=(labels["New lead"],))
    number.people.add(admin)
    client.force_login(stranger)
    for path in ("", "cards/?chats=1", "heads/", "column/?stage=0"):
        assert client.get(f"{here}{path}").status_code == 404
    assert client.post(f"{here}chats/{chat.pk}/{labels['Paid'].pk}/").status_code == 404
    assert client.get("/board/?instance=demo").status_code == 404
    assert Move.objects.count() == 0
    client.logout()
    assert client.get(here).status_code == 302


def test_only_a_funnel_has_a_board(desk: Client, number: Instance, labels: Labels) -> None:
    free = LabelGroup.objects.create(instance=number, name="Free")
    assert desk.get(f"/board/{free.pk}/").status_code == 404
    assert desk.get("/board/999/").status_code == 404


def test_names_are_text_and_not_markup(desk: Client, here: str, labels: Labels, make_chat: MakeChat) -> None:
    Label.objects.filter(pk=labels["Paid"].pk).update(name="<script>x")
    make_chat(name="<script>y", labels=(labels["Paid"], labels["New lead"]))
    page = html(desk, here)
    assert "<script>x" not in page
    assert "<script>y" not in page


@pytest.mark.parametrize("many", [1, 30])
def test_the_number_of_queries_does_not_grow(
    desk: Client,
    here: str,
    labels: Labels,
    make_chat: MakeChat,
    many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    Label.objects.filter(pk=labels["Quoted"].pk).update(stuck_after=timedelta(hours=1))
    chats = [make_chat() for _n in range(many)]
    for chat in (make_chat() for _n in range(many)):
        walk(chat, (labels["New lead"], 9), (labels["Quoted"], 4))
    html(desk, here)
    for path, queries in (
        ("", 19),
        ("?q=type:person", 19),
        (f"cards/?chats={chats[0].pk}", 11),
        ("column/?stage=0", 12),
    ):
        with django_assert_num_queries(queries):
            html(desk, here + path)
    html(desk, f"{here}heads/")
    with django_assert_num_queries(10):
        html(desk, f"{here}heads/")
    with django_assert_num_queries(28 if settings.ON_SQLITE else 29):  # the wake-up of the worker
        desk.post(f"{here}chats/{chats[0].pk}/{labels['Paid'].pk}/", headers=HTMX)
