"""An agent who changes their mind fifty times, and two agents who disagree."""

import asyncio
import threading
import time

from tests.chaos import tables
from tests.chaos.calls import Calls
from tests.chaos.people import Click, Clicked, Person, last_wish
from tests.chaos.rows.row import Row, Scene
from tests.chaos.stage import Number, Stage

CLICKS = 50
LONGER = 10
PATIENCE = 30
LABEL = "7"


class Eye(threading.Thread):
    """Somebody else who looks at a chat's line all the time: what each look showed of one label, and when."""

    def __init__(self, person: Person, chat: int, label: int) -> None:
        super().__init__(daemon=True)
        self.person, self.chat, self.label = person, chat, label
        self.seen: list[tuple[float, str, str]] = []  # when asked, state, wanted
        self._enough = threading.Event()

    def run(self) -> None:
        while not self._enough.wait(0.02):
            asked = time.monotonic()
            state, wanted = self.person.chips(self.chat).get(self.label, ("none", "off"))
            self.seen.append((asked, state, wanted))

    def close(self) -> list[tuple[float, str, str]]:
        self._enough.set()
        self.join()
        return self.seen


def play(scene: Scene) -> None:
    """Echoes are late and in disorder, so that old ones arrive after the last answer."""
    stage = scene.stage(chats=300, each=2)  # enough for two people with the label, whatever the seed
    number = stage.connect()
    stage.faults(delay_ms=700, shuffle=True, repeat=1)
    bare, held = chats_by_label(stage, number)
    label = tables.label_keys(stage.database, number.pk)[LABEL]
    agent, other, eye = (Person(stage.ports, name) for name in ("agent", "agent2", "lead"))
    for chats, on in ((bare, True), (held, False)):  # the first and the last wish: what a chat is without it fails
        one_agent(scene, stage, number, Click(chats[0], label, on), agent, eye)
        two_agents(scene, stage, number, Click(chats[1], label, on), [agent, other], eye)
    stage.faults()
    scene.converged(stage.converge(number, PATIENCE), PATIENCE, "the last click")


def chats_by_label(stage: Stage, number: Number) -> tuple[list[int], list[int]]:
    """Keys of people's chats without LABEL and with it, under whichever of their addresses."""
    keys = tables.chat_keys(stage.database, number.pk)
    people = {key for jid, key in keys.items() if jid.endswith("@c.us")}
    held = {keys[jid] for jid in stage.truth(number.slug).tags.get(LABEL, frozenset())}
    return sorted(people - held), sorted(people & held)


def one_agent(scene: Scene, stage: Stage, number: Number, first: Click, agent: Person, eye: Person) -> None:
    """An odd number of clicks: the last wish is not how the chat was before."""
    who = f"one agent, {told(first.on)} at last"
    clicks = [Click(first.chat, first.label, first.on == (n % 2 == 0)) for n in range(CLICKS + 1)]
    look = Eye(eye, first.chat, first.label)
    with Calls(stage.simulator) as calls:
        look.start()
        done = agent.click(clicks, connections=1)
        settle(stage, number)
        seen = look.close()
    scene.did(f"{who}, {len(clicks)} opposite clicks: {done}, {len(calls.writes())} calls")
    scene.must(len(done.accepted) == len(clicks), f"{who}: every click is accepted", str(done))
    scene.must(calls.at_once <= 1, f"{who}: one call in flight per chat", str(calls.at_once))
    judge(scene, stage, number, clicks[-1], done.last, seen, who)


def two_agents(scene: Scene, stage: Stage, number: Number, first: Click, agents: list[Person], eye: Person) -> None:
    """Whoever wants what the chat was not before clicks longer, so that the answers tell who was last."""
    who = f"two agents, {told(first.on)} for longer"
    look = Eye(eye, first.chat, first.label)
    with Calls(stage.simulator) as calls:
        look.start()
        done = asyncio.run(quarrel(first, agents))
        settle(stage, number)
        seen = look.close()
    verbs = stage.database.read(
        f"SELECT verb FROM labelapp_ledgerentry WHERE chat_id = {first.chat:d} ORDER BY id DESC LIMIT 1"  # noqa: S608
    )
    entered, answered = bool(verbs) and verbs[0][0] == "add", last_wish(*done)
    known = "not known" if answered is None else told(answered)
    scene.did(
        f"{who}: {' / '.join(map(str, done))}, {len(calls.writes())} calls; by the answers the last wish is {known}"
    )
    scene.must(
        answered in (None, entered), f"{who}: the history ends with it", f"ledger {told(entered)}, answers {known}"
    )
    scene.must(calls.at_once <= 1, f"{who}: one call in flight per chat", str(calls.at_once))
    last = Click(first.chat, first.label, entered if answered is None else answered)
    judge(scene, stage, number, last, max(one.last for one in done), seen, who)


def told(on: bool) -> str:
    return "on" if on else "off"


async def quarrel(first: Click, agents: list[Person]) -> list[Clicked]:
    """One always tags, the other always untags."""

    async def insist(person: Person, on: bool, times: int) -> Clicked:
        return await asyncio.to_thread(person.click, [Click(first.chat, first.label, on)] * times, 1)

    return await asyncio.gather(insist(agents[0], first.on, CLICKS + LONGER), insist(agents[1], not first.on, CLICKS))


def settle(stage: Stage, number: Number) -> None:
    until = time.monotonic() + PATIENCE
    while tables.unfinished(stage.database, number.pk) and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(2)  # late echoes


def judge(
    scene: Scene, stage: Stage, number: Number, last: Click, at: float, seen: list[tuple[float, str, str]], who: str
) -> None:
    jids = {jid for jid, key in tables.chat_keys(stage.database, number.pk).items() if key == last.chat}
    there = bool(jids & stage.truth(number.slug).tags.get(LABEL, frozenset()))
    scene.must(
        there == last.on, f"{who}: the last wish wins at the provider", f"on the phone {there}, wished {last.on}"
    )
    after = [(state, wanted) for asked, state, wanted in seen if asked > at]
    flickers = [look for look in after if (look[1] == "on") != last.on]
    scene.must(
        bool(after) and not flickers, f"{who}: no flicker after the last answer", f"{flickers[:3]} of {len(after)}"
    )


ROW = Row(
    "clicks",
    "an agent's 50 fast opposite clicks; two agents opposite",
    "last wish wins at the provider; no flicker after the last answer",
    play,
    fixed=180,
    full=0,
)
