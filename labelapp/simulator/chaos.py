"""/sim/ for a fault harness: recorded deliveries, the truth, bulk changes, new worlds, another account, the pace kept."""

from collections.abc import Awaitable, Callable
from typing import Any

from labelapp.simulator import harness
from labelapp.simulator.events import Event
from labelapp.simulator.faults import Refusal, whole
from labelapp.simulator.profiles import PROFILES
from labelapp.simulator.runtime import here

Body = dict[str, Any]
Control = Callable[..., Awaitable[Any]]
ROWS = 5000


async def record(body: Body) -> Body:
    """Keep deliveries instead of posting them, or stop that. Turned on anew, the outbox starts empty."""
    on, outbox = body.get("on"), here().deliveries.outbox
    if not isinstance(on, bool):
        raise Refusal("on takes true or false.")
    await here().deliveries.settled()
    if on and not outbox.on:
        outbox.clear()
    outbox.on = on
    return {"on": on, "last": outbox.last}


async def outbox(query: Body) -> Body:
    """All that happened before the question is in it."""
    await here().deliveries.settled()
    after, limit = whole_of(query, "after", 0), whole_of(query, "limit", 1000)
    return here().deliveries.outbox.rows(after, min(limit, ROWS))


async def clear_outbox(_body: Body) -> Body:
    here().deliveries.outbox.clear()
    return {"last": 0}


async def truth(_query: Body) -> Body:
    return await here().read(harness.truth)


def changing(act: Callable[[Body], tuple[Body, list[Event]]]) -> Control:
    """Its events have left, or lie in the outbox, when the answer comes."""

    async def run(body: Body) -> Body:
        result, happened = await here().change(act, body)
        await tell(happened)
        return result

    return run


async def tell(happened: list[Event]) -> None:
    here().publish(happened)
    await here().deliveries.settled()


async def world(body: Body) -> Body:
    number = here().number
    seed, chats = body.get("seed", number.seed), body.get("chats", number.chats)
    if not whole(0, 2**31)(seed):
        raise Refusal("seed takes a whole number.")
    if not whole(0, 2_000_000)(chats):
        raise Refusal("chats takes a whole number up to 2000000.")
    profile = _profile(body.get("profile", here().profile.engine))
    await here().deliveries.settled()
    made, _nothing = await here().change(harness.world, body, seed=seed, chats=chats, profile=profile)
    await here().read_profile()
    here().forget()
    return made


async def profile(body: Body) -> Body:
    """Which engine runs beneath this number."""
    engine = _profile(body.get("profile"))
    await here().change(harness.set_profile, engine)
    await here().read_profile()
    return {"profile": engine}


def _profile(raw: Any) -> str:
    if raw not in PROFILES:
        raise Refusal(f"profile takes {', '.join(PROFILES)}.")
    return str(raw)


async def pace(_query: Body) -> Body:
    return here().calls.pace()


async def clear_pace(_body: Body) -> Body:
    here().calls.clear_pace()
    return here().calls.pace()


def whole_of(query: Body, name: str, default: int) -> int:
    raw = str(query.get(name, default))
    if not raw.isdecimal() or len(raw) > 9:
        raise Refusal(f"{name} takes a whole number.")
    return int(raw)


acts: dict[str, dict[str, Control]] = {
    "record": {"POST": record},
    "outbox": {"GET": outbox, "DELETE": clear_outbox},
    "truth": {"GET": truth},
    "bulk": {"POST": changing(harness.bulk)},
    "world": {"POST": world},
    "lids": {"POST": changing(harness.learn_lids)},
    "account": {"POST": changing(harness.switch_account)},
    "relabel": {"POST": changing(harness.reuse_labels)},
    "profile": {"POST": profile},
    "pace": {"GET": pace, "DELETE": clear_pace},
}
