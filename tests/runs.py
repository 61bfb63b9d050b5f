"""Runs driven by hand, as a worker's sweeps would."""

from collections.abc import Sequence

from labelapp.actions.actor import Actor
from labelapp.actions.run_starts import start
from labelapp.actions.run_targets import chosen
from labelapp.lanes import runs as lane
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, Instance, Run, RunChat, User
from labelapp.queries.run_labels import Wanted
from labelapp.queries.run_tallies import Tally, tally
from tests.posted import fresh, run_push_later


def begin_run(user: User, chats: Sequence[Chat], adds: Sequence[str] = ("VIP",), removes: Sequence[str] = ()) -> Run:
    return start(Actor.of(user), chosen([chat.pk for chat in chats]), Wanted(tuple(adds), tuple(removes)))


def sweep(number: Instance) -> int:
    """One look of the runs lane."""
    return lane.run_due(fresh(number), Reach())


def carry_through(run: Run, *numbers: Instance, turns: int = 40) -> Tally:
    """Sweep and push until the run is over, or `turns` are."""
    reaches = {number.pk: Reach() for number in numbers}
    for _turn in range(turns):
        for number in numbers:
            lane.run_due(fresh(number), reaches[number.pk])
            run_push_later(number)
        run.refresh_from_db()
        if run.ended_at:
            break
    return tally(run)


def states(run: Run) -> list[str]:
    return list(RunChat.objects.filter(run=run).order_by("pk").values_list("state", flat=True))
