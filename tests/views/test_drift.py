"""The drift page over HTTP: what it shows, who may, and that nothing is done to a row that has changed."""

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.actions.findings import raise_finding
from labelapp.models import Chat, ChatLabel, Finding, Instance, Label, LabelGroup, LedgerEntry, Receipt, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.differences import WISH, Ref, pair_seen
from tests.conftest import MakeChat

Labels = dict[str, Label]
Kind, Outcome = Finding.Kind, Finding.Outcome
HTMX = {"HX-Request": "true", "HX-Target": "drift"}
PAGE, ACT = "/drift/?instance=demo", "/drift/act/?instance=demo"


def failed(chat: Chat, label: Label, *, on: bool = True, remote: bool | None = None) -> ChatLabel:
    """A wish that was given up."""
    return ChatLabel.objects.create(
        chat=chat,
        label=label,
        wanted=on,
        remote=(not on) if remote is None else remote,
        receipt=Receipt.FAILED,
        wanted_at=timezone.now(),
        sent_at=timezone.now() - timedelta(minutes=1),
        remote_at=timezone.now(),
        error=Reason.NOT_THERE(),
        last_message_at=chat.last_message_at,
    )


def ref(pair: ChatLabel) -> Ref:
    return Ref(WISH, pair.pk, seen=pair_seen(pair))


@pytest.fixture
def desk(client: Client, lead: User, labels: Labels) -> Client:
    """A lead's browser."""
    client.force_login(lead)
    return client


def html(client: Client, path: str = PAGE, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


# Looking

ENDED = "The last comparison did not come to its end."


@pytest.mark.parametrize(
    ("stored", "words", "broke_off"),
    [
        ("said:Said 500", "The provider says: Said 500", True),
        ("part:VIP (Said 500)", "Some labels or chats could not be read: VIP (Said 500)", False),
    ],
)
def test_what_the_last_comparison_could_not_read(desk: Client, stored: str, words: str, broke_off: bool) -> None:
    Instance.objects.update(reconcile_error=stored)
    page = html(desk)
    assert (words in page, ENDED in page) == (True, broke_off)


def test_a_wish_that_was_given_up(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    pair = failed(make_chat(name="Salma Idris"), labels["VIP"])
    page = html(desk)
    section = page[page.index('id="drift-here"') :]
    assert "1 difference that only a person can settle." in page
    assert "Salma Idris" in section
    assert "WhatsApp said done, but the change is not there." in section
    assert f'value="push {ref(pair)}"' in section
    assert f'data-label="{labels["VIP"].wa_id}" data-pk="{labels["VIP"].pk}" data-state="failed"' in section


def test_what_is_on_whatsapp_only(desk: Client, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    failed(make_chat(), labels["VIP"], on=False)
    ghost = Label.objects.create(instance=number, wa_id="31")
    ChatLabel.objects.create(chat=make_chat(name="Layla"), label=ghost, wanted=True, remote=True)
    page = html(desk)
    section = page[page.index('id="drift-phone"') :]
    assert "Take off phone" in section
    assert "Keep it" in section
    assert "Unknown label #31" in section
    assert "Layla" in section


def test_two_stages_on_one_chat(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(name="Mercado", labels=(labels["Quoted"], labels["Paid"]))
    section = html(desk)[html(desk).index('id="drift-differs"') :]
    assert section.index("Keep Paid") < section.index("Keep Quoted")  # the furthest comes first
    assert "VIP" not in section[: section.index("</section>")]


def test_what_concerns_a_label_or_the_number(desk: Client, number: Instance, labels: Labels) -> None:
    raise_finding(number, Kind.EMPTY, label=labels["VIP"], words=Reason.EMPTY(), count=61)
    raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=300)
    raise_finding(number, Kind.REMOVAL, label=labels["Paid"], words=Reason.SHORT(), count=25)
    page = html(desk)
    for words in (
        "We know 61 chats and kept them",
        "lack 300 assignments at once",
        "list lacks 25 chats",
        "Leave them",
    ):
        assert words in page
    row = page[page.index(f'id="drift-label-{labels["VIP"].pk}"') :]
    assert '<span class="bad">empty</span>' in row[: row.index("</tr>")]


def test_everything_agrees(desk: Client, number: Instance) -> None:
    Instance.objects.filter(pk=number.pk).update(reconciled_at=timezone.now() - timedelta(minutes=2))
    page = html(desk)
    assert "Everything agrees." in page
    assert "Verified 2 min ago." in page


def test_what_was_left_is_no_agreement(desk: Client, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    Instance.objects.filter(pk=number.pk).update(reconciled_at=timezone.now())
    assert desk.post(ACT, {"one": f"ignore {ref(failed(make_chat(), labels['VIP']))}"}).status_code == 302
    page = html(desk)
    assert "1 difference was left as it is." in page
    assert "Everything agrees" not in page


def test_nothing_agrees_before_a_comparison(desk: Client) -> None:
    page = html(desk)
    assert "Not compared yet" in page
    assert "agrees" not in page


def label_row(client: Client, label: Label) -> str:
    row = html(client)[html(client).index(f'id="drift-label-{label.pk}"') :]
    return row[: row.index("</tr>")]


def test_a_label_is_compared_with_what_is_known_of_the_phone(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    failed(make_chat(), labels["VIP"])
    for _n in range(3):
        failed(make_chat(), labels["VIP"], on=False)
    fresh = {"chat_count": 1200, "remote_count": 1100, "verified_at": timezone.now() - timedelta(hours=3)}
    Label.objects.filter(pk=labels["VIP"].pk).update(**fresh)
    row = label_row(desk, labels["VIP"])
    for words in ('<td class="num">1,200</td>', '<td class="num">1,202</td>', "\N{MINUS SIGN}2", "3 h"):
        assert words in row


def test_what_a_list_lacks_is_not_counted_on_the_phone(desk: Client, number: Instance, labels: Labels) -> None:
    Label.objects.filter(pk=labels["Paid"].pk).update(chat_count=40, remote_count=15)
    raise_finding(number, Kind.REMOVAL, label=labels["Paid"], words=Reason.SHORT(), count=25)
    row = label_row(desk, labels["Paid"])
    for words in ('<td class="num">40</td>', '<td class="num">15</td>', "+25"):
        assert words in row


def test_what_was_heard_since_the_list_was_read_is_no_difference(
    desk: Client, number: Instance, labels: Labels
) -> None:
    Instance.objects.filter(pk=number.pk).update(reconciled_at=timezone.now())
    Label.objects.filter(pk=labels["VIP"].pk).update(chat_count=7, remote_count=2)  # five came by events
    assert "Everything agrees." in html(desk)
    row = label_row(desk, labels["VIP"])
    assert row.count('<td class="num">7</td>') == 2
    assert "+5" not in row


def test_one_label_alone(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    failed(make_chat(name="Salma"), labels["VIP"])
    failed(make_chat(name="Paulo"), labels["On hold"])
    page = html(desk, f"{PAGE}&label={labels['VIP'].pk}")
    assert "Salma" in page
    assert "Paulo" not in page
    assert "Paulo" in html(desk, f"{PAGE}&label=999")


def test_more_rows_than_are_shown(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    for _n in range(23):
        failed(make_chat(), labels["VIP"])
    page = html(desk)
    assert page.count('data-kind="wish"') == 20
    assert "3 more" in page
    assert html(desk, f"{PAGE}&open=here").count('data-kind="wish"') == 23


@pytest.mark.parametrize("many", [1, 19])
def test_the_number_of_queries_does_not_grow(
    desk: Client,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(many):
        failed(make_chat(), labels["VIP"])
        failed(make_chat(), labels["VIP"], on=False)
        doubted = make_chat(labels=(labels["VIP"], labels["Quoted"], labels["Paid"]))
        raise_finding(number, Kind.REMOVAL, chat=doubted, label=labels["VIP"], words=Reason.LISTS(), count=1)
        ghost = Label.objects.create(instance=number, wa_id=f"9{n}")
        ChatLabel.objects.create(chat=make_chat(), label=ghost, wanted=True, remote=True)
    html(desk)
    with django_assert_num_queries(26):
        page = html(desk)
    assert page.count("data-drift=") == 5 * many - max(0, 2 * many - 20) * 2


# Acting on one row


def act(client: Client, ref: Ref, do: str, **headers: str) -> tuple[int, str]:
    answer = client.post(ACT, {"one": f"{do} {ref}"}, headers=headers, follow=True)
    return answer.status_code, answer.content.decode()


def test_push_sends_it_again(desk: Client, lead: User, labels: Labels, make_chat: MakeChat) -> None:
    pair = failed(make_chat(), labels["VIP"])
    answer = desk.post(ACT, {"one": f"push {ref(pair)}"})
    assertRedirects(answer, PAGE, fetch_redirect_response=False)
    pair.refresh_from_db()
    assert (pair.receipt, pair.wanted, pair.attempts) == (Receipt.PENDING, True, 0)
    entry = LedgerEntry.objects.get(chat=pair.chat, verb=Verb.ADD)
    assert (entry.actor, entry.cause) == (lead, Reason.PUSHED())
    assert "It is sent to WhatsApp again." in html(desk)


def test_htmx_gets_the_page_as_it_is_now_and_a_toast(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    pair, other = failed(make_chat(), labels["VIP"]), failed(make_chat(), labels["On hold"])
    answer = desk.post(ACT, {"one": f"pull {ref(pair)}"}, headers=HTMX)
    assert "taken over" in answer.headers["HX-Trigger"]
    assertContains(answer, 'id="drift-head" hx-swap-oob="true"')
    assertContains(answer, f'id="drift-w{other.pk}"')
    assertNotContains(answer, f'id="drift-w{pair.pk}"')
    assertNotContains(answer, "<html")


@pytest.mark.parametrize("do", ["push", "pull", "ignore"])
def test_a_row_that_changed_meanwhile_says_so_and_nothing_is_done(
    desk: Client, labels: Labels, make_chat: MakeChat, do: str
) -> None:
    pair = failed(make_chat(), labels["VIP"])
    seen = ref(pair)
    ChatLabel.objects.filter(pk=pair.pk).update(remote=True)  # it came to be known that it is there after all
    before = ChatLabel.objects.values().get(pk=pair.pk)
    for headers in ({}, HTMX):
        answer = desk.post(ACT, {"one": f"{do} {seen}"}, headers=headers)
        assertContains(answer, f'value="{do} {ref(ChatLabel.objects.get(pk=pair.pk))}"', status_code=409)
        said = answer.headers.get("HX-Trigger", "") + answer.content.decode()
        assert "This has changed meanwhile. Nothing was done: look again." in said
    assert ChatLabel.objects.values().get(pk=pair.pk) == before
    assert not LedgerEntry.objects.exists()


def test_a_second_click_is_harmless(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    seen = ref(failed(make_chat(), labels["VIP"]))
    assert act(desk, seen, "push")[0] == 200
    status, page = act(desk, seen, "push")
    assert (status, "That was done already." in page) == (200, True)
    assert LedgerEntry.objects.count() == 1


def test_keep_one_of_two_stages(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["Quoted"], labels["Paid"]))
    page = html(desk)
    start = page.index(f"keep-{labels['Paid'].pk} c{chat.pk}")
    value = page[start : page.index('"', start)]
    assertRedirects(desk.post(ACT, {"one": value}), PAGE)
    held = ChatLabel.objects.filter(chat=chat).order_by("label")
    assert list(held.values_list("wanted", "receipt")) == [(False, Receipt.PENDING), (True, Receipt.PENDING)]
    assert 'id="drift-differs"' not in html(desk)


def test_look_up_an_unknown_label(desk: Client, number: Instance) -> None:
    ghost = Label.objects.create(instance=number, wa_id="31")
    assertRedirects(desk.post(ACT, {"one": f"look l{ghost.pk}:n0"}), PAGE)
    number.refresh_from_db()
    assert number.directory_due_at is not None


@pytest.mark.parametrize("words", ["", "push", "push w1", "push x1:a", "jump w{pk}:a", "keep-x w{pk}:a", "keep-1"])
def test_what_makes_no_sense_is_refused(desk: Client, labels: Labels, make_chat: MakeChat, words: str) -> None:
    pair = failed(make_chat(), labels["VIP"])
    assert desk.post(ACT, {"one": words.format(pk=pair.pk)}).status_code == 400
    assert desk.post(ACT, {"many": "jump", "item": [str(ref(pair))]}).status_code == 400
    pair.refresh_from_db()
    assert pair.receipt == Receipt.FAILED


# Acting on many


def test_the_chosen_rows(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    pairs = [failed(make_chat(), labels["VIP"]) for _n in range(3)]
    rows = [str(ref(pair)) for pair in pairs]
    ChatLabel.objects.filter(pk=pairs[1].pk).update(error="", remote=True)
    answer = desk.post(ACT, {"many": "push", "item": rows}, headers=HTMX)
    assert "2 changes are sent to WhatsApp again. 1 had changed meanwhile: look again." in answer.headers["HX-Trigger"]
    left = ChatLabel.objects.filter(receipt=Receipt.FAILED)
    assert list(left) == [pairs[1]]


def test_nothing_chosen_says_so(desk: Client) -> None:
    assertContains(desk.post(ACT, {"many": "push"}), "Choose some rows first.", status_code=422)


def test_all_rows_are_asked_about_first(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    for _n in range(23):
        failed(make_chat(), labels["VIP"])
    failed(make_chat(), labels["VIP"], on=False)
    address = "/drift/all/?instance=demo&section=here&do=push"
    page = html(desk, address)
    assert "Push 23 changes?" in page
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assertRedirects(desk.post(address, {"seen": seen}), PAGE)
    assert ChatLabel.objects.filter(receipt=Receipt.PENDING).count() == 23
    assert desk.post(address, {"seen": seen}).status_code == 409  # a second click


def test_all_rows_are_those_that_the_person_saw(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    failed(make_chat(), labels["VIP"])
    address = "/drift/all/?instance=demo&section=here&do=pull"
    seen = html(desk, address).split('name="seen" value="')[1].split('"')[0]
    failed(make_chat(), labels["VIP"])
    assertContains(desk.post(address, {"seen": seen}), "Nothing was done", status_code=409)
    assert ChatLabel.objects.filter(receipt=Receipt.FAILED).count() == 2
    assert desk.get("/drift/all/?instance=demo&section=x&do=pull").status_code == 400


def test_the_rules_settle_all_clashes_that_the_person_saw(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    address = "/drift/all/?instance=demo&section=differs&do=rule"
    chats = [make_chat(labels=(labels["Quoted"], labels["Paid"])) for _n in range(2)]
    assert "Settle all" not in html(desk)  # the group asks
    LabelGroup.objects.update(conflict_policy=LabelGroup.ConflictPolicy.FURTHEST)
    page = html(desk)
    assert "Settle all 2 by the groups' rules" in unescape(page)
    assert "Quoted: there before labelapp" in page
    page = html(desk, address)
    assert "Let the groups' rules settle 2 chats?" in unescape(page)
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assertRedirects(desk.post(address, {"seen": seen}), PAGE)
    assert set(ChatLabel.objects.filter(chat__in=chats, wanted=True).values_list("label__name", flat=True)) == {"Paid"}
    assert desk.post(address, {"seen": seen}).status_code == 409  # a second click
    assert desk.get("/drift/all/?instance=demo&section=here&do=rule").status_code == 400


def test_a_guarded_removal_wants_its_number_typed(
    desk: Client, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(name="Hoda", labels=(labels["VIP"],))
    ChatLabel.objects.filter(chat=chat).update(missed_at=timezone.now())
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=12)
    address = f"/drift/findings/{found.pk}/"
    assert "Hoda" in html(desk, address)
    for typed in ("", "11", "twelve"):
        answer = desk.post(address, {"do": "accept", "seen": "n12", "typed": typed}, headers=HTMX)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#drift-side")
    answer = desk.post(address, {"do": "accept", "seen": "n12", "typed": "12"})
    assertRedirects(answer, PAGE)
    found.refresh_from_db()
    number.refresh_from_db()
    assert (found.outcome, number.reconcile_due_at is not None) == (Outcome.PULLED, True)
    assert ChatLabel.objects.get(chat=chat).wanted  # the next comparison decides


def test_a_guard_that_grew_is_not_accepted(desk: Client, number: Instance) -> None:
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=12)
    raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=40)
    answer = desk.post(f"/drift/findings/{found.pk}/", {"do": "accept", "seen": "n12", "typed": "40"})
    assertContains(answer, "Nothing was done", status_code=409)
    assert Finding.objects.unsettled().count() == 1


def test_check_now(desk: Client, number: Instance) -> None:
    assertRedirects(desk.post(ACT, {"check": "now"}), PAGE)
    number.refresh_from_db()
    assert number.reconcile_due_at is not None
    assert "The comparison begins in a moment" in html(desk)


def test_a_number_that_is_away_is_not_checked(desk: Client, number: Instance) -> None:
    Instance.objects.filter(pk=number.pk).update(status="FAILED")
    assertContains(desk.post(ACT, {"check": "now"}), "Demo is not connected to WhatsApp.", status_code=409)
    number.refresh_from_db()
    assert number.reconcile_due_at is None


def test_progress_is_told(desk: Client, number: Instance) -> None:
    running = {"reconcile_started_at": timezone.now(), "reconcile_done": 5, "reconcile_total": 20}
    Instance.objects.filter(pk=number.pk).update(**running)
    assert "5 of 20 lists read" in html(desk)


# Who may


def test_only_for_people_who_see_operations(client: Client, agent: User, labels: Labels, make_chat: MakeChat) -> None:
    pair = failed(make_chat(), labels["VIP"])
    for address in (PAGE, "/drift/pip/", "/drift/all/?section=here&do=push", "/drift/findings/1/"):
        wanted = f"/login/?{urlencode({'next': address}, safe='/')}"
        client.logout()
        assertRedirects(client.get(address), wanted, fetch_redirect_response=False)
        client.force_login(agent)
        assert client.get(address).status_code == 403
    assert client.post(ACT, {"one": f"push {ref(pair)}"}).status_code == 403
    pair.refresh_from_db()
    assert pair.receipt == Receipt.FAILED
    assertNotContains(client.get("/chats/"), "drift-pip")


def test_seeing_is_not_acting(client: Client, agent: User, labels: Labels, make_chat: MakeChat) -> None:
    pair = failed(make_chat(), labels["VIP"])
    watcher = User.objects.create_user("watcher")
    watcher.user_permissions.set(Permission.objects.filter(codename="see_operations"))
    client.force_login(watcher)
    assertNotContains(client.get(PAGE), 'name="one"')
    assert client.post(ACT, {"one": f"push {ref(pair)}"}).status_code == 403
    watcher.user_permissions.set(Permission.objects.filter(codename__in=["see_operations", "apply_labels"]))
    assertNotContains(client.get(PAGE), 'name="many"')
    assert client.post(ACT, {"many": "push", "item": [str(ref(pair))]}).status_code == 403
    assert client.post(ACT, {"one": f"push {ref(pair)}"}).status_code == 302


def test_a_stranger_sees_nothing(desk: Client, other_number: Instance, make_chat: MakeChat) -> None:
    hidden = Label.objects.create(instance=other_number, wa_id="1", name="Hidden", known_at=timezone.now())
    pair = failed(make_chat(instance=other_number), hidden)
    found = raise_finding(other_number, Kind.GUARD, count=30)
    assert desk.get("/drift/?instance=other").status_code == 404
    assert desk.get(f"/drift/findings/{found.pk}/").status_code == 404
    for row in (
        ref(pair),
        Ref("f", found.pk, seen="n30"),
        Ref("l", hidden.pk, seen="n0"),
        Ref("c", pair.chat_id, 1, "x"),
    ):
        assert act(desk, row, "ignore")[0] == 404
    assert desk.post(ACT, {"many": "push", "item": [str(ref(pair))]}).status_code == 404
    assertNotContains(desk.get("/drift/pip/"), 'class="pip"')


def test_without_a_number_the_page_says_so(client: Client, admin: User) -> None:
    client.force_login(admin)
    assertContains(client.get("/drift/"), "No number is connected yet")
    assert client.post("/drift/act/", {"check": "now"}).status_code == 400


def test_the_pip_counts_all_numbers(
    client: Client,
    admin: User,
    labels: Labels,
    other_number: Instance,
    make_chat: MakeChat,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client.force_login(admin)
    failed(make_chat(), labels["VIP"])
    raise_finding(other_number, Kind.GUARD, count=30)
    Label.objects.create(instance=other_number, wa_id="31")
    with django_assert_num_queries(5):  # session, person, permissions, numbers, one that counts
        assertContains(client.get("/drift/pip/"), "3 differences")
    assertContains(client.get(PAGE), "Other")  # the switcher


# Odd addresses and forms


@pytest.mark.parametrize("label", ["0" * 17 + "1" + "9" * 5000, "9" * 20, "٣", "-1", "1\0"])
def test_an_odd_label_is_no_filter(desk: Client, labels: Labels, make_chat: MakeChat, label: str) -> None:
    failed(make_chat(name="Salma"), labels["VIP"])
    assertContains(desk.get("/drift/", {"instance": "demo", "label": label}), "Salma")


def test_a_look_up_of_what_is_no_unknown_label_does_nothing(
    desk: Client, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    pair = failed(make_chat(), labels["VIP"])
    for row in (f"l{labels['VIP'].pk}:n0", f"w{pair.pk}:{pair_seen(pair)}"):
        assertContains(desk.post(ACT, {"one": f"look {row}"}), "Nothing was done", status_code=409)
    number.refresh_from_db()
    assert number.directory_due_at is None


def test_a_label_to_keep_has_to_be_a_key(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(labels=(labels["Quoted"], labels["Paid"]))
    for label in ("9" * 5000, "٣", "", "0"):
        assert desk.post(ACT, {"one": f"keep-{label} c{chat.pk}.1:x"}).status_code == 400


def test_the_counts_are_the_same_whichever_label_is_shown(desk: Client, number: Instance, labels: Labels) -> None:
    Label.objects.filter(pk=labels["Paid"].pk).update(chat_count=40, remote_count=15)
    raise_finding(number, Kind.REMOVAL, label=labels["Paid"], words=Reason.SHORT(), count=25)
    page = html(desk, f"{PAGE}&label={labels['VIP'].pk}")
    row = page[page.index(f'id="drift-label-{labels["Paid"].pk}"') :]
    assert "+25" in row[: row.index("</tr>")]
