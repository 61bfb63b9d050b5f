"""Facts that rules, hooks and people act upon."""

from collections.abc import Sequence

from labelapp.models import Fact, Run, Source
from labelapp.models.reasons import Reason


def loud(facts: Sequence[Fact]) -> list[Fact]:
    """Without the changes of bulk runs that were begun without "fire rules and hooks". One query, none where no run has part."""
    runs = {pk for fact in facts if (pk := _run_of(fact))}
    if not runs:
        return list(facts)
    firing = set(Run.objects.filter(pk__in=runs, fires_rules=True).values_list("pk", flat=True))
    return [fact for fact in facts if _run_of(fact) in firing | {0}]


def _run_of(fact: Fact) -> int:
    """The run that changed a chat's label, 0 for any other fact. That a run has ended is always told."""
    code, _colon, words = fact.cause.partition(":")
    is_change = fact.source == Source.BULK and fact.chat_id is not None and code == Reason.RUN
    return int(words) if is_change and words.isdecimal() else 0
