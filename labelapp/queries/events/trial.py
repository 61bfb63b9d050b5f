"""What an event would do to a chat, looked up and not done."""

from dataclasses import dataclass, field

from labelapp.models import Chat, EventMapping, Instance, Rule, StagePrune
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.events.listing import Line, lines
from labelapp.queries.rules.specs import Wrong, spec_of
from labelapp.queries.rules.world import held_labels


@dataclass(frozen=True, slots=True)
class Step:
    """A label that would come on or off. is_so: it is so already; because: the stage that takes it off."""

    tag: Tag
    on: bool
    is_so: bool = False
    because: Tag | None = None


@dataclass(slots=True)
class Trial:
    """What an event of a type would do. chat: None where no chat has the phone number. rules: those that hear it."""

    type: str
    chat: Chat | None
    phone: str = ""
    steps: list[Step] = field(default_factory=list)
    paused: list[Line] = field(default_factory=list)
    is_mapped: bool = False
    rules: list[Rule] = field(default_factory=list)


def foresee(number: Instance, directory: Directory, type: str, chat: Chat | None, phone: str = "") -> Trial:
    """By the number's mappings and the labels that the chat carries now. Four queries, and one for each stage."""
    trial = Trial(type, chat, phone, rules=_hearing(number, type))
    meant = [line for line in lines(number, directory) if line.mapping.is_on and line.mapping.type == type]
    trial.paused = [line for line in meant if line.dead]
    trial.is_mapped = bool(meant)
    held = set(held_labels({chat.pk})[chat.pk]) if chat else set()
    for line in meant:
        if not line.dead:
            trial.steps += _steps(line.mapping, directory, held)
    return trial


def _hearing(number: Instance, type: str) -> list[Rule]:
    found = []
    for rule in Rule.objects.filter(instance=number, is_on=True, trigger=Rule.Trigger.EVENT):
        try:
            asked = spec_of(rule).trigger.event
        except Wrong:
            continue
        if asked in ("", type):
            found.append(rule)
    return found


def _steps(mapping: EventMapping, directory: Directory, held: set[int]) -> list[Step]:
    """What one mapping does to a chat that carries these labels, which become those that it carries after."""
    steps: list[Step] = []
    for pk in mapping.puts_on:
        steps.append(Step(directory.tags[pk], True, pk in held))
        for off in sorted(_giving_way(pk, directory, held)):
            steps.append(Step(directory.tags[off], False, because=directory.tags[pk]))
            held.discard(off)
        held.add(pk)
    for pk in mapping.removes:
        steps.append(Step(directory.tags[pk], False, pk not in held))
        held.discard(pk)
    return steps


def _giving_way(pk: int, directory: Directory, held: set[int]) -> set[int]:
    """The others of its group; and, where it comes anew or takes the place of one, what the stage makes redundant."""
    group = directory.groups.get(pk)
    if group is None:
        return set()
    rivals = {other for other in held - {pk} if directory.groups.get(other) == group}
    if pk in held and not rivals:
        return set()
    redundant = StagePrune.objects.filter(stage=pk, label__deleted_at=None).values_list("label", flat=True)
    return rivals | (set(redundant) & held - {pk})
