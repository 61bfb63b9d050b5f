from contextlib import nullcontext
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labelapp.management.commands import reconcile
from labelapp.models import ChatLabel, Instance, Label
from tests.conftest import MakeChat
from tests.wire import FarSide, far

__all__ = ["far"]


@pytest.fixture
def world(far: FarSide, number: Instance, labels: dict[str, Label], make_chat: MakeChat) -> FarSide:
    """Three chats with VIP here; on WhatsApp one of them lost it and got On hold."""
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    first, second, third = (make_chat(labels=(labels["VIP"],)) for _n in range(3))
    far.tags = {(first.jid, "4"), (second.jid, "4"), (third.jid, "5")}
    Instance.objects.update(pace=10_000)
    return far


def run(*args: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("reconcile", *args, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def wanted() -> set[tuple[str, str]]:
    return set(ChatLabel.objects.filter(wanted=True).values_list("chat__jid", "label__wa_id"))


def test_one_run_makes_both_the_same_and_lists_what_was_different(world: FarSide) -> None:
    out, err = run("--instance", "demo")
    assert wanted() == world.tags
    assert [line for line in out.splitlines() if line[2:4] in ("+ ", "- ")] == [
        "  + 201000000003@c.us On hold",
        "  - 201000000003@c.us VIP",
    ]
    assert "  VIP: 2 on WhatsApp, 0 added, 0 removed, 1 missing there, 0 doubtful" in out.splitlines()
    assert err == ""


def test_a_dry_run_only_prints(world: FarSide) -> None:
    before = wanted()
    out, _err = run("--dry-run")
    assert out.splitlines() == [
        "Demo (demo)",
        "  - 201000000003@c.us VIP",
        "  + 201000000003@c.us On hold",
        "  different: 2 (nothing was changed)",
    ]
    assert wanted() == before


@pytest.mark.parametrize("how", [[], ["--dry-run"]])
def test_a_number_that_is_not_connected_is_a_failure(world: FarSide, how: list[str]) -> None:
    world.session["status"], before = "STOPPED", wanted()
    err = StringIO()
    with pytest.raises(CommandError, match="1 of 1 not compared"):
        call_command("reconcile", *how, stdout=StringIO(), stderr=err, no_color=True)
    assert err.getvalue() == "The number is not connected to WhatsApp (STOPPED).\n"
    assert wanted() == before


def test_one_number_that_fails_holds_up_no_other(world: FarSide, other_number: Instance) -> None:
    Instance.objects.filter(pk=other_number.pk).update(import_stage="chats")
    with pytest.raises(CommandError, match="1 of 2 not compared"):
        run()
    assert wanted() == world.tags


def test_a_name_that_is_not_known(world: FarSide) -> None:
    with pytest.raises(CommandError, match="There is no number 'nobody'"):
        run("--instance", "nobody")


def test_a_finding_is_told(world: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "APART", reconcile.APART / 20)
    world.unlisted = {tag for tag in world.tags if tag[1] == "4"}
    out, _err = run()
    assert "  finding: 3 (VIP Empty list: WhatsApp's list is empty, although chats carry the label here.)" in out


@pytest.mark.parametrize(("failures", "fails"), [(2, False), (3, True)])
def test_a_lost_connection_is_tried_again(
    world: FarSide, monkeypatch: pytest.MonkeyPatch, failures: int, fails: bool
) -> None:
    monkeypatch.setattr(reconcile, "PAUSES", (0, 0))
    left = [failures]

    def lose(line: str) -> None:
        if line == "GET /labels/5/chats":
            left[0] -= 1
            world.down = left[0] >= 0
        elif line == "POST /session/info":
            world.down = False

    world.before = lose
    with pytest.raises(CommandError) if fails else nullcontext():
        run()
    assert (wanted() == world.tags) is not fails


def test_a_failure_is_kept_for_people_to_see_and_ends_the_comparing(world: FarSide, number: Instance) -> None:
    world.status_of = {"GET /labels": 500}
    with pytest.raises(CommandError):
        run()
    number.refresh_from_db()
    assert (number.reconcile_started_at, number.reconcile_error) == (None, "said:Said 500")
    world.status_of = {}
    run()
    number.refresh_from_db()
    assert (number.reconcile_started_at, number.reconcile_error) == (None, "")


def test_a_number_that_is_not_connected_is_not_shown_as_being_compared(world: FarSide, number: Instance) -> None:
    seen = []
    world.session["status"] = "STOPPED"
    world.before = lambda line: seen.append(Instance.objects.get(pk=number.pk).reconcile_started_at)
    with pytest.raises(CommandError):
        run()
    number.refresh_from_db()
    assert (seen, number.reconcile_started_at, number.reconcile_error) == ([None], None, "offline:STOPPED")


def test_a_frozen_number_has_no_further_trouble(world: FarSide, number: Instance) -> None:
    Instance.objects.filter(pk=number.pk).update(frozen_at=number.created_at)
    with pytest.raises(CommandError):
        run()
    number.refresh_from_db()
    assert (number.reconcile_error, world.calls) == ("", [])
