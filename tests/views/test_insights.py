"""Insights over HTTP: who may, what the page shows, the files, and the limits of stages."""

import csv
import re
from datetime import timedelta
from html import unescape
from io import StringIO
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertRedirects

from labelapp.forms.spans import write_span
from labelapp.models import Instance, Label, LabelGroup, LedgerEntry, User, Verb
from labelapp.queries import stuck
from tests.conftest import MakeChat
from tests.ledgers import say, walk

Labels = dict[str, Label]
HERE = "/insights/?instance=demo"


def html(client: Client, path: str = HERE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def file(client: Client, what: str, more: str = "") -> list[list[str]]:
    answer = client.get(f"/insights/csv/?instance=demo&what={what}{more}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert what in answer["Content-Disposition"]
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:])))


def send(client: Client, labels: Labels, *limits: str) -> int:
    names = ("New lead", "Quoted", "Paid")
    fields = {f"stage-{labels[name].pk}": text for name, text in zip(names, limits, strict=True)}
    return client.post("/insights/limits/?instance=demo", fields).status_code


def stored(labels: Labels) -> list[timedelta | None]:
    return [Label.objects.get(pk=labels[name].pk).stuck_after for name in ("New lead", "Quoted", "Paid")]


def test_charts_and_their_numbers(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    walk(make_chat(), (labels["New lead"], 50), (labels["Quoted"], 20))
    page = html(desk)
    assert 'aria-label="New lead: 1; Quoted: 1; Paid: 0"' in page
    assert 'aria-label="New lead: 1 d 6 h, 9 of 10 within 1 d 6 h"' in page
    assert page.count('class="plot"') == 2
    assert '<td class="num">1 d 6 h</td>' in page
    assert " style=" not in page


def test_an_empty_funnel_says_so(desk: Client) -> None:
    page = html(desk)
    assert 'class="plot"' not in page
    assert "No chat entered the first stage in this time." in page


def test_a_number_without_a_funnel(desk: Client, number: Instance) -> None:
    LabelGroup.objects.update(kind=LabelGroup.Kind.FREE)
    assert "No funnel yet" in html(desk)
    for path in ("csv/?what=times&", "csv/?what=stuck&"):
        assert desk.get(f"/insights/{path}instance=demo").status_code == 404
    assert desk.post("/insights/limits/?instance=demo").status_code == 404


def test_without_a_number(client: Client, lead: User) -> None:
    client.force_login(lead)
    assertContains(client.get("/insights/"), "No number is connected yet")


def test_the_period_and_the_source_are_in_the_address(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    walk(make_chat(), (labels["New lead"], 20 * 24), (labels["Quoted"], 10 * 24), source="phone")
    assert "1 backward" not in html(desk)
    assert file(desk, "moves")[1:] == [["New lead", "Quoted", "1", "next stage"]]
    assert file(desk, "moves", "&days=7")[1:] == []
    assert file(desk, "moves", "&source=agent")[1:] == []
    page = html(desk, f"{HERE}&days=7&source=phone")
    assert 'days=90&amp;source=phone">90 days</a>' in page
    assert re.search(r'aria-current="true">7 days</a>', page)
    assert html(desk, f"{HERE}&days=x&source=import")  # what is not offered is not asked for


def test_another_funnel_of_the_number(desk: Client, number: Instance, labels: Labels) -> None:
    other = LabelGroup.objects.create(instance=number, name="Support", kind=LabelGroup.Kind.FUNNEL)
    Label.objects.filter(pk=labels["VIP"].pk).update(group=other)
    assert '<h2 id="funnel">Support</h2>' in html(desk, f"{HERE}&funnel={other.pk}")
    assert desk.get(f"{HERE}&funnel=999").status_code == 404


def test_files_hold_the_numbers_and_no_formula(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    Label.objects.filter(pk=labels["New lead"].pk).update(name="=1+1", stuck_after=timedelta(hours=1))
    chat = make_chat(name="@SUM(A1)")
    walk(chat, (labels["New lead"], 30))
    walk(make_chat(), (labels["New lead"], 9), (labels["Quoted"], 4))
    say(make_chat(), labels["New lead"], "remove", 0, "phone")
    assert file(desk, "times")[1:] == [
        ["'=1+1", "1", "5.00", "5.00", "1", "2160.00"],
        ["Quoted", "0", "", "", "0", ""],
        ["Paid", "0", "", "", "0", ""],
    ]
    assert file(desk, "stuck")[1:] == [["'@SUM(A1)", chat.jid, "'=1+1", "30.00", "yes"]]
    assert file(desk, "reached")[1:] == [["'=1+1", "2", "100"], ["Quoted", "1", "50"], ["Paid", "0", "0"]]
    assert desk.get("/insights/csv/?instance=demo&what=all").status_code == 400


def test_the_file_holds_all_who_are_stuck(
    desk: Client, labels: Labels, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    Label.objects.filter(pk=labels["New lead"].pk).update(stuck_after=timedelta(hours=1))
    monkeypatch.setattr(stuck, "SHOWN", 2)
    monkeypatch.setattr(stuck, "CHUNK", 3)
    chats = [make_chat() for _n in range(7)]
    for n, chat in enumerate(chats):
        walk(chat, (labels["New lead"], 30 + n // 2))  # some at the same moment
    assert "and 5 more" in html(desk)
    kept = file(desk, "stuck")[1:]
    assert {row[1] for row in kept} == {chat.jid for chat in chats}
    assert [float(row[3]) for row in kept] == sorted((float(row[3]) for row in kept), reverse=True)
    assert len(kept) == 7


def test_names_are_text_and_not_markup(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    Label.objects.filter(pk=labels["New lead"].pk).update(name="<script>x")
    walk(make_chat(), (labels["New lead"], 9), (labels["Quoted"], 4))
    assert "<script>x" not in html(desk)


def test_the_charts_begin_at_the_right_in_arabic(
    desk: Client, admin: User, labels: Labels, make_chat: MakeChat
) -> None:
    walk(make_chat(), (labels["New lead"], 9), (labels["Quoted"], 4))
    assert 'class="t-s" x="0.0"' in html(desk)
    User.objects.filter(pk=admin.pk).update(language="ar")
    assert 'class="t-s" x="720.0"' in html(desk)


@pytest.mark.parametrize("many", [1, 30])
def test_the_number_of_queries_does_not_grow(
    desk: Client, labels: Labels, make_chat: MakeChat, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Label.objects.filter(pk=labels["Quoted"].pk).update(stuck_after=timedelta(hours=1))
    for _n in range(many):
        walk(make_chat(), (labels["New lead"], 9), (labels["Quoted"], 4))
    html(desk)
    with django_assert_num_queries(17):
        html(desk)


# Limits


def test_limits_are_written_as_people_write_them(desk: Client, labels: Labels) -> None:
    for _n in range(2):
        assert send(desk, labels, "12h", " 3 D ", "") == 302
    assert stored(labels) == [timedelta(hours=12), timedelta(days=3), None]
    assert LedgerEntry.objects.filter(verb=Verb.LABEL_UPDATE).count() == 2  # a repeat changes nothing
    assert 'value="3d"' in html(desk)
    assert send(desk, labels, "", "٢w", "") == 302
    assert stored(labels) == [None, timedelta(weeks=2), None]


def limits_token(page: str) -> str:
    """What the form of the limits sends back to say how it found them."""
    return unescape(page.split('name="seen" value="')[1].split('"')[0])


def test_who_saves_limits_later_sees_the_earlier_change_first(desk: Client, labels: Labels) -> None:
    quoted, address = labels["Quoted"], "/insights/limits/?instance=demo"
    mine = {f"stage-{quoted.pk}": "5d", "seen": limits_token(html(desk))}
    assert send(desk, labels, "", "2d", "") == 302  # somebody else, meanwhile
    assertContains(desk.post(address, mine | {f"stage-{quoted.pk}": "soon"}), "Write 12h, 3d or 2w", status_code=422)
    for _n in range(2):  # a mistake beside it, and a page that nobody read, give no leave to overwrite
        answer = desk.post(address, mine)
        assertContains(answer, "These limits were changed while you had them open", status_code=422)
        assertContains(answer, "<bdi>Admin Demo</bdi>", status_code=422)
        assertContains(answer, '<dt>Quoted</dt><dd dir="auto">2d</dd>', status_code=422)
        assertContains(answer, 'value="5d"', status_code=422)  # nothing has to be typed again
    assert stored(labels) == [None, timedelta(days=2), None]
    assert desk.post(address, mine | {"seen": limits_token(answer.content.decode())}).status_code == 302
    assert stored(labels) == [None, timedelta(days=5), None]


def test_a_page_with_a_mistake_still_says_what_it_had_shown(desk: Client, labels: Labels) -> None:
    before = limits_token(html(desk))
    send(desk, labels, "", "2d", "")
    answer = desk.post("/insights/limits/?instance=demo", {f"stage-{labels['Quoted'].pk}": "soon", "seen": before})
    assert limits_token(answer.content.decode()) == before


@pytest.mark.parametrize("token", ["x", "[1]", '{"name": 7}', "{}" * 4000])
def test_limits_that_were_never_so_are_no_leave_to_overwrite(desk: Client, labels: Labels, token: str) -> None:
    fields = {f"stage-{labels['Quoted'].pk}": "5d", "seen": token}
    assertContains(desk.post("/insights/limits/?instance=demo", fields), "were changed while", status_code=422)
    assert stored(labels) == [None] * 3


@pytest.mark.parametrize("text", ["3", "d", "-1d", "0h", "3 months", "99999d", "9999w", "=1d"])
def test_what_is_no_span_is_refused_beside_its_field(desk: Client, labels: Labels, text: str) -> None:
    answer = desk.post("/insights/limits/?instance=demo", {f"stage-{labels['Quoted'].pk}": text})
    assertContains(answer, "Write 12h, 3d or 2w, or leave it empty.", status_code=422)
    assert stored(labels) == [None] * 3


def test_spans_are_shown_the_shortest_way() -> None:
    assert [write_span(timedelta(hours=n)) for n in (12, 24, 36, 336)] == ["12h", "1d", "36h", "2w"]


def test_leads_look_and_admins_set_limits(client: Client, lead: User, labels: Labels) -> None:
    client.force_login(lead)
    assert "insights/limits" not in html(client)
    assert send(client, labels, "1d", "1d", "1d") == 403
    assert stored(labels) == [None] * 3


# Who may


@pytest.mark.parametrize("path", ["", "csv/?what=times"])
def test_only_for_people_who_see_operations(client: Client, agent: User, number: Instance, path: str) -> None:
    wanted = f"/login/?{urlencode({'next': f'/insights/{path}'}, safe='/')}"
    assertRedirects(client.get(f"/insights/{path}"), wanted, fetch_redirect_response=False)
    client.force_login(agent)
    assert client.get(f"/insights/{path}").status_code == 403
    assert "/insights/" not in html(client, "/chats/")


def test_a_stranger_sees_nothing(client: Client, lead: User, other_number: Instance) -> None:
    client.force_login(lead)
    for path in ("?instance=other", "csv/?instance=other&what=times", "?instance=%00"):
        assert client.get(f"/insights/{path}").status_code == 404


def test_a_stranger_sets_nothing(client: Client, admin: User, other_number: Instance) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_labels"))
    client.force_login(manager)
    assert client.post("/insights/limits/?instance=other").status_code == 404
