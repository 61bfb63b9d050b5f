"""What was ignored, on the drift page: shown when asked for, and undone."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.actions.actor import Actor
from labelapp.actions.drift_ignored import ignore
from labelapp.actions.findings import raise_finding
from labelapp.models import ChatLabel, Finding, Instance, Label, LedgerEntry, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.differences import FINDING, Ref, left_seen, pair_seen
from tests.conftest import MakeChat
from tests.drifted import doubt_about, give_up, wish_ref

Labels = dict[str, Label]
PAGE, ACT = "/drift/?instance=demo", "/drift/act/?instance=demo"
SHOWN = f"{PAGE}&ignored=some"
HTMX = {"HX-Request": "true", "HX-Target": "drift"}


@pytest.fixture
def desk(client: Client, lead: User, labels: Labels) -> Client:
    """A lead's browser."""
    client.force_login(lead)
    return client


def leave(user: User, chat_label: tuple[MakeChat, Label], name: str = "Salma Idris") -> ChatLabel:
    """A wish that was given up and left as it is."""
    make_chat, label = chat_label
    pair = give_up(Actor.of(user), make_chat(name=name), label, remote=False)
    ignore(Actor.of(user), wish_ref(pair))
    pair.refresh_from_db()
    return pair


def undo(pair: ChatLabel) -> str:
    """The value of the row's button."""
    assert pair.ignored_at is not None
    return f"undo w{pair.pk}:{left_seen(pair_seen(pair), pair.ignored_at)}"


def html(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_foot_of_the_page_counts_what_was_ignored(
    desk: Client, agent: User, labels: Labels, make_chat: MakeChat
) -> None:
    assertNotContains(desk.get(PAGE), "Ignored differences")
    pair = leave(agent, (make_chat, labels["VIP"]))
    page = html(desk, PAGE)
    assert "Ignored differences" in page
    assert "Salma Idris" not in page
    link = page.split('id="ignored-show" href="')[1].split('"')[0].replace("&amp;", "&")
    assert link == f"{SHOWN}#drift-ignored"
    page = html(desk, link)
    row = page[page.index(f'id="ignored-w{pair.pk}"') :].split("</tr>")[0]
    for words in ("Salma Idris", "Ignored by Agent Demo", "the change is not there.", "VIP", f'value="{undo(pair)}"'):
        assert words in row
    assert 'id="ignored-hide"' in page


def test_what_is_shown_stays_shown_while_the_page_follows(
    desk: Client, agent: User, labels: Labels, make_chat: MakeChat
) -> None:
    leave(agent, (make_chat, labels["VIP"]))
    fresh = html(desk, SHOWN).split('data-fresh="')[1].split('"')[0].replace("&amp;", "&")
    assertContains(desk.get(fresh, headers=HTMX), "Salma Idris")
    assertNotContains(desk.get(f"{PAGE}&ignored=x"), "Salma Idris")


def test_undo_puts_it_back(desk: Client, agent: User, lead: User, labels: Labels, make_chat: MakeChat) -> None:
    pair = leave(agent, (make_chat, labels["VIP"]))
    LedgerEntry.objects.all().delete()
    answer = desk.post(f"{ACT}&ignored=some", {"one": undo(pair)})
    assertRedirects(answer, SHOWN, fetch_redirect_response=False)
    page = html(desk, SHOWN)
    assert "It is among the differences again." in page
    assert f'id="drift-w{pair.pk}"' in page
    assert "Ignored differences" not in page
    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.actor, entry.cause, entry.chat) == (Verb.IGNORE, lead, Reason.TAKEN_UP(), pair.chat)
    assertContains(desk.post(ACT, {"one": undo(pair)}, follow=True), "That was done already.")
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_row_that_changed_meanwhile_says_so_and_nothing_is_done(
    desk: Client, agent: User, labels: Labels, make_chat: MakeChat, headers: dict[str, str]
) -> None:
    pair = leave(agent, (make_chat, labels["VIP"]))
    ChatLabel.objects.filter(pk=pair.pk).update(remote=True)
    before = ChatLabel.objects.values().get(pk=pair.pk)
    answer = desk.post(f"{ACT}&ignored=some", {"one": undo(pair)}, headers=headers)
    said = answer.headers.get("HX-Trigger", "") + answer.content.decode()
    assert (answer.status_code, "This has changed meanwhile. Nothing was done: look again." in said) == (409, True)
    assertContains(answer, f'id="ignored-w{pair.pk}"', status_code=409)
    assert ChatLabel.objects.values().get(pk=pair.pk) == before


def test_undo_of_what_names_nothing_is_refused(desk: Client, agent: User, labels: Labels, make_chat: MakeChat) -> None:
    pair = leave(agent, (make_chat, labels["VIP"]))
    for words in ("undo", f"undo w{pair.pk}", "undo x1:a", f"undo-1 w{pair.pk}:a"):
        assert desk.post(ACT, {"one": words}).status_code == 400
    assert desk.post(ACT, {"many": "undo", "item": [undo(pair)[5:]]}).status_code == 400
    pair.refresh_from_db()
    assert pair.ignored_at is not None


def test_who_may_only_look_gets_no_button(client: Client, agent: User, labels: Labels, make_chat: MakeChat) -> None:
    pair = leave(agent, (make_chat, labels["VIP"]))
    watcher = User.objects.create_user("watcher")
    watcher.user_permissions.set(Permission.objects.filter(codename="see_operations"))
    client.force_login(watcher)
    assertContains(client.get(SHOWN), "Ignored by Agent Demo")
    assertNotContains(client.get(SHOWN), 'value="undo')
    assert client.post(ACT, {"one": undo(pair)}).status_code == 403
    client.force_login(agent)  # may label, but does not see operations
    assert client.post(ACT, {"one": undo(pair)}).status_code == 403
    pair.refresh_from_db()
    assert pair.ignored_at is not None


def test_a_strangers_row_is_404(desk: Client, admin: User, other_number: Instance, make_chat: MakeChat) -> None:
    found = raise_finding(other_number, Finding.Kind.GUARD, words=Reason.MANY(), count=30)
    ignore(Actor.of(admin), Ref(FINDING, found.pk, seen="n30"))
    found.refresh_from_db()
    assert found.settled_at is not None
    answer = desk.post(ACT, {"one": f"undo f{found.pk}:{left_seen('n30', found.settled_at)}"})
    assert answer.status_code == 404
    found.refresh_from_db()
    assert found.outcome == Finding.Outcome.IGNORED


def test_what_names_neither_chat_nor_label(desk: Client, lead: User, number: Instance) -> None:
    found = raise_finding(number, Finding.Kind.GUARD, words=Reason.MANY(), count=1300)
    desk.post(ACT, {"one": f"ignore f{found.pk}:n1300"})
    row = html(desk, SHOWN).split(f'id="ignored-f{found.pk}"')[1].split("</tr>")[0]
    for words in ("More would come off at once than looks right.", "It is about 1,300 assignments.", "Lead Demo"):
        assert words in row


@pytest.mark.parametrize("many", [1, 19])
def test_the_number_of_queries_does_not_grow(
    desk: Client,
    lead: User,
    labels: Labels,
    make_chat: MakeChat,
    many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(many):
        leave(lead, (make_chat, labels["VIP"]), f"Chat {n}")
        _pair, ref = doubt_about(make_chat(labels=(labels["On hold"],)), labels["On hold"])
        ignore(Actor.of(lead), ref)
    html(desk, SHOWN)
    with django_assert_num_queries(21):
        assert html(desk, PAGE).count("data-ignored") == 0
    with django_assert_num_queries(26):
        page = html(desk, SHOWN)
    assert page.count("data-ignored") == min(2 * many, 20)
    assert (f"{2 * many - 20} more" in page) == (many > 10)
    assert html(desk, f"{PAGE}&ignored=all").count("data-ignored") == 2 * many
