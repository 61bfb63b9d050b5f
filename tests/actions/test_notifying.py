"""Who is told of what: each person of a fact once, by one page."""

from datetime import time, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.facts import handle_facts
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.notifying import notify, take_notices, write_notices
from labelapp.actions.outgoing import call_hook
from labelapp.actions.subscribing import set_notice_settings, subscribe
from labelapp.actions.tagging import set_label
from labelapp.forms.queries import kept_query
from labelapp.models import Change, ChatLabel, Fact, HookSend, Instance, Label, Notice, User
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.outgoing import make_hook, tell
from tests.posted import deliver, fresh, just_now, said, tagged

Labels = dict[str, Label]


def words(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("words", flat=True))


def follow(user: User, label: Label | None = None, query: str = "", *, urgent: bool = False) -> None:
    terms, text = kept_query(user, query)
    subscribe(Actor.of(user), label=label, terms=terms, text=text, urgent=urgent)


def test_whoever_follows_a_label_is_told_once(
    number: Instance, agent: User, agent2: User, make_chat: MakeChat, labels: Labels
) -> None:
    follow(agent, labels["VIP"])
    chat = make_chat()
    for _time in range(2):
        deliver(number, tagged(chat.jid, labels["VIP"].wa_id))
        tell(number)
    write_notices(number, list(Fact.objects.all()))
    assert (words(agent), words(agent2)) == (["VIP"], [])
    assert list(Change.objects.filter(kind="notice").values_list("user", flat=True))[:1] == [agent.pk]


def test_a_label_that_comes_off_is_no_news(number: Instance, agent: User, make_chat: MakeChat, labels: Labels) -> None:
    follow(agent, labels["VIP"])
    deliver(number, tagged(make_chat(labels=(labels["VIP"],)).jid, labels["VIP"].wa_id, on=False))
    tell(number)
    assert words(agent) == []


def test_what_somebody_did_themselves_is_no_news(
    number: Instance, agent: User, agent2: User, make_chat: MakeChat, labels: Labels
) -> None:
    for user in (agent, agent2):
        follow(user, labels["VIP"])
    set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    ChatLabel.objects.update(receipt="confirmed", remote=True)
    tell(number)
    assert (words(agent), words(agent2)) == ([], ["VIP"])


def test_whoever_follows_a_search_is_told_of_messages(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    follow(agent, query="label:vip")
    vip, other = make_chat(labels=(labels["VIP"],)), make_chat()
    for chat in (vip, other):
        deliver(number, said(chat.jid, "help", just_now()))
    tell(number)
    assert words(agent) == ["label:VIP"]
    assert Notice.objects.get().chat == vip


def test_two_reasons_are_one_notice_and_one_of_them_may_be_urgent(
    number: Instance, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    follow(agent, labels["VIP"])
    follow(agent, query="label:vip", urgent=True)
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    assert (words(agent), Notice.objects.get().urgent) == (["VIP"], True)


def test_of_a_number_that_somebody_may_not_see_they_are_not_told(
    number: Instance, admin: User, stranger: User, make_chat: MakeChat, labels: Labels
) -> None:
    follow(stranger, labels["VIP"])
    number.people.add(admin)
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    assert (words(stranger), notify([stranger], make_chat(), "x"), words(stranger)) == ([], 0, [])


def test_a_page_takes_each_notice_once(agent: User, number: Instance, make_chat: MakeChat) -> None:
    notify([agent], make_chat(), "VIP")
    first, second = take_notices(agent), take_notices(agent)
    assert ([one.words for one in first.each], second.each) == (["VIP"], [])


@pytest.mark.django_db(transaction=True)
def test_of_many_pages_at_once_one_takes_it(agent: User, number: Instance, make_chat: MakeChat) -> None:
    for _n in range(3):
        notify([agent], make_chat(), "VIP")
    ready, got = Barrier(4), list[int]()

    def page() -> None:
        try:
            ready.wait(20)
            got.append(len(take_notices(agent).each))
        finally:
            connection.close()

    threads = [Thread(target=page) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum(got) == 3


def test_more_than_five_in_a_minute_come_together_but_urgent_ones(
    agent: User, number: Instance, make_chat: MakeChat
) -> None:
    for n in range(5):
        notify([agent], make_chat(), f"{n}")
    assert [len(part) for part in _parts(agent)] == [5, 0]
    notify([agent], make_chat(), "5")
    notify([agent], make_chat(), "urgent", urgent=True)
    assert [len(part) for part in _parts(agent)] == [1, 1]
    Notice.objects.update(shown_at=timezone.now() - timedelta(minutes=2))
    notify([agent], make_chat(), "6")
    assert [len(part) for part in _parts(agent)] == [1, 0]


def _parts(user: User) -> list[list[Notice]]:
    taken = take_notices(user)
    return [taken.each, taken.together]


def test_in_quiet_hours_only_what_is_urgent_is_told(agent: User, number: Instance, make_chat: MakeChat) -> None:
    set_notice_settings(Actor.of(agent), sound=False, desktop=False, quiet_from=time(0), quiet_until=time.max)
    for urgent in (False, True):
        notify([agent], make_chat(), "urgent" if urgent else "plain", urgent=urgent)
    assert list(Notice.objects.order_by("pk").values_list("words", "hushed")) == [("plain", True), ("urgent", False)]
    assert [one.words for one in take_notices(agent).each] == ["urgent"]


@pytest.mark.parametrize(("zone", "quiet"), [("UTC", False), ("Asia/Tokyo", True)])
def test_quiet_hours_are_those_of_the_persons_zone(agent: User, zone: str, quiet: bool) -> None:
    agent.time_zone = zone
    agent.save(update_fields=["time_zone"])
    set_notice_settings(Actor.of(agent), sound=False, desktop=False, quiet_from=time(22), quiet_until=time(7))
    noon = timezone.now().replace(hour=15, minute=0)
    assert agent.notice_settings.is_quiet(noon) == quiet


def test_what_is_late_stays_in_the_list(agent: User, number: Instance, make_chat: MakeChat) -> None:
    notify([agent], make_chat(), "VIP")
    Notice.objects.update(at=timezone.now() - timedelta(minutes=11))
    assert (take_notices(agent).each, words(agent)) == ([], ["VIP"])


def test_without_anybody_who_follows_it_costs_one_query(
    number: Instance, make_chat: MakeChat, labels: Labels, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    fact = Fact.objects.create(
        instance=number, kind="label.added", chat=make_chat(), label=labels["VIP"], source="phone"
    )
    with django_assert_num_queries(1):  # type: ignore[operator]
        write_notices(number, [fact])
    handle_facts(fresh(number), [], lambda: False)


def test_what_was_told_of_a_chat_goes_with_it_when_two_turn_out_to_be_one(
    number: Instance, agent: User, admin: User, make_chat: MakeChat
) -> None:
    gone, kept = make_chat(jid="10931@lid"), make_chat(jid="201555000001@c.us")
    notify([agent], gone, "VIP")
    call_hook(make_hook(admin, "http://127.0.0.1:9/"), gone, kind="rule", about={})
    learn_hidden_ids(number, [LidPair(gone.jid, kept.jid)])
    assert (Notice.objects.get().chat, HookSend.objects.get().chat) == (kept, kept)
