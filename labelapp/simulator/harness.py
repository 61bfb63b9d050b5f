"""What a fault harness asks of the world, in bulk: the truth, thousands of changes at once, late mappings, another account.

Runs in the database's thread. Takes the controls' JSON, refuses with a sentence what makes no sense.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from labelapp.simulator import events, handset, history, store
from labelapp.simulator.events import Event
from labelapp.simulator.faults import Refusal, whole
from labelapp.simulator.jids import kind_of
from labelapp.simulator.models import Assignment, Chat, Label, Lid

Body = dict[str, Any]
Done = tuple[Body, list[Event]]
T = TypeVar("T")
CHANGES = 5000
SLICE = 500  # values in one SQL statement
Pair = tuple[int, str]


def truth() -> Body:
    """The oracle: what a mirror has to show. Addresses as WhatsApp keeps them, unmerged."""
    tags: dict[str, list[str]] = {str(label): [] for label in Label.objects.order_by("id").values_list("id", flat=True)}
    for label, jid in Assignment.objects.order_by("label_id", "jid").values_list("label_id", "jid"):
        tags[str(label)].append(jid)
    me = store.account()
    return {
        "labels": {str(label.pk): [label.name, label.color] for label in Label.objects.order_by("id")},
        "tags": tags,
        "lids": {row.lid: row.pn or None for row in Lid.objects.order_by("id")},
        "archived": dict(Chat.objects.order_by("jid").values_list("jid", "archived")),
        "me": me.jid,
        "status": me.status,
        "profile": me.profile,
        "chats": Chat.objects.count(),
    }


def bulk(body: Body) -> Done:
    """Changes on the phone, in their order, all or none. A pair that is as wanted already is told to nobody."""
    wanted = _changes(body.get("changes"))
    labels = Label.objects.in_bulk({label for label, _jid, _on in wanted})
    before = set(Assignment.objects.filter(label__in=labels).values_list("label_id", "jid"))
    now, happened = set(before), []
    for label, jid, on in wanted:
        if ((label, jid) in now) != on:
            (now.add if on else now.remove)((label, jid))
            happened.append(events.chat_labelled(jid, labels[label], on=on))
            history.paired(jid, label, on=on)
    _store(now - before, before - now)
    return {"changed": len(happened), "tags": len(now)}, happened


def _changes(rows: Any) -> list[tuple[int, str, bool]]:
    if not isinstance(rows, list) or len(rows) > CHANGES or not all(isinstance(row, dict) for row in rows):
        raise Refusal(f"changes takes a list of up to {CHANGES} objects with chat, label and on.")
    living = set(Label.objects.values_list("id", flat=True))
    wanted = []
    for place, row in enumerate(rows):
        label, on = str(row.get("label")), row.get("on")
        if not label.isdecimal() or int(label) not in living:
            raise Refusal(f"Change {place}: there is no such label on the phone.")
        if not isinstance(on, bool):
            raise Refusal(f"Change {place}: on takes true or false.")
        wanted.append((int(label), handset.normal(row.get("chat")), on))
    jids = {jid for _label, jid, _on in wanted}
    if unknown := jids - _known(jids):
        raise Refusal(f"The phone knows no chat with {min(unknown)}.")
    return wanted


def _known(jids: set[str]) -> set[str]:
    found: set[str] = set()
    for some in slices(jids):
        found |= set(Chat.objects.filter(jid__in=some).values_list("jid", flat=True))
        found |= set(Lid.objects.filter(lid__in=some).values_list("lid", flat=True))
        found |= set(Lid.objects.filter(pn__in=some).values_list("pn", flat=True))
    return found


def _store(added: set[Pair], removed: set[Pair]) -> None:
    Assignment.objects.bulk_create([Assignment(label_id=label, jid=jid) for label, jid in added], batch_size=SLICE)
    for label in {label for label, _jid in removed}:
        for some in slices(jid for other, jid in removed if other == label):
            rows = Assignment.objects.filter(label=label, jid__in=some)
            rows._raw_delete(rows.db)


def slices(values: Iterable[T]) -> Iterator[list[T]]:
    whole_list = list(values)
    return (whole_list[start : start + SLICE] for start in range(0, len(whole_list), SLICE))


def world(body: Body, *, seed: int, chats: int, profile: str) -> Done:
    """A world made anew. Of its people, `lids` have a second chat under a hidden id that nobody can resolve yet."""
    store.fill(seed=seed, chats=chats, profile=profile)
    history.forget()
    twins = body.get("lids", 0)
    if not whole(0, chats)(twins):
        raise Refusal("lids takes a whole number, at most that of the chats.")
    made = _twins(twins)
    return {"chats": Chat.objects.count(), "seed": seed, "profile": profile, "twins": made}, []


def _twins(count: int) -> dict[str, str]:
    """lid -> number. The second chat carries the first one's labels, one of them, or none."""
    people = list(Chat.objects.filter(jid__endswith="@c.us").order_by("id")[:count])
    if len(people) < count:
        raise Refusal(f"lids takes at most {len(people)} in this world.")
    lids = {f"1097{place:011}@lid": chat for place, chat in enumerate(people)}
    for some in slices(chat.jid for chat in people):
        Lid.objects.filter(pn__in=some).delete()
    Chat.objects.bulk_create(
        [
            Chat(jid=lid, name=chat.name, pushname=chat.pushname, language=chat.language, last_at=chat.last_at)
            for lid, chat in lids.items()
        ],
        batch_size=SLICE,
    )
    Lid.objects.bulk_create([Lid(lid=lid) for lid in lids], batch_size=SLICE)
    labels: dict[str, list[int]] = {}
    for label, jid in Assignment.objects.order_by("label_id").values_list("label_id", "jid"):
        labels.setdefault(jid, []).append(label)
    Assignment.objects.bulk_create(
        [
            Assignment(jid=lid, label_id=label)
            for place, (lid, chat) in enumerate(lids.items())
            for label in labels.get(chat.jid, [])[: place % 3]
        ],
        batch_size=SLICE,
    )
    return {lid: chat.jid for lid, chat in lids.items()}


def learn_lids(body: Body) -> Done:
    """Mappings become known, or with null unknown again. No provider tells of that in an event."""
    pairs = body.get("map")
    if not isinstance(pairs, dict):
        raise Refusal("map takes an object: hidden id to number.")
    known = {handset.normal(lid): handset.normal(pn) if pn else "" for lid, pn in pairs.items()}
    if wrong := next((f"{lid}: {pn}" for lid, pn in known.items() if _no_mapping(lid, pn)), ""):
        raise Refusal(f"{wrong} maps no hidden id to a number.")
    for some in slices(known):
        Lid.objects.filter(lid__in=some).delete()
    Lid.objects.bulk_create([Lid(lid=lid, pn=pn) for lid, pn in known.items()], batch_size=SLICE)
    return {"mapped": len(known)}, []


def _no_mapping(lid: str, pn: str) -> bool:
    return kind_of(lid) != "lid" or bool(pn and kind_of(pn) != "person")


def switch_account(body: Body) -> Done:
    """The session comes back as another account, with `labels` (rows of id, name, color) or `world` (seed, chats) as its own.

    What the new account holds is told by no event: a full sync is silent.
    """
    if made := body.get("world"):
        if (
            not isinstance(made, dict)
            or not whole(0, 2**31)(made.get("seed"))
            or not whole(0, 50_000)(made.get("chats"))
        ):
            raise Refusal("world takes seed and chats (up to 50000).")
        store.fill(seed=made["seed"], chats=made["chats"], profile=store.account().profile)
    if "labels" in body:
        labels = [_label(row) for row in body["labels"]] if isinstance(body["labels"], list) else []
        store.everything(Assignment)
        store.everything(Label)
        Label.objects.bulk_create(labels)
    me = store.account()
    me.jid, me.name = handset.normal(body.get("jid")), str(body.get("name") or me.name)[:80]
    me.lid = handset.normal(body["lid"]) if body.get("lid") else ""
    me.save(update_fields=["jid", "lid", "name"])
    return {"me": me.jid, "lid": me.lid, "name": me.name}, store.set_status("WORKING")


def set_profile(engine: str) -> None:
    me = store.account()
    me.profile = engine
    me.save(update_fields=["profile"])


def reuse_labels(body: Body) -> Done:
    """Delete labels and make others under the same ids at once, each with its two events."""
    rows = body.get("labels")
    if not isinstance(rows, list) or not rows:
        raise Refusal("labels takes a list of objects with id, name and color.")
    wanted = [_label(row) for row in rows]
    happened: list[Event] = []
    for label in wanted:
        if old := Label.objects.filter(pk=label.pk).first():
            happened += store.delete_label(old)
        label.save(force_insert=True)
        history.named(label.pk, None)
        happened.append(events.label_upserted(label, new=True))
    return {"labels": [str(label.pk) for label in wanted]}, happened


def _label(row: Any) -> Label:
    wa_id = str(row.get("id")) if isinstance(row, dict) else ""
    if not wa_id.isdecimal() or len(wa_id) > 9:
        raise Refusal("A label takes id, name and color.")
    return Label(id=int(wa_id), name=handset.name_of(row.get("name")), color=handset.color_of(row.get("color", 0)))
