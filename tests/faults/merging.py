"""A desk of `tests.faults.workers` that merges one label into another and tells at which step each chat of the run stands."""

from collections import Counter
from collections.abc import Iterator

import django

django.setup()

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.identity import addresses_of  # noqa: E402
from labelapp.actions.tagging import set_label  # noqa: E402
from labelapp.models import ChatLabel, Instance, Label, Run, RunChat, User  # noqa: E402
from tests.faults.bulk import first, merge, report  # noqa: E402
from tests.faults.moving import waiting, way  # noqa: E402
from tests.faults.workers import answer_orders  # noqa: E402


def prepare(count: int, name: str) -> dict[int, list[str]]:
    """Put a label on the first `count` chats. Their addresses."""
    Instance.objects.filter(slug="demo").update(pace=500)
    label, admin = Label.objects.living().get(instance__slug="demo", name=name), User.objects.get(username="admin")
    for chat in first(count):
        set_label(Actor.of(admin), chat, label, on=True)
    return addresses_of(first(count))


def steps(pk: int) -> dict[str, int]:
    """How many chats stand where. Once none does, only the label itself is left to go."""
    return dict(Counter(_where(Run.objects.get(pk=pk))))


def _where(run: Run) -> Iterator[str]:
    places = RunChat.objects.filter(run=run, state__in=[RunChat.State.WAITING, RunChat.State.SENT])
    states = dict(places.values_list("chat", "state"))
    rows = ChatLabel.objects.filter(chat__in=states, label__in=[run.retires_id, run.replacement_id])
    pairs = {(pair.chat_id, pair.label_id): pair for pair in rows}
    for chat, state in states.items():
        new, old = pairs.get((chat, run.replacement_id or 0)), pairs.get((chat, run.retires_id or 0))
        if state == RunChat.State.WAITING:
            yield "waiting"
        elif new and new.is_open:
            yield way("link", new)
        elif old and old.is_open:
            yield way("prune", old)
        else:
            yield "written"


if __name__ == "__main__":
    answer_orders(
        {
            "prepare": prepare,
            "merge": merge,
            "steps": steps,
            "waiting": waiting,
            "report": lambda pk: report(Run.objects.get(pk=pk)),
        }
    )
