"""What is told of a run that is over."""

from django.db.models import F

from labelapp.actions.facts import tell
from labelapp.actions.run_steps import actor_of
from labelapp.models import Fact, Run


def tell_end(run: Run) -> None:
    """The run is over: one fact, whatever its numbers. In the transaction that writes `ended_at`, the run's row held.

    It belongs to the first number whose facts are handled now. A run that was tried again ends, and is told, once more.
    """
    there_first = (F("removed_at").asc(nulls_first=True), F("frozen_at").asc(nulls_first=True), "pk")
    number = run.numbers.order_by(*there_first).first()
    if number is not None:
        data = {"run": run.pk, "state": run.state, "tally": run.tally}
        tell(Fact.Kind.RUN_FINISHED, actor_of(run), number, data=data)
