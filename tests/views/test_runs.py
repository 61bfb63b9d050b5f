"""The pages of runs over HTTP: what they show, who may, and that bad input changes nothing."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.forms.selections import sealed
from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, Run, RunChat, User
from labelapp.queries.cells import plain
from labelapp.queries.language.reading import read
from labelapp.queries.run_tallies import Tally, tally
from labelapp.queries.scopes import Scope, scope_of
from tests.conftest import MakeChat
from tests.runs import begin_run, carry_through, sweep
from tests.wire import FarSide

Labels = dict[str, Label]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def side(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def desk(client: Client, lead: User, labels: Labels) -> Client:
    """A lead's browser."""
    client.force_login(lead)
    return client


@pytest.fixture
def run(lead: User, labels: Labels, make_chat: MakeChat) -> Run:
    """A run over three chats that has not begun with any."""
    return begin_run(lead, [make_chat(name=name) for name in ("Mona", "Rui", "Salma")])


def page(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# Looking


def test_the_list(desk: Client, run: Run, number: Instance, side: FarSide) -> None:
    shown = page(desk, "/runs/")
    assert f'data-run="{run.pk}"' in shown
    assert "in <b>3 chats</b>" in shown
    assert '<span class="t" dir="auto">VIP</span>' in shown
    assert "3 to do" in shown
    carry_through(run, number)
    assert "3 changed" in page(desk, "/runs/")


def test_no_run_yet(desk: Client) -> None:
    assert "No run yet" in page(desk, "/runs/")


def test_progress_and_results(desk: Client, run: Run, number: Instance, side: FarSide) -> None:
    address = f"/runs/{run.pk}/"
    assert "0 of 3 chats" in page(desk, address)
    side.status_of = {"PUT /labels/4/chats/201000000002@c.us": 422}
    carry_through(run, number)
    shown = page(desk, address)
    for words in ("3 of 3 chats", "<b>2</b> changed, confirmed", "<b>1</b> failed", "1 chat failed.", "Retry 1 failed"):
        assert words in shown
    assert "The provider says: Said 422" in shown
    failed = page(desk, f"{address}?show=failed")
    assert ("Rui" in failed, "Mona" in failed) == (True, False)
    assert "Changed" in failed


def test_parts_for_a_page_that_follows(desk: Client, run: Run) -> None:
    parts = page(desk, f"/runs/{run.pk}/", **HTMX, **{"HX-Target": "run"})
    assert parts.startswith('<div class="page run" id="run"')
    assert "<html" not in parts
    assert page(desk, "/runs/", **HTMX, **{"HX-Target": "runs"}).startswith('<div class="stacked" id="runs"')


def test_pages_follow_each_other(desk: Client, lead: User, make_chat: MakeChat, labels: Labels) -> None:
    run = begin_run(lead, [make_chat() for _ in range(60)])
    first = page(desk, f"/runs/{run.pk}/")
    assert first.count("<tr data-chat=") == 50
    following = first.split("before=")[1].split('"')[0]
    second = page(desk, f"/runs/{run.pk}/?before={following}")
    assert second.count("<tr data-chat=") == 10
    seen = {part.split('"')[0] for text in (first, second) for part in text.split('<tr data-chat="')[1:]}
    assert len(seen) == 60


@pytest.mark.parametrize("before", ["", "x", "1-", "-1-1", "9" * 40, "9999999999999999-1", "0-0", "\0"])
def test_a_place_that_was_tampered_with_is_the_start(desk: Client, run: Run, before: str) -> None:
    assert desk.get(f"/runs/{run.pk}/", {"before": before}).status_code == 200


def test_many_chats_cost_no_more_queries(
    desk: Client, lead: User, labels: Labels, make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 30):
        made = begin_run(lead, [make_chat() for _ in range(size)])
        desk.get(f"/runs/{made.pk}/")
        with django_assert_num_queries(14):
            desk.get(f"/runs/{made.pk}/")


def test_many_runs_cost_no_more_queries(
    desk: Client, lead: User, labels: Labels, make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chat = make_chat()
    for size in (1, 15):
        for _n in range(size):
            begin_run(lead, [chat])
        desk.get("/runs/")
        with django_assert_num_queries(7):
            desk.get("/runs/")


def test_older_runs(desk: Client, lead: User, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat()
    runs = [begin_run(lead, [chat]).pk for _n in range(21)]
    shown = page(desk, "/runs/")
    assert (shown.count("data-run="), f"before={runs[1]}" in shown) == (20, True)
    assert page(desk, f"/runs/?before={runs[1]}").count("data-run=") == 1
    assert desk.get("/runs/?before=x").status_code == 400


# Who may


@pytest.mark.parametrize("path", ["", "new/", "{pk}/", "{pk}/ask/?do=cancel", "{pk}/results/"])
def test_agents_and_nobody_may_not(client: Client, agent: User, run: Run, path: str) -> None:
    address = f"/runs/{path.format(pk=run.pk)}"
    assert client.get(address).url.startswith("/login/")
    client.force_login(agent)
    assert client.get(address).status_code == 403
    assert client.post(f"/runs/{run.pk}/act/", {"do": "cancel"}).status_code == 403
    run.refresh_from_db()
    assert run.state == "running"
    assertNotContains(client.get("/chats/"), "/runs/")


@pytest.mark.parametrize("path", ["", "ask/?do=cancel", "results/", "act/"])
def test_a_run_over_a_number_that_is_not_theirs(
    desk: Client, admin: User, other_number: Instance, make_chat: MakeChat, labels: Labels, path: str
) -> None:
    Label.objects.create(instance=other_number, wa_id="9", name="VIP", known_at=timezone.now())
    hidden = begin_run(admin, [make_chat(), make_chat(instance=other_number)])
    address = f"/runs/{hidden.pk}/{path}"
    assert (desk.post(address) if path == "act/" else desk.get(address)).status_code == 404
    assert f'data-run="{hidden.pk}"' not in page(desk, "/runs/")
    desk.force_login(admin)
    assert (desk.post(address) if path == "act/" else desk.get(address)).status_code != 404


def test_a_run_of_a_removed_number_can_be_looked_back_at(desk: Client, run: Run, number: Instance) -> None:
    Instance.objects.filter(pk=number.pk).update(removed_at=timezone.now())
    assertContains(desk.get(f"/runs/{run.pk}/"), "3 chats")


# Doing


def act(client: Client, run: Run, **fields: Any) -> str:
    """What the page says afterwards."""
    answer = client.post(f"/runs/{run.pk}/act/", fields, follow=True)
    assert answer.status_code == 200
    run.refresh_from_db()
    return " ".join(str(message) for message in answer.context["messages"])


def test_pause_resume_and_stop(desk: Client, run: Run) -> None:
    assert act(desk, run, do="pause") == "Paused. What is on its way arrives."
    assert act(desk, run, do="pause") == "That was done already."
    assert (run.state, act(desk, run, do="resume"), run.state) == ("paused", "The run goes on.", "running")
    assert act(desk, run, do="cancel") == "Stopped. What was done stays."
    assert run.state == "cancelled"
    assert act(desk, run, do="retry") == "This run was stopped."


def test_retry_one_and_all(desk: Client, run: Run, number: Instance, side: FarSide) -> None:
    side.status_of = {f"PUT /labels/4/chats/20100000000{n}@c.us": 422 for n in (2, 3)}
    carry_through(run, number)
    side.status_of = {}
    assert act(desk, run, retry=Chat.objects.get(name="Rui").pk) == "1 chat is tried again."
    assert tally(run) == Tally(waiting=1, changed=1, failed=1)
    assert act(desk, run, do="retry") == "1 chat is tried again."
    assert carry_through(run, number) == Tally(changed=3)


def test_undo_leads_to_a_run_of_its_own(desk: Client, run: Run, number: Instance, side: FarSide) -> None:
    assert act(desk, run, do="undo") == "Stop the run first."
    carry_through(run, number)
    assertContains(desk.get(f"/runs/{run.pk}/ask/?do=undo"), "in 3 chats")
    assertRedirects(desk.post(f"/runs/{run.pk}/act/", {"do": "undo"}), f"/runs/{run.pk + 1}/")
    assertContains(desk.get(f"/runs/{run.pk + 1}/"), "Take back what")
    assertContains(desk.get(f"/runs/{run.pk}/"), "takes this one back")


@pytest.mark.parametrize("fields", [{}, {"do": "explode"}, {"retry": "x"}, {"retry": "9" * 30}])
def test_no_such_action(desk: Client, run: Run, fields: dict[str, str]) -> None:
    assert desk.post(f"/runs/{run.pk}/act/", fields).status_code == 400
    assert desk.get(f"/runs/{run.pk}/ask/?do=explode").status_code == 400
    assert desk.get(f"/runs/{run.pk}/?show=explode").status_code == 400
    assert desk.get(f"/runs/{run.pk}/results/?show=explode").status_code == 400


def test_questions_come_as_a_fragment_or_as_the_page(desk: Client, run: Run) -> None:
    for do, words in (("cancel", "Stop run"), ("retry", "Try 0 chats again?"), ("undo", "Undo run")):
        address = f"/runs/{run.pk}/ask/?do={do}"
        assert page(desk, address, **HTMX).startswith('<div id="run-side" data-side>')
        assert words in page(desk, address)


# Results to keep


def test_results_as_a_table(
    desk: Client, lead: User, number: Instance, side: FarSide, labels: Labels, make_chat: MakeChat
) -> None:
    run = begin_run(
        lead, [make_chat(name="=cmd|'/C calc'!A0"), make_chat(name='Mona, "the" boss', labels=(labels["VIP"],))]
    )
    carry_through(run, number)
    answer = desk.get(f"/runs/{run.pk}/results/")
    assert answer["Content-Disposition"] == f'attachment; filename="run-{run.pk}.csv"'
    text = answer.content.decode()
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["Chat", "Address", "Number", "Added", "Removed", "Result", "Detail", "Time"]
    assert [row[:7] for row in rows[1:]] == [
        ["'=cmd|'/C calc'!A0", "201000000001@c.us", "Demo", "VIP", "", "On WhatsApp", ""],
        ['Mona, "the" boss', "201000000002@c.us", "Demo", "VIP", "", "Was so already", ""],
    ]
    few = desk.get(f"/runs/{run.pk}/results/?show=already").content.decode()
    assert len(few.splitlines()) == 2


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\n+1"])
def test_no_cell_begins_a_formula(cell: str) -> None:
    assert plain(cell) == f"'{cell}"
    assert plain("Mona = 1") == "Mona = 1"


# A new one


def fields(labels: Labels, **more: Any) -> dict[str, Any]:
    return {f"label-{labels['VIP'].pk}": "add", "numbers": "", "instance": "demo", "do": "preview", **more}


def test_the_form(desk: Client, labels: Labels) -> None:
    shown = page(desk, "/runs/new/")
    assert shown.count('value="remove"') == 5
    assert "one of <bdi>Sales funnel</bdi>" in shown
    assert 'id="run-start"' not in shown


def test_the_form_begins_with_the_numbers_that_were_looked_at_last(
    desk: Client, labels: Labels, other_number: Instance
) -> None:
    Instance.objects.filter(slug="other").first().people.clear()  # type: ignore[union-attr]
    for slug in ("other", "all"):
        desk.get(f"/chats/?instance={slug}")
        assert f'<option value="{slug}" selected>' in page(desk, "/runs/new/")


def test_preview_changes_nothing_and_says_what_would_happen(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    make_chat("201001234567@c.us")
    make_chat("201001234568@c.us", labels=(labels["VIP"],))
    text = "+20 100 123 4567\n201001234568\n201001234568\n+201001239999\nhello"
    answer = desk.post("/runs/new/", fields(labels, numbers=text))
    assert answer.status_code == 200
    shown = " ".join(answer.content.decode().split())
    for words in (
        "1 chat changes",
        'data-count="already">1',
        "2 of 5 entries have a chat.",
        "1 was there twice.",
        "1 number without a chat",
        'line 4 <bdi class="mono" dir="ltr">+201001239999</bdi>',
        "1 line is no number",
        "line 5 <bdi>hello</bdi>",
        'id="run-start"',
        "No change fires rules or hooks",
    ):
        assert words in shown
    assert not Run.objects.exists()
    fired = desk.post("/runs/new/", fields(labels, numbers=text, fires_rules="on")).content.decode()
    assert "Each change fires rules and hooks" in fired


def test_start(desk: Client, lead: User, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat("201001234567@c.us")
    sent = fields(labels, numbers="201001234567", do="start", purpose=" Autumn list ", fires_rules="on")
    answer = desk.post("/runs/new/", sent)
    run = Run.objects.get()
    assertRedirects(answer, f"/runs/{run.pk}/")
    assert (run.adds, run.removes, run.purpose, run.fires_rules, run.user) == (["VIP"], [], "Autumn list", True, lead)
    assert list(run.chats.values_list("chat", flat=True)) == [chat.pk]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
def test_a_file(desk: Client, labels: Labels, make_chat: MakeChat, encoding: str) -> None:
    make_chat("201001234567@c.us")
    file = SimpleUploadedFile("list.csv", "الاسم;الهاتف\nمنى;01001234567".encode(encoding), "text/csv")
    shown = desk.post("/runs/new/", fields(labels, file=file)).content.decode()
    assert "1 chat changes" in " ".join(shown.split())
    assert "منى;01001234567" in shown  # in the box, for the start


def test_chosen_chats(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    chats = [make_chat() for _ in range(2)]
    sent = {
        "chats": ",".join(str(chat.pk) for chat in chats),
        "add": [labels["VIP"].pk],
        "remove": [labels["On hold"].pk],
    }
    shown = " ".join(desk.post("/runs/new/", sent).content.decode().split())
    assert "2 chats change" in shown
    assert f'name="chats" value="{sent["chats"]}"' in shown
    assert shown.count("checked") == 5
    desk.post("/runs/new/", sent | {"do": "start"})
    assert RunChat.objects.count() == 2


def sealed_query(user: User, text: str) -> str:
    scope = scope_of(user, Instance.objects.visible_to(user))
    return sealed(scope, read(text, scope.vocabulary).query)


def test_all_that_match(desk: Client, lead: User, labels: Labels, make_chat: MakeChat) -> None:
    had, plain = make_chat(labels=(labels["VIP"], labels["On hold"])), make_chat(labels=(labels["On hold"],))
    make_chat()
    sent = {"query": sealed_query(lead, 'label:"On hold"'), "add": [labels["VIP"].pk]}
    Label.objects.filter(pk=labels["On hold"].pk).update(name="Waits")  # the query holds keys: it follows
    shown = " ".join(desk.post("/runs/new/", sent).content.decode().split())
    assert "1 chat changes" in shown
    assert '<bdi class="mono">label:Waits</bdi>' in shown
    assert f'name="query" value="{sent["query"]}"' in shown
    desk.post("/runs/new/", sent | {"do": "start", "query": sent["query"]})
    run = Run.objects.get()
    assert (run.target, run.target_text, run.adds) == ("query", "label:Waits", ["VIP"])
    assert set(run.chats.values_list("chat", flat=True)) == {had.pk, plain.pk}
    assert "label:Waits" in page(desk, f"/runs/{run.pk}/")


def test_the_whole_inbox(desk: Client, lead: User, labels: Labels, make_chat: MakeChat) -> None:
    make_chat()
    sent = {"query": sealed_query(lead, ""), "add": [labels["VIP"].pk]}
    shown = " ".join(desk.post("/runs/new/", sent).content.decode().split())
    assert "All chats, whatever labels they carry." in shown
    assert "<bdi>Demo</bdi>" in shown
    desk.post("/runs/new/", sent | {"do": "start"})
    assert "of the whole inbox" in page(desk, "/runs/")


@pytest.mark.parametrize("do", ["preview", "start"])
def test_queries_that_can_not_be_run(
    desk: Client, lead: User, admin: User, labels: Labels, make_chat: MakeChat, do: str, other_number: Instance
) -> None:
    make_chat(labels=(labels["On hold"],))
    make_chat(instance=other_number)
    gone = sealed_query(lead, 'label:"On hold"')
    Label.objects.filter(pk=labels["On hold"].pk).update(deleted_at=timezone.now())
    theirs = sealing(scope_of(admin, [other_number]))
    for text, said in (
        (gone, "means nothing in this filter"),
        ("nonsense", "This selection is too old."),
        (theirs, "No chat was found." if do == "preview" else "There is no chat to change."),
        (sealed_query(lead, "label:Paid"), "No chat was found." if do == "preview" else "There is no chat to change."),
    ):
        answer = desk.post("/runs/new/", {"query": text, "add": [labels["VIP"].pk], "do": do})
        assert said in answer.content.decode(), text
    assert (Run.objects.count(), RunChat.objects.count()) == (0, 0)


def sealing(scope: Scope) -> str:
    return sealed(scope, read("", scope.vocabulary).query)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"numbers": ""}, "Paste some numbers, or choose a file."),
        ({"numbers": "hello", "do": "start"}, "There is no chat to change."),
        ({"numbers": "201000000001", "instance": "nowhere"}, "Select a valid choice"),
        ({"chats": "1,x"}, "These are no chats."),
        ({"chats": "1" * 30}, "These are no chats."),
        ({"numbers": "1", "purpose": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_makes_no_sense(
    desk: Client, labels: Labels, make_chat: MakeChat, more: dict[str, str], words: str
) -> None:
    make_chat()
    answer = desk.post("/runs/new/", fields(labels, **more))
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert (Run.objects.count(), ChatLabel.objects.count(), LedgerEntry.objects.count()) == (0, 0, 0)


def test_no_label(desk: Client, make_chat: MakeChat, labels: Labels) -> None:
    make_chat()
    answer = desk.post("/runs/new/", {"numbers": "201000000001", "label-999": "add", "do": "start"})
    assert answer.status_code == 422
    assertContains(answer, "Choose at least one label to add or remove.", status_code=422)


def test_no_text_file(desk: Client, labels: Labels) -> None:
    for content in (b"PK\x03\x04\0\0\0", b"\xff\xfe\0\0x", b""):
        file = SimpleUploadedFile("list.xlsx", content)
        assert desk.post("/runs/new/", fields(labels, file=file)).status_code == 422


def test_strangers_numbers_are_no_target(
    desk: Client, other_number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    hidden = make_chat("201001234567@c.us", instance=other_number)
    shown = desk.post("/runs/new/", fields(labels, numbers="201001234567")).content.decode()
    assert "1 number without a chat" in " ".join(shown.split())
    assert "Other" not in page(desk, "/runs/new/")
    answer = desk.post("/runs/new/", fields(labels, chats=str(hidden.pk), do="start"))
    assert (answer.status_code, Run.objects.count()) == (422, 0)
    assert sweep(other_number) == 0
