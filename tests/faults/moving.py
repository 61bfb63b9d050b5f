"""A desk of `tests.faults.workers` that moves chats to stages and tells at which step each of them stands."""

from collections import Counter

import django

django.setup()

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.identity import addresses_of  # noqa: E402
from labelapp.actions.moves import pairs_of  # noqa: E402
from labelapp.actions.prunes import set_redundant  # noqa: E402
from labelapp.actions.tagging import move_to_stage, set_label  # noqa: E402
from labelapp.models import Chat, ChatLabel, Instance, Label, Move, Receipt, User  # noqa: E402
from labelapp.models.reasons import Reason  # noqa: E402
from tests.faults.workers import answer_orders  # noqa: E402

chosen: list[Chat] = []


def labels() -> dict[str, Label]:
    return {label.name: label for label in Label.objects.living().filter(instance__slug="demo")}


def prepare(count: int, redundant: dict[str, str]) -> dict[int, list[str]]:
    """Choose `count` chats that are at a stage. `redundant`: what each stage is to take off them; they get all of that. Their
    addresses."""
    known, admin = labels(), Actor.of(User.objects.get(username="admin"))
    Instance.objects.filter(slug="demo").update(pace=500)
    for stage, label in redundant.items():
        set_redundant(admin, known[stage], [known[label]])
    staged = ChatLabel.objects.filter(wanted=True, label__group__kind="funnel", label__instance__slug="demo")
    chosen[:] = Chat.objects.filter(pk__in=staged.values("chat")).order_by("pk")[:count]
    for chat in chosen:
        for label in redundant.values():
            set_label(admin, chat, known[label], on=True)
    return addresses_of(chosen)


def begin(name: str, pace: float) -> list[int]:
    """All chosen chats to a stage. Those that were not there or on their way there already."""
    Instance.objects.filter(slug="demo").update(pace=pace)
    goal, agent = labels()[name], Actor.of(User.objects.get(username="agent"))
    there = set(ChatLabel.objects.filter(label=goal, wanted=True).values_list("chat", flat=True))
    moved = [chat for chat in chosen if chat.pk not in there]
    for chat in moved:
        move_to_stage(agent, chat, goal)
    return [chat.pk for chat in moved]


def where(move: Move, pairs: dict[tuple[int, int], ChatLabel]) -> list[str]:
    """What would have come next; what comes off does so in any order."""
    new = pairs[move.chat_id, move.label_id]
    if new.is_open:
        return [way("link", new)]
    coming_off = {"prune": move.former, "redundant": move.redundant}
    found = [(what, pairs.get((move.chat_id, pk))) for what, keys in coming_off.items() for pk in keys]
    return [way(what, pair) for what, pair in found if pair and pair.is_open] or ["written"]


def way(what: str, pair: ChatLabel) -> str:
    """How far the open wish of a pair has come."""
    if pair.receipt == Receipt.SENT:
        return f"{what} sent"
    return f"{what} called" if pair.in_flight else f"{what} wished"


def steps() -> dict[str, int]:
    """At which step the moves stand that are going."""
    moves = list(Move.objects.going())
    pairs = pairs_of(moves)
    return dict(Counter(step for move in moves for step in where(move, pairs)))


def waiting() -> int:
    """Wishes that nothing has confirmed."""
    return ChatLabel.objects.open().count()


def report() -> dict[str, object]:
    """`held`: what each chosen chat wants, by WhatsApp's ids. `odd`: moves that failed for another reason than a younger one."""
    odd = Move.objects.filter(state=Move.State.FAILED).exclude(reason=Reason.PASSED())
    held: dict[int, list[str]] = {chat.pk: [] for chat in chosen}
    for chat, wa_id in ChatLabel.objects.filter(chat__in=held, wanted=True).values_list("chat", "label__wa_id"):
        held[chat].append(wa_id)
    return {
        "going": Move.objects.going().count(),
        "open": waiting(),
        "odd": list(odd.values_list("reason", flat=True)[:5]),
        "held": held,
    }


if __name__ == "__main__":
    answer_orders({"prepare": prepare, "begin": begin, "steps": steps, "waiting": waiting, "report": report})
