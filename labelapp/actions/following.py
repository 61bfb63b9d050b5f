"""Writing down how far moves to a stage have come. Safe to repeat, and to cut off anywhere."""

from collections.abc import Callable, Collection, Iterator

from labelapp.actions.moves import follow, pairs_of
from labelapp.actions.transactions import patient
from labelapp.models import Chat, Instance, Move

TURN = 200  # moves looked at at once, and written in one transaction


def follow_moves(instance: Instance, stop: Callable[[], bool] = lambda: False) -> int:
    """Bring the moves of a number up to their pairs. Returns how many came further. Two queries for every 200 that stand still."""
    moved = 0
    for some in _in_turns(instance):
        pairs = pairs_of(some)
        further = [each.pk for each in some if follow(each, pairs)]
        if further:
            moved += _write(further)
        if stop():
            break
    return moved


def _in_turns(instance: Instance) -> Iterator[list[Move]]:
    last = 0
    going = Move.objects.going().filter(instance=instance).order_by("pk")
    while some := list(going.filter(pk__gt=last)[:TURN]):
        yield some
        last = some[-1].pk


@patient
def _write(pks: Collection[int]) -> int:
    """Look once more under the chats' locks: a person may have chosen another stage meanwhile."""
    list(Chat.objects.locked().filter(pk__in=Move.objects.filter(pk__in=pks).values("chat")))
    some = list(Move.objects.going().filter(pk__in=pks))
    pairs = pairs_of(some)
    further = [each for each in some if follow(each, pairs)]
    Move.objects.bulk_update(further, ["state", "reason", "linked_at", "pruned_at", "ended_at"])
    return len(further)
