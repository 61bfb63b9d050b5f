"""The deliveries page over HTTP: what it shows, who may, paging, filters, and replay."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.models import ChatAlias, Heard, HookDelivery, Instance, Label, Outcome, User
from labelapp.queries import deliveries
from tests.conftest import MakeChat
from tests.posted import event, said, tagged

INDEX = "/deliveries/?instance=demo"
HTMX = {"HX-Request": "true"}
JID = "201555000001@c.us"
Labels = dict[str, Label]


@pytest.fixture
def desk(client: Client, lead: User, number: Instance) -> Client:
    """A lead's browser: a lead sees operations."""
    client.force_login(lead)
    return client


def store(number: Instance, body: Any = None, **more: Any) -> HookDelivery:
    """A delivery that was dealt with."""
    row = event("message", {}) if body is None else body
    values = {
        "dedupe_key": row.get("id", "none"),
        "kind": row.get("event", ""),
        "outcome": Outcome.UNCHANGED,
        "applied_at": timezone.now(),
    }
    return HookDelivery.objects.create(instance=number, body=json.dumps(row), **(values | more))


def page_of(desk: Client, path: str = INDEX, **headers: str) -> str:
    answer = desk.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def shown(page: str) -> list[int]:
    return [int(part.split('"')[0]) for part in page.split('data-delivery="')[1:]]


def row_of(page: str, row: HookDelivery) -> str:
    return page[page.index(f'id="delivery-{row.pk}"') :].split("</tr>")[0]


# Looking


def test_newest_first_with_what_it_did(desk: Client, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat(JID, name="Layla")
    first = store(number, tagged(JID, labels["VIP"].wa_id), outcome=Outcome.APPLIED, effect="changed:", signed=True)
    second = store(number, event("poll.vote", {}), outcome=Outcome.IGNORED, effect="ignored:unknown kind")
    page = page_of(desk)
    assert shown(page) == [second.pk, first.pk]
    row = row_of(page, first)
    for words in ("label.chat.added", "signed", "Layla", f"/chats/{chat.pk}/", "VIP", "Taken over."):
        assert words in row
    assert "by address only" in row_of(page, second)
    assert "Not mirrored (unknown kind)." in row_of(page, second)


def test_what_waits_says_nothing_of_an_effect(desk: Client, number: Instance) -> None:
    row = store(number, outcome=Outcome.WAITING, applied_at=None, effect="changed:")
    assert "Waiting" in row_of(page_of(desk), row)
    assert "Taken over" not in row_of(page_of(desk), row)


def test_a_parked_one_shows_its_error_as_text(desk: Client, number: Instance) -> None:
    row = store(number, outcome=Outcome.PARKED, attempts=3, error="KeyError: <b>no</b>")
    page = page_of(desk)
    assert "KeyError: &lt;b&gt;no&lt;/b&gt;" in row_of(page, row)
    assert "3 attempts" in row_of(page, row)
    assert "Replay the parked one" in page


def test_what_nobody_knows_is_named_by_its_address(desk: Client, number: Instance) -> None:
    row = store(number, tagged("999@lid", "77"))
    found = row_of(page_of(desk), row)
    assert "999@lid" in found
    assert "#77" in found


@pytest.mark.parametrize("body", ["[]", "[1]", '{"event": "label.upsert"}', '{"id": null}', "no json", "[" * 3000])
def test_what_is_about_nothing_is_listed_all_the_same(desk: Client, number: Instance, body: str) -> None:
    row = store(number)
    HookDelivery.objects.filter(pk=row.pk).update(body=body)
    assert shown(page_of(desk)) == [row.pk]


def test_an_array_tells_of_its_first_event(desk: Client, number: Instance, make_chat: MakeChat) -> None:
    make_chat(JID, name="Layla")
    row = store(number)
    HookDelivery.objects.filter(pk=row.pk).update(body=json.dumps([said(JID, "a", 1), said(JID, "b", 2)]))
    assert "and 1 more event" in row_of(page_of(desk), row)


@pytest.mark.parametrize("many", [1, 30])
def test_the_number_of_queries_does_not_grow(
    desk: Client,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(many):
        chat = make_chat()
        store(number, tagged(chat.jid, list(labels.values())[n % 5].wa_id), outcome=Outcome.APPLIED, effect="changed:")
    page_of(desk)
    with django_assert_num_queries(13):
        assert len(shown(page_of(desk))) == many


def test_older_ones_are_a_page_away(desk: Client, number: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "PAGE", 3)
    rows = [store(number) for _n in range(7)]
    pages = [page_of(desk)]
    while 'rel="next"' in pages[-1]:
        link = pages[-1].split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
        pages.append(page_of(desk, link.replace("&amp;", "&")))
    assert [shown(page) for page in pages] == [[row.pk for row in rows[n:m]][::-1] for n, m in ((4, 7), (1, 4), (0, 1))]
    assert "Newest" not in pages[0]
    assert "Newest" in pages[1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("outcome=waiting", "w"),
        ("outcome=applied", "a"),
        ("outcome=unchanged", "u"),
        ("outcome=ignored", "i"),
        ("outcome=parked", "p"),
        ("kind=message", "wa"),
        ("kind=message&outcome=applied", "a"),
        ("kind=never.heard", ""),
        ("age=hour", "wai"),
        ("age=day", "waip"),
        ("age=week&outcome=parked", "p"),
        ("q=a", "a"),
        ("q=e7", ""),
    ],
)
def test_filters(desk: Client, number: Instance, query: str, found: str) -> None:
    now = timezone.now()
    made = [
        ("u", "label.upsert", Outcome.UNCHANGED, timedelta(days=9)),
        ("p", "label.upsert", Outcome.PARKED, timedelta(hours=5)),
        ("i", "presence", Outcome.IGNORED, timedelta(0)),
        ("a", "message", Outcome.APPLIED, timedelta(0)),
        ("w", "message", Outcome.WAITING, timedelta(0)),
    ]
    for key, kind, outcome, ago in made:
        applied = None if outcome == Outcome.WAITING else now
        more = {"kind": kind, "outcome": outcome, "applied_at": applied, "received_at": now - ago}
        store(number, {"n": 1}, dedupe_key=key, **more)
    keys = dict(HookDelivery.objects.values_list("pk", "dedupe_key"))
    assert "".join(keys[pk] for pk in shown(page_of(desk, f"{INDEX}&{query}"))) == found


@pytest.mark.parametrize("text", [JID, "201555000001", "+20 155 500-0001", "555@lid", "201555000001@s.whatsapp.net"])
def test_search_by_any_address_of_a_chat(desk: Client, number: Instance, make_chat: MakeChat, text: str) -> None:
    ChatAlias.objects.create(instance=number, jid="555@lid", chat=make_chat(JID))
    rows = [store(number, said(jid, "Hi", n)) for n, jid in enumerate((JID, "555@lid"))]
    store(number, said("4915@c.us", "Hi", 9))
    found = shown(page_of(desk, f"{INDEX}&{urlencode({'q': text})}"))
    expected = rows if "@s." not in text else rows[:0]
    assert found == [row.pk for row in expected][::-1]


def test_a_rare_thing_is_looked_for_some_way_back_and_then_further(
    desk: Client, number: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    rare = store(number, event("rare", {}))
    for _n in range(10):
        store(number)
    monkeypatch.setattr(deliveries, "SCAN", 8)
    first = page_of(desk, f"{INDEX}&kind=rare")
    assert (shown(first), "Look further back" in first) == ([], True)
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = page_of(desk, link)
    assert (shown(second), "Look further back" in second) == ([rare.pk], False)


@pytest.mark.parametrize(
    "query", ["outcome=lost", "age=year", "before=x", "before=-1", "before=9999999999999999999", "before=1;--"]
)
def test_a_filter_that_there_is_not_is_refused(desk: Client, query: str) -> None:
    assert desk.get(f"{INDEX}&{query}").status_code == 400


@pytest.mark.parametrize("query", ["q=%00", "kind=%00", "q=%25", "q=_", "before=999999999999999999", "q=" + "x" * 5000])
def test_odd_texts_find_nothing(desk: Client, number: Instance, query: str) -> None:
    store(number, {"a": "b"})
    assert desk.get(f"{INDEX}&{query}").status_code == 200


# One delivery


def test_one_delivery_with_its_body_and_headers(desk: Client, number: Instance) -> None:
    row = store(number, {"event": "x", "text": "<script>é"}, headers={"user-agent": "WAHA/2026"}, dedupe_key="evt_9")
    page = page_of(desk, f"/deliveries/{row.pk}/?instance=demo")
    for words in ("evt_9", "WAHA/2026", "&lt;script&gt;é&quot;", f'<tr id="delivery-{row.pk}"'):
        assert words in page
    fragment = page_of(desk, f"/deliveries/{row.pk}/", **HTMX)
    assert "<tr" not in fragment
    assert "&quot;event&quot;: &quot;x&quot;,\n" in fragment


@pytest.mark.parametrize("body", ['{"a": "\\ud800"}', "[" * 3000, "no json", '{"a": "\\u202e"}', '{"a": NaN}', "\x01"])
def test_odd_bodies_are_shown(desk: Client, number: Instance, body: str) -> None:
    row = store(number)
    HookDelivery.objects.filter(pk=row.pk).update(body=body)
    page = page_of(desk, f"/deliveries/{row.pk}/")
    assert "\u202e" not in page
    assert desk.get(f"/deliveries/{row.pk}/raw/").content.decode() == body


def test_a_big_body_is_cut_with_a_way_to_all_of_it(desk: Client, number: Instance) -> None:
    row = store(number, {"event": "x", "text": "y" * 200_000})
    page = page_of(desk, f"/deliveries/{row.pk}/", **HTMX)
    assert len(page) < 30_000
    assert "Only its first 20,000 characters are shown." in page
    answer = desk.get(f"/deliveries/{row.pk}/raw/")
    assert (answer.content.decode(), answer["Content-Type"]) == (row.body, "text/plain; charset=utf-8")
    assert answer["Content-Disposition"].startswith("attachment")


# Who may


PATHS = ["/deliveries/{}/", "/deliveries/{}/raw/"]


@pytest.mark.parametrize("path", [*PATHS, "/deliveries/?instance=other", "/deliveries/fresh/?instance=other"])
def test_a_stranger_gets_404(desk: Client, other_number: Instance, path: str) -> None:
    row = store(other_number)
    assert desk.get(path.format(row.pk)).status_code == 404


@pytest.mark.parametrize("path", ["/deliveries/{}/replay/", "/deliveries/replay/?instance=other"])
def test_a_stranger_replays_nothing(desk: Client, other_number: Instance, path: str) -> None:
    row = store(other_number)
    assert desk.post(path.format(row.pk)).status_code == 404
    assert HookDelivery.objects.filter(applied_at=None).count() == 0


def test_all_numbers_are_those_one_may_see(desk: Client, number: Instance, other_number: Instance) -> None:
    mine = store(number)
    store(other_number)
    assert shown(page_of(desk, "/deliveries/?instance=all")) == [mine.pk]
    desk.post("/deliveries/replay/?instance=all")
    assert list(HookDelivery.objects.filter(applied_at=None)) == [mine]


@pytest.mark.parametrize("path", [*PATHS, "/deliveries/", "/deliveries/fresh/", "/deliveries/replay/"])
def test_without_the_permission_it_is_403(client: Client, agent: User, number: Instance, path: str) -> None:
    row = store(number)
    client.force_login(agent)
    assert client.get(path.format(row.pk)).status_code == 403
    assertNotContains(client.get("/chats/"), "/deliveries/")


def test_without_the_permission_nothing_is_replayed(client: Client, agent: User, number: Instance) -> None:
    row = store(number)
    client.force_login(agent)
    assert [client.post(path).status_code for path in (f"/deliveries/{row.pk}/replay/", "/deliveries/replay/")] == [
        403,
        403,
    ]
    assert HookDelivery.objects.filter(applied_at=None).count() == 0


@pytest.mark.parametrize("path", ["/deliveries/", "/deliveries/1/", "/deliveries/1/raw/", "/deliveries/replay/"])
def test_anonymous_goes_to_the_login(client: Client, number: Instance, path: str) -> None:
    assertRedirects(client.get(path), f"/login/?next={path}", fetch_redirect_response=False)


def test_nothing_of_that_id(desk: Client) -> None:
    paths = ["/deliveries/7/", "/deliveries/9999999999999999999999/", "/deliveries/7/raw/"]
    assert [desk.get(path).status_code for path in paths] == [404, 404, 404]
    assert desk.post("/deliveries/7/replay/").status_code == 404


def test_without_a_number_the_page_says_so(client: Client, admin: User) -> None:
    client.force_login(admin)
    assertContains(client.get("/deliveries/"), "No number is connected yet")
    assert client.get("/deliveries/fresh/").status_code == 200


# What is new


def test_a_list_on_a_screen_hears_of_what_it_lacks(desk: Client, number: Instance) -> None:
    waiting = store(number, outcome=Outcome.WAITING, applied_at=None)
    page = page_of(desk)
    fresh = page.split('data-fresh="')[1].split('"')[0].replace("&amp;", "&")
    assert "1 new" not in page_of(desk, fresh)
    HookDelivery.objects.update(outcome=Outcome.APPLIED, applied_at=timezone.now())
    for _n in range(3):
        store(number)
    answer = page_of(desk, f"{fresh}&waiting={waiting.pk}")
    assert "3 new" in answer
    assert shown(answer) == [waiting.pk]
    assert "Applied" in answer


def test_only_what_the_filter_lets_through_is_new(desk: Client, number: Instance) -> None:
    for _n in range(2):
        store(number)
    store(number, outcome=Outcome.PARKED)
    assert "1 new" in page_of(desk, "/deliveries/fresh/?instance=demo&outcome=parked&after=0")
    assert "2 new" in page_of(desk, "/deliveries/fresh/?instance=demo&outcome=unchanged&after=0")
    assert desk.get("/deliveries/fresh/?waiting=1,x").status_code == 400


# Replay


def test_replay_one(desk: Client, number: Instance) -> None:
    row = store(number, outcome=Outcome.PARKED, attempts=3, error="KeyError: 1")
    store(number)
    answer = desk.post(f"/deliveries/{row.pk}/replay/?instance=demo")
    assertRedirects(answer, f"/deliveries/{row.pk}/?instance=demo")
    assert list(HookDelivery.objects.filter(applied_at=None)) == [row]
    assertContains(desk.get(f"/deliveries/{row.pk}/"), "Waits to be applied.")
    assert desk.get(f"/deliveries/{row.pk}/replay/").status_code == 405


def test_a_range_is_asked_for_with_its_number(desk: Client, number: Instance) -> None:
    HookDelivery.objects.bulk_create(
        [
            HookDelivery(
                instance=number, dedupe_key=str(n), body="{}", kind="x", applied_at=timezone.now(), outcome="ignored"
            )
            for n in range(1204)
        ]
    )
    other = store(number)
    path = "/deliveries/replay/?instance=demo&kind=x"
    page = page_of(desk, path)
    assert "Replay 1,204 deliveries?" in page
    assert HookDelivery.objects.filter(applied_at=None).count() == 0
    assert "Replay 1,204 deliveries?" in page_of(desk, path, **HTMX)
    assertRedirects(desk.post(path), "/deliveries/?instance=demo&kind=x")
    assert HookDelivery.objects.filter(applied_at=None).count() == 1204
    assert HookDelivery.objects.filter(pk=other.pk, applied_at=None).count() == 0


def test_all_parked_and_no_newer_ones(desk: Client, number: Instance) -> None:
    old, new = (store(number, outcome=Outcome.PARKED) for _twice in range(2))
    store(number)
    desk.post("/deliveries/replay/?instance=demo&outcome=parked", {"upto": str(old.pk)})
    assert list(HookDelivery.objects.filter(applied_at=None)) == [old]
    assert new.outcome == Outcome.PARKED


def test_too_many_and_none(desk: Client, number: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/deliveries/replay/?instance=demo"
    assertContains(desk.get(path), "Nothing to replay")
    for _n in range(3):
        store(number)
    monkeypatch.setattr(deliveries, "MOST", 2)
    monkeypatch.setattr("labelapp.views.deliveries.MOST", 2)
    assertContains(desk.get(path), "Too many to replay at once")
    assertContains(desk.post(path), "These are too many at once.", status_code=422)
    assert HookDelivery.objects.filter(applied_at=None).count() == 0


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_removed_number_refuses_with_a_sentence(desk: Client, number: Instance, headers: dict[str, str]) -> None:
    row = store(number)
    Instance.objects.update(removed_at=timezone.now())
    words = "The number was removed: nothing can be applied to it any more."
    for path in (f"/deliveries/{row.pk}/replay/", "/deliveries/replay/?instance=demo"):
        assertContains(desk.post(path, headers=headers), words, status_code=409)
    assert HookDelivery.objects.filter(applied_at=None).count() == 0
    assertContains(desk.get(f"/deliveries/{row.pk}/"), words)


@pytest.mark.parametrize("query", ["outcome=lost", "upto=x", "age=never"])
def test_a_bad_range_replays_nothing(desk: Client, number: Instance, query: str) -> None:
    store(number)
    assert desk.post(f"/deliveries/replay/?instance=demo&{query}").status_code == 400
    assert HookDelivery.objects.filter(applied_at=None).count() == 0


# The hook's health


def test_the_head_tells_how_the_hook_does(desk: Client, number: Instance) -> None:
    assert "No event has come yet; polling every 45 s." in page_of(desk)
    now = timezone.now()
    Instance.objects.update(last_event_at=now)
    assert "No label event seen yet; polling every 5 min." in page_of(desk)
    Instance.objects.update(imported_at=now - timedelta(days=2))
    assert "sends no label events; polling every 5 min." in page_of(desk)
    Instance.objects.update(label_event_at=now)
    assert "Events arrive." in page_of(desk)
    Instance.objects.update(last_event_at=now - timedelta(hours=2))
    assert "No event for 2 h, although the number is connected." in page_of(desk)


def test_the_numbers_page_tells_the_last_event_of_each_kind(client: Client, admin: User, number: Instance) -> None:
    Heard.objects.create(instance=number, kind="label.upsert", total=1204, mistimed=3)
    store(number, outcome=Outcome.PARKED)
    client.force_login(admin)
    page = client.get("/settings/numbers/demo/").content.decode()
    for words in (
        "label.upsert",
        "1,204",
        "3 with times that were not believed",
        "1 delivery is parked after an error",
        "No event has come yet",
    ):
        assert words in page
