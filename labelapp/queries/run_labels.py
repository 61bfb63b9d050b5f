"""The labels of a run, bound by name to each number, and what that means for chats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from labelapp.models import Chat, Instance, Label, MergedChat
from labelapp.models.reasons import Reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """The names of the labels to put on and to take off."""

    adds: tuple[str, ...] = ()
    removes: tuple[str, ...] = ()


@dataclass(slots=True)
class Binding:
    """The same on one number: its own labels, or why its chats are left out (as stored by `Reason`)."""

    number: Instance
    adds: list[Label] = field(default_factory=list)
    removes: list[Label] = field(default_factory=list)
    blocked: str = ""

    @property
    def items(self) -> list[tuple[Label, bool]]:
        return [(label, True) for label in self.adds] + [(label, False) for label in self.removes]


@dataclass(frozen=True, slots=True)
class Place:
    """A chat of a target, and the binding of its number; None for one that the person may not see."""

    chat: int
    binding: Binding | None


def bind(numbers: Iterable[Instance], wanted: Wanted) -> dict[int, Binding]:
    """Number -> its labels of these names. A label to put on that a number lacks blocks its chats: half a change is none.

    One to take off that it lacks is off already. Two queries.
    """
    found = {number.pk: Binding(number) for number in numbers}
    names = {*wanted.adds, *wanted.removes}
    labels = Label.objects.filter(instance__in=found, name__in=names, known_at__isnull=False).select_related("group")
    living: dict[tuple[int, str], Label] = {}
    dead: set[tuple[int, str]] = set()
    for label in labels.order_by("position", "pk"):
        if label.deleted_at is None:
            living.setdefault((label.instance_id, label.name), label)
        else:
            dead.add((label.instance_id, label.name))
    for pk, binding in found.items():
        binding.adds = [living[pk, name] for name in wanted.adds if (pk, name) in living]
        binding.removes = [living[pk, name] for name in wanted.removes if (pk, name) in living]
        missing = next((name for name in wanted.adds if (pk, name) not in living), None)
        if missing is not None:
            binding.blocked = Reason.DELETED() if (pk, missing) in dead else Reason.MISSING(missing)
    return found


def places(pks: Sequence[int], bindings: dict[int, Binding]) -> list[Place]:
    """The chats behind these keys, in their order, each once. One that was joined to another leads to that one. Two queries."""
    homes = dict(Chat.objects.filter(pk__in=pks).values_list("pk", "instance_id"))
    gone = [pk for pk in pks if pk not in homes]
    joined = dict(MergedChat.objects.filter(old__in=gone).values_list("old", "chat_id")) if gone else {}
    if joined:
        homes |= dict(Chat.objects.filter(pk__in=joined.values()).values_list("pk", "instance_id"))
    kept = dict.fromkeys(joined.get(pk, pk) for pk in pks)
    return [Place(pk, bindings.get(homes[pk])) for pk in kept if pk in homes]
