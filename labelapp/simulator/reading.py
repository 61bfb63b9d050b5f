"""What reads of labels answer, for both dialects: as old as the engine or a switch wants it."""

from labelapp.simulator import history, store
from labelapp.simulator.models import Assignment, Chat, Label
from labelapp.simulator.runtime import here


def directory() -> list[Label]:
    now = list(Label.objects.order_by("id"))
    return history.directory(now, age) if (age := _age()) else now


def labels_of(jid: str) -> list[Label]:
    """No check that there is such a chat: it has no labels then."""
    now = store.labels_of([jid])[jid]
    if not (age := _age()):
        return now
    mine = history.labels_on(jid, [label.pk for label in now], age)
    return [label for label in directory() if label.pk in mine]


def chats_of(wa_id: str) -> list[str]:
    """The addresses that carry the label; an unknown label has an empty list."""
    label = int(wa_id) if wa_id.isdecimal() and len(wa_id) < 10 else -1
    jids = list(Assignment.objects.filter(label=label).order_by("id").values_list("jid", flat=True))
    if age := _age():
        jids = history.pairs_of(label, jids, age)
    return jids


def chats_among(jids: list[str]) -> dict[str, Chat]:
    found: dict[str, Chat] = {}
    for start in range(0, len(jids), 500):
        found |= {row.jid: row for row in Chat.objects.filter(jid__in=jids[start : start + 500])}
    return found


def _age() -> float:
    """Milliseconds."""
    runtime = here()
    told = runtime.faults.stale_reads_ms
    return float(runtime.profile.stale_ms if told is None else told)
