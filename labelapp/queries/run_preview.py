"""What a run would do, and when it would be through. Changes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from labelapp.models import ChatLabel, Receipt
from labelapp.models.reasons import Reason, sentence
from labelapp.queries.run_labels import Binding, Place, places
from labelapp.queries.run_pace import Load, finish_at


@dataclass
class Preview:
    """How many chats would change, are so already, and are left out, by stored reason."""

    changes: int = 0
    already: int = 0
    blocked: Counter[str] = field(default_factory=Counter)
    loads: dict[int, Load] = field(default_factory=dict)  # by number
    done_at: datetime | None = None  # when the last number would be through, None where nothing changes

    @property
    def total(self) -> int:
        return self.changes + self.already + self.blocked_total

    @property
    def blocked_total(self) -> int:
        return self.blocked.total()

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why chats are left out, as sentences in the active language, the most frequent first."""
        return [(sentence(stored), count) for stored, count in self.blocked.most_common()]

    @property
    def days(self) -> int:
        """On which day from today it would be through."""
        if self.done_at is None:
            return 0
        return (timezone.localtime(self.done_at).date() - timezone.localdate()).days


def preview(chunks: Iterable[Sequence[int]], bindings: dict[int, Binding]) -> Preview:
    """Look at all chats of a target. Three queries per chunk, and a few for the numbers."""
    found = Preview()
    for chunk in chunks:
        _look(found, places(chunk, bindings))
    numbers = [bindings[pk].number for pk in found.loads]
    found.done_at = finish_at(numbers, found.loads, timezone.now())
    return found


def _look(found: Preview, chunk: list[Place]) -> None:
    held = _held(chunk)
    for place in chunk:
        binding = place.binding
        if binding is None:
            found.blocked[Reason.HIDDEN()] += 1
        elif binding.blocked:
            found.blocked[binding.blocked] += 1
        else:
            _judge(found, place.chat, binding, held.get(place.chat, {}))


def _judge(found: Preview, chat: int, binding: Binding, held: dict[int, tuple[bool, str, int | None]]) -> None:
    load, asked = Load(), {label.pk for label, _on in binding.items}
    for label, on in binding.items:
        wanted, receipt, _group = held.get(label.pk, (False, "", None))
        if wanted == on and receipt != Receipt.FAILED:
            continue
        load.count(on)
        if on and label.group is not None and label.group.is_exclusive:
            for pk, (is_on, _receipt, group) in held.items():
                if is_on and group == label.group_id and pk not in asked:
                    load.count(False)
    if not load.changes:
        found.already += 1
        return
    found.changes += 1
    found.loads[binding.number.pk] = found.loads.get(binding.number.pk, Load()) + load


def _held(chunk: list[Place]) -> dict[int, dict[int, tuple[bool, str, int | None]]]:
    """Chat -> label -> whether it is wanted, its receipt, its group."""
    rows = ChatLabel.objects.filter(chat__in=[place.chat for place in chunk if place.binding])
    found: dict[int, dict[int, tuple[bool, str, int | None]]] = {}
    for chat, label, wanted, receipt, group in rows.values_list("chat", "label", "wanted", "receipt", "label__group"):
        found.setdefault(chat, {})[label] = wanted, receipt, group
    return found
