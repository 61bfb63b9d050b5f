"""One person under two addresses, and which two belong together is learnt late."""

from tests.chaos import tables
from tests.chaos.people import Click, Person
from tests.chaos.phone import Phone
from tests.chaos.rows.row import Row, Scene
from tests.chaos.stage import Number, Stage

PEOPLE = 1_000


def play(scene: Scene) -> None:
    """Both chats of a person hold labels, messages and wishes of ours before the provider tells that they are one."""
    people = scene.of(PEOPLE, 30)
    stage = scene.stage(60, each=2)
    made = stage.tell("world", {"chats": people * 2, "lids": people, "seed": scene.options.seed})
    twins: dict[str, str] = made["twins"]
    number = stage.connect()
    scene.did(f"{len(twins):,} people with two chats each, of {made['chats']:,} chats")
    live(scene, stage, number, twins)
    scene.converged(stage.converge(number, 60), 60, "the last change under two addresses")
    before = counts(stage, number)
    stage.tell("lids", {"map": twins})
    scene.did("the provider knows now who is who")
    stage.manage("reconcile", "--instance", number.slug)
    within = scene.options.seconds(40, 60)
    scene.converged(stage.converge(number, within), within, "the mapping")
    judge(scene, stage, number, twins, before)
    later(scene, stage, number, twins)


def live(scene: Scene, stage: Stage, number: Number, twins: dict[str, str]) -> None:
    """Labels and messages come in under either address, and an agent tags both chats."""
    phone = Phone(stage, number, scene.rng)
    phone.chats = [*twins, *twins.values()]
    phone.toggle(len(twins))
    phone.write(scene.of(200, 20))
    keys, labels = tables.chat_keys(stage.database, number.pk), tables.label_keys(stage.database, number.pk)
    lids = scene.rng.sample(sorted(twins), scene.of(200, 20))
    bare = [wa_id for wa_id in phone.labels if int(wa_id) > 6]
    pairs = {(jid, scene.rng.choice(bare)) for lid in lids for jid in (lid, twins[lid])}
    done = Person(stage.ports).click(
        [Click(keys[jid], labels[wa_id], True) for jid, wa_id in sorted(pairs - phone.tags)]
    )
    scene.did(f"an agent tagged chats of {len(lids)} of them: {done}")


def counts(stage: Stage, number: Number) -> dict[str, int]:
    """What merging must keep, once."""
    return {
        "messages": tables.count(stage.database, f"labelapp_message WHERE instance_id = {number.pk:d}"),
        "ledger rows": tables.count(
            stage.database, f"labelapp_ledgerentry WHERE instance_id = {number.pk:d} AND verb IN ('add', 'remove')"
        ),
        "chats": tables.count(stage.database, f"labelapp_chat WHERE instance_id = {number.pk:d}"),
    }


def judge(scene: Scene, stage: Stage, number: Number, twins: dict[str, str], before: dict[str, int]) -> None:
    keys, after = tables.chat_keys(stage.database, number.pk), counts(stage, number)
    apart = [lid for lid, pn in twins.items() if keys.get(lid) != keys.get(pn) or keys.get(lid) is None]
    scene.must(not apart, "one chat each", f"{len(apart)} of {len(twins)} are two, e.g. {apart[:2]}")
    gone = before["chats"] - after["chats"]
    scene.must(gone == len(twins), "one chat less for each, and no other", f"{gone} for {len(twins)} people")
    for name in ("messages", "ledger rows"):
        scene.must(after[name] == before[name], f"{name} are kept, once", f"{before[name]} before, {after[name]} after")


def later(scene: Scene, stage: Stage, number: Number, twins: dict[str, str]) -> None:
    """What comes in under the hidden address later makes no second chat."""
    phone = Phone(stage, number, scene.rng)
    phone.chats = [jid for lid in scene.rng.sample(sorted(twins), 20) for jid in (lid, twins[lid])]
    phone.write(40)
    phone.add(20)
    scene.converged(stage.converge(number, 30), 30, "later events under both addresses")


ROW = Row(
    "identity",
    "same person as @c.us and @lid, mapping learnt late (1,000)",
    "one chat each, nothing doubled",
    play,
    fixed=150,
    full=120,
)
