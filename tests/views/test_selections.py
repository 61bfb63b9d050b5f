"""Many chats of the list at once, over HTTP: who may, what is offered, what it does, and that bad input changes nothing."""

import html
import re

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from labelapp.forms.selections import sealed
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelGroup, LedgerEntry, Receipt, Run, RunChat, User
from labelapp.queries.language.reading import read
from labelapp.queries.scopes import scope_of
from tests.conftest import MakeChat, make_number
from tests.runs import begin_run, carry_through, sweep
from tests.wire import FarSide

Labels = dict[str, Label]
HTMX = {"HX-Request": "true"}
OPTION = re.compile(
    r'data-name="([^"]*)" data-group="([^"]*)".*?data-adds="(\d+)" data-takes="(\d+)".*?aria-checked="(\w+)"'
)


@pytest.fixture
def desk(client: Client, lead: User, labels: Labels) -> Client:
    """A lead's browser."""
    client.force_login(lead)
    return client


@pytest.fixture
def chats(make_chat: MakeChat, labels: Labels) -> list[Chat]:
    """Two of three are VIP, and one of them is quoted."""
    return [make_chat(labels=(labels["VIP"], labels["Quoted"])), make_chat(labels=(labels["VIP"],)), make_chat()]


def keys(chats: list[Chat]) -> str:
    return ",".join(str(chat.pk) for chat in chats)


def words(answer: HttpResponse | str) -> str:
    """What one reads of it."""
    text = answer if isinstance(answer, str) else answer.content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def query(user: User, text: str) -> str:
    scope = scope_of(user, Instance.objects.visible_to(user))
    return sealed(scope, read(text, scope.vocabulary).query)


def picked(client: Client, **fields: str) -> dict[str, tuple[str, ...]]:
    """Name -> group, how many it would be put on, taken off, and its box."""
    answer = client.post("/chats/selection/picker/", fields, headers=HTMX)
    assert answer.status_code == 200
    return {found[0]: found[1:] for found in OPTION.findall(answer.content.decode())}


# Who may


def test_people_who_may_not_label_get_no_boxes(
    client: Client, agent: User, number: Instance, chats: list[Chat]
) -> None:
    client.force_login(agent)
    shown = client.get("/chats/").content.decode()
    assert (shown.count('class="pick"'), 'data-run=""' in shown) == (3, True)
    agent.groups.clear()
    shown = client.get("/chats/").content.decode()
    assert (shown.count('class="pick"'), "bulkbar" in shown) == (0, False)


@pytest.mark.parametrize("path", ["picker/", "label/", "undo/1/"])
def test_agents_may_not_label_many(client: Client, agent: User, chats: list[Chat], labels: Labels, path: str) -> None:
    client.force_login(agent)
    sent = {"chats": keys(chats), "add": labels["On hold"].pk}
    assert client.post(f"/chats/selection/{path}", sent).status_code == 403
    assert Run.objects.count() == 0


def test_guests_may_nothing(client: Client, agent: User, chats: list[Chat]) -> None:
    agent.groups.clear()
    client.force_login(agent)
    assert client.get("/chats/selection/").status_code == 403
    assert client.get("/chats/selection/people/").status_code == 403
    for path in ("assign/", "unassign/"):
        assert client.post(f"/chats/selection/{path}", {"chats": keys(chats)}).status_code == 403


@pytest.mark.parametrize("path", ["picker/", "label/", "assign/"])
def test_strangers_get_404(
    desk: Client, other_number: Instance, make_chat: MakeChat, labels: Labels, path: str
) -> None:
    hidden = make_chat(instance=other_number)
    sent = {"chats": str(hidden.pk), "add": labels["VIP"].pk, "person": "me"}
    assert desk.post(f"/chats/selection/{path}", sent).status_code == 404
    assert (Run.objects.count(), LedgerEntry.objects.count()) == (0, 0)


@pytest.mark.parametrize("path", ["", "people/"])
def test_strangers_get_no_list(desk: Client, other_number: Instance, path: str) -> None:
    assert desk.get(f"/chats/selection/{path}?instance=other").status_code == 404


def test_strangers_of_a_run_get_404(desk: Client, admin: User, other_number: Instance, make_chat: MakeChat) -> None:
    Label.objects.create(instance=other_number, wa_id="4", name="VIP", known_at=other_number.imported_at)
    run = begin_run(admin, [make_chat(instance=other_number)])
    assert desk.post(f"/chats/selection/undo/{run.pk}/").status_code == 404


def test_anonymous_people_log_in(client: Client) -> None:
    assert client.get("/chats/selection/").status_code == 302


# All that match


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "Select all 3 chats"),
        ("?q=label:VIP", "Select all 2 that match"),
        ("?q=stage:Quoted", "Select the 1 that matches"),
        ("?q=label:nonsense", ""),
        ("?q=Hello", "Select all 3 that match"),
    ],
)
def test_how_many_match(desk: Client, chats: list[Chat], address: str, said: str) -> None:
    answer = desk.get(f"/chats/selection/{address}", headers=HTMX)
    assert words(answer) == said
    assert ("data-query" in answer.content.decode()) == bool(said)


def test_more_than_are_counted(desk: Client, chats: list[Chat], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelapp.queries.facets.count.__defaults__", (2,))
    answer = desk.get("/chats/selection/?q=Hello", headers=HTMX)
    assert words(answer) == "Select all that match"
    assert words(desk.get("/chats/selection/", headers=HTMX)) == "Select all chats"


# The picker


def test_what_was_not_met_among_those_that_are_counted(
    desk: Client, lead: User, chats: list[Chat], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelapp.queries.facets.CAP", 1)
    answer = desk.post("/chats/selection/picker/", {"query": query(lead, "type:person")}, headers=HTMX)
    assert "VIP 0+/1+ on 0+ of 1+" in words(answer)  # the newest has none, others have


def test_boxes_of_many_chats(desk: Client, chats: list[Chat]) -> None:
    assert picked(desk, chats=keys(chats)) == {
        "New lead": ("Sales funnel", "3", "0", "false"),
        "Quoted": ("Sales funnel", "2", "1", "mixed"),
        "Paid": ("Sales funnel", "3", "0", "false"),
        "VIP": ("", "1", "2", "mixed"),
        "On hold": ("", "3", "0", "false"),
    }
    assert picked(desk, chats=keys(chats[:2]))["VIP"] == ("", "0", "2", "true")


def test_what_failed_would_be_tried_again(desk: Client, chats: list[Chat], labels: Labels) -> None:
    ChatLabel.objects.filter(chat=chats[0], label=labels["VIP"]).update(receipt=Receipt.FAILED)
    assert picked(desk, chats=keys(chats))["VIP"] == ("", "2", "2", "mixed")
    ChatLabel.objects.filter(chat=chats[0], label=labels["VIP"]).update(wanted=False)
    assert picked(desk, chats=keys(chats))["VIP"] == ("", "2", "2", "mixed")


def test_boxes_of_all_that_match(desk: Client, lead: User, chats: list[Chat]) -> None:
    found = picked(desk, query=query(lead, "label:VIP"))
    assert (found["VIP"], found["Quoted"]) == (("", "0", "2", "true"), ("Sales funnel", "1", "1", "mixed"))


def test_labels_of_several_numbers_go_by_name(desk: Client, lead: User, chats: list[Chat], make_chat: MakeChat) -> None:
    other = make_number("porto")
    group = LabelGroup.objects.create(instance=other, name="Sales funnel", kind=LabelGroup.Kind.FUNNEL)
    Label.objects.create(instance=other, wa_id="9", name="VIP", known_at=other.imported_at)
    Label.objects.create(instance=other, wa_id="8", name="Quoted", group=group, known_at=other.imported_at)
    chats.append(make_chat(instance=other))
    found = picked(desk, chats=keys(chats))
    assert (found["VIP"], found["Quoted"]) == (("", "2", "2", "mixed"), ("Sales funnel", "3", "1", "mixed"))
    assert found["On hold"] == ("", "3", "0", "false")
    answer = words(desk.post("/chats/selection/picker/", {"chats": keys(chats)}))
    assert ("First you see what would happen." in answer, "Label 4 chats" in answer) == (True, True)


def test_few_of_one_number_begin_at_once(desk: Client, lead: User, chats: list[Chat], make_chat: MakeChat) -> None:
    def is_direct(**fields: str) -> bool:
        shown = desk.post("/chats/selection/picker/", fields).content.decode()
        return 'data-direct="/chats/selection/label/"' in shown

    assert is_direct(chats=keys(chats))
    assert not is_direct(query=query(lead, ""))
    more = [make_chat() for _ in range(48)]
    assert not is_direct(chats=keys(chats + more))


def test_many_chats_cost_no_more_queries(
    desk: Client, make_chat: MakeChat, labels: Labels, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    found = [make_chat(labels=(labels["VIP"],)) for _ in range(30)]
    for some in (found[:1], found):
        with django_assert_num_queries(8):
            picked(desk, chats=keys(some))


# A run over a handful


def begin(desk: Client, chats: list[Chat], **fields: object) -> HttpResponse:
    return desk.post("/chats/selection/label/", {"chats": keys(chats)} | fields, headers=HTMX)


def test_a_handful_begins_and_says_what_happens(desk: Client, lead: User, chats: list[Chat], labels: Labels) -> None:
    answer = begin(desk, chats, add=[labels["VIP"].pk], remove=[labels["On hold"].pk])
    run = Run.objects.get()
    assert words(answer) == f"1 chat is being changed. 2 are so already. Run {run.pk} Undo z"
    assert (run.user, run.target, run.adds, run.removes, run.state) == (lead, "chosen", ["VIP"], ["On hold"], "running")
    assert RunChat.objects.count() == 3
    assert f'data-undo="/chats/selection/undo/{run.pk}/"' in answer.content.decode()


def test_nothing_to_change_begins_nothing(desk: Client, chats: list[Chat], labels: Labels) -> None:
    answer = begin(desk, chats[:2], add=[labels["VIP"].pk])
    assert words(answer) == "Nothing had to be changed. 2 are so already."
    assert Run.objects.count() == 0


def test_a_label_of_another_number_means_its_name(desk: Client, chats: list[Chat], labels: Labels) -> None:
    other = make_number("porto")
    theirs = Label.objects.create(instance=other, wa_id="9", name="On hold", known_at=other.imported_at)
    begin(desk, chats, add=[theirs.pk])
    assert Run.objects.get().adds == ["On hold"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"chats": ""}, "Paste some numbers, or choose a file."),
        ({"chats": "1,x"}, "These are no chats."),
        ({"chats": ",".join(["1"] * 20_001)}, "A run takes at most 20000 chats. Divide the list."),
        ({"add": []}, "Choose at least one label to add or remove."),
        ({"add": ["x", "9" * 30, "-1"]}, "Choose at least one label to add or remove."),
        ({"chats": "", "query": "nonsense"}, "Look at the preview before so many chats are changed."),
    ],
)
def test_what_makes_no_sense(
    desk: Client, chats: list[Chat], labels: Labels, fields: dict[str, str], said: str
) -> None:
    sent = {"chats": keys(chats), "add": [labels["On hold"].pk]} | fields
    answer = desk.post("/chats/selection/label/", sent)
    assert (answer.status_code, answer.content.decode()) == (422, said)
    assert (Run.objects.count(), ChatLabel.objects.filter(label=labels["On hold"]).count()) == (0, 0)


def test_two_stages_are_refused(desk: Client, chats: list[Chat], labels: Labels) -> None:
    answer = begin(desk, chats, add=[labels["Paid"].pk, labels["Quoted"].pk])
    assert (answer.status_code, words(answer)) == (422, "Only one label of “Sales funnel” can be on a chat.")


def test_more_than_a_handful_is_looked_at_first(desk: Client, make_chat: MakeChat, labels: Labels) -> None:
    answer = begin(desk, [make_chat() for _ in range(51)], add=[labels["VIP"].pk])
    assert (answer.status_code, Run.objects.count()) == (422, 0)


def test_undo_of_what_has_not_begun(desk: Client, chats: list[Chat], labels: Labels, number: Instance) -> None:
    begin(desk, chats, add=[labels["On hold"].pk])
    run = Run.objects.get()
    answer = desk.post(f"/chats/selection/undo/{run.pk}/", headers=HTMX)
    assert words(answer) == f"Run {run.pk} was stopped before it had changed anything."
    assert sweep(number) == 0
    run.refresh_from_db()
    assert (run.state, run.ended_at is not None, ChatLabel.objects.filter(label=labels["On hold"]).count()) == (
        "cancelled",
        True,
        0,
    )


def test_undo_and_a_repeat_of_it(
    desk: Client, chats: list[Chat], labels: Labels, number: Instance, far: FarSide
) -> None:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    begin(desk, chats, add=[labels["On hold"].pk])
    run = Run.objects.get()
    carry_through(run, number)
    answer = desk.post(f"/chats/selection/undo/{run.pk}/", headers=HTMX)
    made = Run.objects.latest("pk")
    assert words(answer) == f"The changes of run {run.pk} are being taken back. Run {made.pk}"
    answer = desk.post(f"/chats/selection/undo/{run.pk}/", headers=HTMX)
    assert (answer.status_code, words(answer)) == (409, "This run is being taken back already.")
    carry_through(made, number)
    assert not ChatLabel.objects.filter(label=labels["On hold"], wanted=True).exists()


# Who looks after them


def assignees(chats: list[Chat]) -> list[str | None]:
    return [Chat.objects.values_list("assignee__username", flat=True).get(pk=chat.pk) for chat in chats]


def offer(answer: HttpResponse) -> str:
    found = re.search(r'data-offer="([^"]*)"', answer.content.decode())
    assert found
    return found[1]


def test_chats_are_given_and_given_back(desk: Client, lead: User, agent: User, agent2: User, chats: list[Chat]) -> None:
    Chat.objects.filter(pk=chats[0].pk).update(assignee=agent)
    Chat.objects.filter(pk=chats[1].pk).update(assignee=lead)
    answer = desk.post("/chats/selection/assign/", {"chats": keys(chats), "person": "me"}, headers=HTMX)
    assert words(answer) == "2 chats are assigned to you Undo z"
    assert assignees(chats) == ["lead", "lead", "lead"]
    undone = desk.post("/chats/selection/unassign/", {"offer": offer(answer)}, headers=HTMX)
    assert (words(undone), assignees(chats)) == ("Undone: 2 chats were given back.", ["agent", "lead", None])
    again = desk.post("/chats/selection/unassign/", {"offer": offer(answer)}, headers=HTMX)
    assert (words(again), assignees(chats)) == ("Undone: 0 chats were given back.", ["agent", "lead", None])


def test_what_was_given_on_since_stays(desk: Client, agent: User, agent2: User, chats: list[Chat]) -> None:
    answer = desk.post("/chats/selection/assign/", {"chats": keys(chats), "person": agent.pk}, headers=HTMX)
    assert words(answer) == "3 chats are assigned to Agent Demo Undo z"
    desk.post("/chats/selection/assign/", {"chats": keys(chats[:1]), "person": agent2.pk})
    desk.post("/chats/selection/unassign/", {"offer": offer(answer)})
    assert assignees(chats) == ["agent2", None, None]


def test_all_that_match_are_given(desk: Client, lead: User, chats: list[Chat]) -> None:
    answer = desk.post("/chats/selection/assign/", {"query": query(lead, "label:VIP"), "person": "me"}, headers=HTMX)
    assert (words(answer), assignees(chats)) == ("2 chats are assigned to you Undo z", ["lead", "lead", None])
    answer = desk.post("/chats/selection/assign/", {"query": query(lead, "label:VIP"), "person": ""}, headers=HTMX)
    assert (words(answer), assignees(chats)) == ("2 chats are assigned to nobody Undo z", [None, None, None])


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"person": "x"}, 422, "This person is not there any more."),
        ({"person": "9" * 30}, 422, "This person is not there any more."),
        ({"person": "123456"}, 422, "This person is not there any more."),
        ({"chats": "a"}, 422, "These are no chats."),
        ({"chats": ""}, 422, "Choose some chats first."),
        ({"chats": "", "query": "forged"}, 422, "This selection is too old. Choose the chats again."),
    ],
)
def test_nobody_is_given_nonsense(
    desk: Client, chats: list[Chat], fields: dict[str, str], status: int, said: str
) -> None:
    answer = desk.post("/chats/selection/assign/", {"chats": keys(chats), "person": "me"} | fields)
    assert (answer.status_code, answer.content.decode()) == (status, said)
    assert LedgerEntry.objects.count() == 0


def test_who_may_not_see_the_number_gets_none_of_its_chats(
    desk: Client, lead: User, stranger: User, number: Instance, chats: list[Chat]
) -> None:
    number.people.add(lead)
    answer = desk.post("/chats/selection/assign/", {"chats": keys(chats), "person": stranger.pk})
    assert (answer.status_code, assignees(chats)) == (422, [None, None, None])
    assert "Stranger" not in words(desk.get("/chats/selection/people/", headers=HTMX))


def test_too_many_at_once(desk: Client, chats: list[Chat], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelapp.actions.assigning.MOST_AT_ONCE", 2)
    answer = desk.post("/chats/selection/assign/", {"chats": keys(chats), "person": "me"})
    assert (answer.status_code, assignees(chats)) == (422, [None, None, None])


@pytest.mark.parametrize("text", ["", "x", "W10:1abc:xyz", "\0"])
def test_an_offer_that_is_none(desk: Client, chats: list[Chat], text: str) -> None:
    answer = desk.post("/chats/selection/unassign/", {"offer": text})
    assert (answer.status_code, answer.content.decode()) == (400, "This can't be undone any more.")


def test_whom_one_can_choose(desk: Client, agent: User, agent2: User) -> None:
    assert words(desk.get("/chats/selection/people/", headers=HTMX)) == ("LD Me a AD Agent Demo AD Agent2 Demo Nobody")


def test_all_numbers_in_one_list(desk: Client, lead: User, chats: list[Chat], make_chat: MakeChat) -> None:
    other = make_number("porto")
    Label.objects.create(instance=other, wa_id="9", name="VIP", known_at=other.imported_at)
    chats.append(make_chat(instance=other))
    shown = desk.get("/chats/selection/?instance=all&q=-label:VIP", headers=HTMX).content.decode()
    found = re.search(r'data-query="([^"]*)"', shown)
    assert (words(shown), found is not None) == ("Select all 2 that match", True)
    assert found
    preview = desk.post("/runs/new/", {"query": found[1], "add": [Label.objects.get(instance=other).pk]})
    assert "2 chats change" in words(preview)
    assert desk.get("/chats/selection/people/?instance=all", headers=HTMX).status_code == 200
