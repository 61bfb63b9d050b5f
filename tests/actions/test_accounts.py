"""Who answers under a number, and what happens when it is somebody else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from labelapp.actions.accounts import freeze, is_other, keep_account, observe_session, take_account
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.tagging import set_label
from labelapp.models import Change, ChatLabel, Finding, Instance, Label, LedgerEntry, User
from labelapp.whatsapp.types import SessionInfo
from tests.conftest import MakeChat
from tests.posted import fresh, pair_of

Labels = dict[str, Label]
Decide = Callable[..., Instance]
ME, RIVAL = "201000000000@c.us", "201999999999@c.us"


def say(number: Instance, status: str = "WORKING", me: str = ME, ago: float = 0, lid: str = "") -> bool:
    at = timezone.now() - timedelta(seconds=ago)
    return observe_session(number, SessionInfo("demo", status, me, "Nile", lid), at)


def ledger() -> list[tuple[str, str]]:
    return list(LedgerEntry.objects.filter(verb="account").order_by("pk").values_list("source", "cause"))


def test_a_status_is_taken_over_once(number: Instance) -> None:
    assert say(number, "FAILED", ago=60)
    assert say(number, "FAILED", ago=30)
    row = fresh(number)
    assert (row.status, row.is_working, row.is_ready) == ("FAILED", False, False)
    assert round((row.status_at - row.status_since).total_seconds()) == 30  # down since the first word of it
    assert Change.objects.filter(kind="instance").count() == 1


def test_older_words_change_nothing(number: Instance) -> None:
    say(number, "WORKING", ago=10)
    say(number, "FAILED", me=RIVAL, ago=20)
    assert fresh(number).is_ready
    assert not fresh(number).is_frozen


def test_a_clock_that_is_ahead_does_not_block_later_words(number: Instance) -> None:
    say(number, "FAILED", ago=-86400)
    say(number, "WORKING")
    assert fresh(number).status == "WORKING"


def test_back_again_means_comparing(number: Instance) -> None:
    say(number, "STOPPED", ago=10)
    assert fresh(number).reconcile_due_at is None
    say(number, "WORKING")
    row = fresh(number)
    assert row.is_ready
    assert row.reconcile_due_at is not None
    assert row.directory_due_at is not None


def test_back_without_saying_who(number: Instance) -> None:
    say(number, "STOPPED", ago=10)
    say(number, "WORKING", me="", ago=5)
    assert not fresh(number).is_ready
    say(number, "WORKING")
    assert fresh(number).is_ready


def test_the_first_account_is_the_known_one(number: Instance) -> None:
    Instance.objects.filter(pk=number.pk).update(me_jid="", me_name="")
    assert say(number, me="201999999999:7@s.whatsapp.net")
    assert (fresh(number).me_jid, fresh(number).me_name) == (RIVAL, "Nile")


@pytest.mark.parametrize(
    ("known", "me", "lid", "other"),
    [
        (ME, ME, "", False),
        (ME, "201000000000:12@s.whatsapp.net", "", False),
        (ME, RIVAL, "", True),
        (ME, "", "", False),
        ("", RIVAL, "", False),
        ("7@lid", ME, "7@lid", False),
        ("7@lid", ME, "8@lid", True),
        (ME, "me", "", False),
    ],
)
def test_who_is_another(number: Instance, known: str, me: str, lid: str, other: bool) -> None:
    number.me_jid = known
    assert is_other(number, me, lid) is other


def test_another_account_freezes_and_the_known_one_thaws(number: Instance) -> None:
    assert say(number, me=RIVAL, ago=30) is False
    row = fresh(number)
    assert (row.is_frozen, row.is_ready, row.me_jid, row.rival_jid, row.rival_phone) == (
        True,
        False,
        ME,
        RIVAL,
        "+201999999999",
    )
    assert say(number, me=RIVAL, ago=20) is False
    assert say(number, "SCAN_QR_CODE", me="", ago=10) is False
    assert say(number) is True
    row = fresh(number)
    assert (row.is_ready, row.rival_jid, row.reconcile_due_at is not None) == (True, "", True)
    assert ledger() == [
        ("reconcile", "rival:+201999999999 (Nile)"),
        ("reconcile", "back:+201000000000 (Nile)"),
    ]


def test_to_keep_is_to_wait_without_asking(admin: User, number: Instance) -> None:
    say(number, me=RIVAL, ago=30)
    for _twice in range(2):
        keep_account(Actor.of(admin), number, rival=RIVAL)
    row = fresh(number)
    assert (row.is_frozen, row.kept_at is not None, row.session_due_at is not None) == (True, True, True)
    assert ledger()[1:] == [("agent", "kept:+201000000000")]
    say(number, me=RIVAL, ago=20)
    assert fresh(number).kept_at is not None
    say(number, me="201888888888@c.us", ago=10)  # yet another one: that is a new question
    assert fresh(number).kept_at is None
    say(number)
    assert fresh(number).is_ready


def test_to_take_the_other_account_starts_anew(
    admin: User, agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    set_label(Actor.of(agent), chat, labels["On hold"], on=True)
    Finding.objects.create(instance=number, kind="removal", key="removal:0:0")
    freeze(number, RIVAL, "Douro")
    take_account(Actor.of(admin), number, rival=RIVAL)
    row = fresh(number)
    assert (row.me_jid, row.me_name, row.is_ready, row.rival_jid) == (RIVAL, "Douro", True, "")
    assert (row.import_stage, row.imported_at, row.import_due_at is not None) == ("waiting", None, True)
    assert not Label.objects.filter(instance=number).living().exists()
    assert not Finding.objects.unsettled().exists()
    assert pair_of(chat, labels["On hold"]).reason == "The number belongs to another WhatsApp account now."
    assert (pair_of(chat, labels["VIP"]).wanted, pair_of(chat, labels["VIP"]).remote) == (False, False)
    assert ledger()[-1] == ("agent", "taken:+201999999999 (Douro)")
    assert ChatLabel.objects.filter(due_at__isnull=False).count() == 0
    assert chat.ledger.filter(verb="fail").values_list("cause", flat=True)[0] == "account:"


@pytest.mark.parametrize("decide", [keep_account, take_account])
def test_decisions_are_for_admins_and_for_frozen_numbers(
    admin: User, lead: User, number: Instance, decide: Decide
) -> None:
    with pytest.raises(Refused) as refused:
        decide(Actor.of(admin), number, rival=RIVAL)
    assert refused.value.status == 409
    freeze(number, RIVAL, "")
    with pytest.raises(NotAllowed):
        decide(Actor.of(lead), number, rival=RIVAL)
    assert fresh(number).rival_jid == RIVAL


@pytest.mark.parametrize("decide", [keep_account, take_account])
def test_another_account_than_the_one_that_was_seen_is_not_decided_about(
    admin: User, number: Instance, labels: Labels, decide: Decide
) -> None:
    freeze(number, RIVAL, "Douro")
    freeze(number, "201888888888@c.us", "Tejo")
    with pytest.raises(Refused) as refused:
        decide(Actor.of(admin), number, rival=RIVAL)
    row = fresh(number)
    assert (refused.value.status, row.me_jid, row.kept_at, row.is_frozen) == (409, ME, None, True)
    assert Label.objects.filter(instance=number).living().count() == 5
    decide(Actor.of(admin), number, rival="201888888888@c.us")
