"""Runs with the product's settings: `chats <n>` prints the addresses of the first n chats, `start <n> <pace> [label…]` begins a run over
them and prints its key, `merge <pace> <label> <label>` one that merges the first label into the second, `report <key>` judges it."""

import json
import sys
from collections import Counter

import django

django.setup()

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.identity import addresses_of  # noqa: E402
from labelapp.actions.merging import start_merge  # noqa: E402
from labelapp.actions.run_starts import start  # noqa: E402
from labelapp.actions.run_targets import chosen  # noqa: E402
from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, Run, User  # noqa: E402
from labelapp.models.reasons import Reason  # noqa: E402
from labelapp.queries.run_labels import Wanted  # noqa: E402
from labelapp.queries.run_tallies import tally  # noqa: E402

ADDS, REMOVES = ("VIP", "Quoted"), ("On hold",)  # a free label, a stage that replaces others, and one to take off


def first(count: int) -> list[Chat]:
    return list(Chat.objects.filter(instance__slug="demo").order_by("pk")[:count])


def begin(count: int, pace: float, *only: str) -> int:
    """`only`: the labels to put on, instead of all that these runs do."""
    Instance.objects.filter(slug="demo").update(pace=pace)
    pks, wanted = [chat.pk for chat in first(count)], Wanted(only) if only else Wanted(ADDS, REMOVES)
    return start(Actor.of(User.objects.get(username="lead")), chosen(pks), wanted).pk


def merge(pace: float, *names: str) -> int:
    """By the admin: it deletes a label."""
    Instance.objects.filter(slug="demo").update(pace=pace)
    source, target = (Label.objects.living().get(instance__slug="demo", name=name) for name in names)
    return start_merge(Actor.of(User.objects.get(username="admin")), source, target).pk


def report(run: Run) -> dict[str, object]:
    """`twice`: pairs that the run has entered more than once. `chats`: what each of its chats carries here, by WhatsApp's ids."""
    entries = LedgerEntry.objects.filter(cause=Reason.RUN(str(run.pk))).values_list("chat", "label", "verb")
    chats: dict[int, list[str]] = {pk: [] for pk in run.chats.values_list("chat", flat=True)}
    for chat, wa_id in ChatLabel.objects.filter(chat__in=chats, wanted=True).values_list("chat", "label__wa_id"):
        chats[chat].append(wa_id)
    return {
        "state": run.state,
        "ended": run.ended_at is not None,
        "tally": {name: n for name, n in vars_of(run).items() if n},
        "entries": len(entries),
        "twice": [list(pair) for pair, n in Counter((chat, label) for chat, label, _verb in entries).items() if n > 1],
        "open": ChatLabel.objects.open().count(),
        "chats": chats,
    }


def vars_of(run: Run) -> dict[str, int]:
    found = tally(run)
    return {name: found.of(name) for name in ("waiting", "sent", "changed", "already", "failed", "skipped")}


if __name__ == "__main__":
    if sys.argv[1] == "chats":
        print(json.dumps(addresses_of(first(int(sys.argv[2])))))
    elif sys.argv[1] == "start":
        print(begin(int(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:]))
    elif sys.argv[1] == "merge":
        print(merge(float(sys.argv[2]), *sys.argv[3:]))
    else:
        print(json.dumps(report(Run.objects.get(pk=sys.argv[2]))))
