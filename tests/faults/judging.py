"""What the provider's own log says of chats that must never be without one of some labels."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.chaos.calls import of_pair
from tests.stack import Stack

Tags = dict[str, set[str]]  # address -> labels


def on_phone(stack: Stack) -> Tags:
    found: Tags = {}
    for wa_id, jids in stack.simulator.ask("GET", "/sim/truth")["tags"].items():
        for jid in jids:
            found.setdefault(jid, set()).add(str(wa_id))
    return found


def labels_on_phone(stack: Stack) -> dict[str, str]:
    """The directory there, name -> id."""
    return {label["name"]: str(label["id"]) for label in stack.simulator.ask("GET", "/sim/state")["labels"]}


def carried(tags: Tags, people: dict[str, list[str]]) -> dict[str, set[str]]:
    """What each person carries under any of their addresses."""
    return {pk: {tag for jid in jids for tag in tags.get(jid, set())} for pk, jids in people.items()}


def bare_moments(
    calls: Iterable[dict[str, Any]], before: Tags, needed: set[str], people: Iterable[list[str]]
) -> list[str]:
    """When somebody carried none of the needed labels under any address, at worst: what is put on is there from the end of its call,
    what is taken off is gone from the beginning of it."""
    jids_of = list(people)
    home = {jid: n for n, jids in enumerate(jids_of) for jid in jids}
    held = [Counter(wa_id for jid in jids for wa_id in before.get(jid, set()) & needed) for jids in jids_of]
    there = {(jid, wa_id) for jids in jids_of for jid in jids for wa_id in before.get(jid, set()) & needed}
    effects = []
    for row in calls:
        method, wa_id, jid = of_pair(row)
        if wa_id in needed and jid in home and (method == "DELETE" or row["status"] == 200):
            effects.append((row["at"] + (row["ms"] or 0) * (method != "DELETE"), row["n"], method, wa_id, jid))
    bare = []
    for at, n, method, wa_id, jid in sorted(effects):
        mine = held[home[jid]]
        if method != "DELETE":
            mine[wa_id] += (jid, wa_id) not in there
            there.add((jid, wa_id))
        elif (jid, wa_id) in there:
            there.discard((jid, wa_id))
            mine[wa_id] -= 1
            if not +mine:
                bare.append(f"{jid} lost {wa_id} at {at}, call {n}")
    return bare
