import pytest

from labelapp.actions.findings import raise_finding, settle, vanish
from labelapp.models import Change, Finding, Instance, Label, User
from tests.conftest import MakeChat

Kind, Outcome = Finding.Kind, Finding.Outcome


def test_found_again_is_seen_again(number: Instance, labels: dict[str, Label], make_chat: MakeChat) -> None:
    chat, vip = make_chat(), labels["VIP"]
    first = raise_finding(number, Kind.REMOVAL, chat=chat, label=vip, words="lists:")
    again = raise_finding(number, Kind.REMOVAL, chat=chat, label=vip, words="lists:")
    assert (first.pk, first.found_at) == (again.pk, again.found_at)
    assert again.seen_at > first.seen_at
    assert (first.chat, first.label, first.settled_at) == (chat, vip, None)
    assert Change.objects.filter(kind="instance").count() == 1


def test_different_things_are_different_findings(
    number: Instance, labels: dict[str, Label], other_number: Instance
) -> None:
    raise_finding(number, Kind.EMPTY, label=labels["VIP"], count=3)
    raise_finding(number, Kind.EMPTY, label=labels["Paid"], count=2)
    raise_finding(number, Kind.GUARD, count=30)
    raise_finding(other_number, Kind.GUARD, count=30)
    assert Finding.objects.unsettled().count() == 4


def test_a_number_that_grows_is_brought_up_to_date(number: Instance) -> None:
    raise_finding(number, Kind.GUARD, count=30)
    assert raise_finding(number, Kind.GUARD, count=45).count == 45


def test_settled_once(number: Instance, admin: User, lead: User) -> None:
    finding = raise_finding(number, Kind.GUARD, count=30)
    assert settle(finding, Outcome.PULLED, admin) is True
    assert settle(Finding.objects.get(), Outcome.IGNORED, lead) is False
    finding.refresh_from_db()
    assert (finding.outcome, finding.settled_by) == (Outcome.PULLED, admin)


def test_a_settled_one_that_is_found_later_is_a_new_one(number: Instance, admin: User) -> None:
    settle(raise_finding(number, Kind.GUARD, count=30), Outcome.PULLED, admin)
    assert raise_finding(number, Kind.GUARD, count=30).settled_at is None
    assert Finding.objects.count() == 2


def test_an_ignored_one_stays_ignored_while_it_lasts(number: Instance, admin: User) -> None:
    settle(raise_finding(number, Kind.GUARD, count=30), Outcome.IGNORED, admin)
    assert raise_finding(number, Kind.GUARD, count=30).outcome == Outcome.IGNORED
    assert Finding.objects.unsettled().count() == 0
    assert vanish(number, Kind.GUARD) is False
    raise_finding(number, Kind.GUARD, count=30)
    assert Finding.objects.unsettled().count() == 1


def test_an_ignored_one_that_grows_comes_back(number: Instance, admin: User) -> None:
    settle(raise_finding(number, Kind.GUARD, count=30), Outcome.IGNORED, admin)
    assert raise_finding(number, Kind.GUARD, count=31).settled_at is None


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_no_longer_there_vanishes(number: Instance, labels: dict[str, Label], times: int) -> None:
    raise_finding(number, Kind.EMPTY, label=labels["VIP"], count=3)
    told = [vanish(number, Kind.EMPTY, label=labels["VIP"]) for _time in range(times)]
    assert told == [True, False][:times]
    finding = Finding.objects.get()
    assert (finding.outcome, finding.settled_by) == (Outcome.VANISHED, None)
