"""Replay: what was applied goes into the inbox again, and nothing else happens by it."""

import json

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions import replaying
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.replaying import replay
from labelapp.models import Change, HookDelivery, Instance, Label, LedgerEntry, Outcome, User
from tests.conftest import MakeChat
from tests.posted import deliver, mirror, said, tagged, untagged

ALL = HookDelivery.objects.all


def stored(number: Instance, outcome: str = Outcome.APPLIED, many: int = 1) -> list[HookDelivery]:
    first = HookDelivery.objects.count()
    rows = [
        HookDelivery(
            instance=number,
            dedupe_key=f"e{n}",
            body="{}",
            outcome=outcome,
            effect="same:",
            attempts=3,
            error="broken",
            applied_at=timezone.now(),
        )
        for n in range(first, first + many)
    ]
    return HookDelivery.objects.bulk_create(rows)


def test_it_waits_again_as_if_it_had_just_come(lead: User, number: Instance) -> None:
    row = stored(number, Outcome.PARKED)[0]
    before = timezone.now()
    assert replay(Actor.of(lead), ALL()) == 1
    row.refresh_from_db()
    assert (row.outcome, row.applied_at, row.effect, row.attempts, row.error) == ("", None, "", 0, "")
    assert row.replayed_at is not None
    assert row.replayed_at >= before
    assert (Change.objects.count(), LedgerEntry.objects.count()) == (0, 0)


def test_what_waits_already_is_left_alone(lead: User, number: Instance) -> None:
    HookDelivery.objects.create(instance=number, dedupe_key="w", body="{}", attempts=2, error="once")
    assert replay(Actor.of(lead), ALL()) == 0
    assert HookDelivery.objects.values_list("attempts", "error", "replayed_at").get() == (2, "once", None)


def test_many_go_in_chunks_with_few_queries(
    lead: User,
    number: Instance,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    stored(number, many=25)
    monkeypatch.setattr(replaying, "CHUNK", 10)
    actor = Actor.of(lead)
    actor.may("see_operations")
    with django_assert_max_num_queries(2 + 4 + 3 * 4):
        assert replay(actor, ALL()) == 25
    assert HookDelivery.objects.filter(applied_at=None).count() == 25


def test_only_what_was_asked_for(lead: User, number: Instance) -> None:
    stored(number, many=3)
    parked = stored(number, Outcome.PARKED)[0]
    assert replay(Actor.of(lead), HookDelivery.objects.filter(outcome=Outcome.PARKED)) == 1
    assert list(HookDelivery.objects.filter(applied_at=None)) == [parked]


def test_an_agent_may_not(agent: User, number: Instance) -> None:
    stored(number)
    with pytest.raises(NotAllowed):
        replay(Actor.of(agent), ALL())
    assert HookDelivery.objects.filter(applied_at=None).count() == 0


def test_of_a_removed_number_nothing_is_replayed(lead: User, number: Instance, other_number: Instance) -> None:
    stored(number)
    stored(other_number)
    Instance.objects.filter(pk=other_number.pk).update(removed_at=timezone.now())
    with pytest.raises(Refused) as refused:
        replay(Actor.of(lead), ALL())
    assert refused.value.status == 409
    assert HookDelivery.objects.filter(applied_at=None).count() == 0


def test_everything_once_more_changes_nothing(
    lead: User, number: Instance, labels: dict[str, Label], make_chat: MakeChat
) -> None:
    jid, vip = make_chat().jid, labels["VIP"].wa_id
    deliver(number, tagged(jid, vip, 10), untagged(jid, vip, 20), tagged(jid, vip, 30), said(jid, "Hello", 40))
    before = (mirror(number), LedgerEntry.objects.count(), Change.objects.count())
    assert replay(Actor.of(lead), ALL()) == 4
    deliver(number)
    assert (mirror(number), LedgerEntry.objects.count(), Change.objects.count()) == before
    assert not HookDelivery.objects.filter(applied_at=None).exists()


def test_one_that_failed_is_applied_once_its_cause_is_mended(
    lead: User, number: Instance, labels: dict[str, Label], make_chat: MakeChat
) -> None:
    chat, vip = make_chat(), labels["VIP"]
    body = json.dumps(tagged(chat.jid, vip.wa_id, 10))
    row = stored(number, Outcome.PARKED)[0]
    HookDelivery.objects.filter(pk=row.pk).update(body=body)
    replay(Actor.of(lead), ALL())
    deliver(number)
    assert HookDelivery.objects.values_list("outcome", "error").get() == (Outcome.APPLIED, "")
    assert chat.assignments.get(label=vip).wanted
