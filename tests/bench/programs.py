"""From a CRM's request at the API to the phone."""

import time
from typing import Any

import httpx

from tests.bench.figures import Spread, Table, p95
from tests.stack import Stack, wait_until

CHANGES, PACE = 100, 4.0  # a second: evenly, as a CRM's users cause them


def crm_to_phone(stack: Stack, facts: dict[str, Any], table: Table) -> None:
    """Labels put on chats by a program: until the answer, and until the provider's call for it has ended, by the simulator's own log."""
    label, wa_id = facts["clicked"]
    chats = [chat for chat in facts["without"] if chat[1].endswith("@c.us")][500 : 500 + CHANGES]
    headers = {"Authorization": f"Bearer {stack.ask_product('tests.bench.token').strip()}"}
    before = stack.simulator.ask("GET", "/sim/calls")["last"]
    asked: dict[str, float] = {}  # address -> seconds since 1970
    taken = []
    with httpx.Client(base_url=f"{stack.url}/api/v1", headers=headers, timeout=30) as crm:
        start = time.monotonic()
        for n, (chat, jid) in enumerate(chats):
            time.sleep(max(0.0, start + n / PACE - time.monotonic()))
            asked[jid] = time.time()
            answer = crm.put(f"/chats/{chat}/labels/{label}")
            taken.append(time.time() - asked[jid])
            assert answer.status_code == 202, f"{answer.status_code}: {answer.text[:300]}"

    def arrived() -> dict[str, float]:
        calls = stack.simulator.ask("GET", "/sim/calls", since=before)["calls"]
        done = (call for call in reversed(calls) if call["assigns"] and call["status"] == 200)
        return {call["chat"]: (call["at"] + call["ms"]) / 1000 for call in done if call["chat"] in asked}

    wait_until(lambda: len(arrived()) == CHANGES, 60, pause=0.5, told="all changes are on the phone")
    on_phone = set(stack.simulator.ask("GET", "/sim/truth")["tags"][wa_id])
    assert asked.keys() <= on_phone, "the phone has not all of them"
    ways = [at - asked[jid] for jid, at in arrived().items()]
    table.add("a program's label, answered", Spread.of(taken))
    table.add(f"CRM change to the phone, {CHANGES} at {PACE:g} a second", Spread.of(ways), None, p95(5000))
