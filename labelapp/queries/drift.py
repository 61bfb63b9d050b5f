"""What differs between a number and WhatsApp and nobody can settle alone, as the drift page shows it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count

from labelapp.models import Finding, Instance
from labelapp.queries.clashes import clash_rows, known_clashes
from labelapp.queries.differences import (
    FINDING,
    MOST,
    WISH,
    Ref,
    Row,
    Section,
    failed_wishes,
    open_findings,
    pair_seen,
    unknown_labels,
)
from labelapp.queries.directory import Directory
from labelapp.queries.drift_findings import doubt_row, doubts, finding_row, findings
from labelapp.queries.drift_ignored import ignored_section
from labelapp.queries.drift_labels import LabelLine, label_lines, unknown_rows
from labelapp.queries.drift_wishes import count_wishes, name_makers, wish_rows, wishes

SHOWN = 20  # rows of a section before somebody asks for all of them
SIZES = {"": 0, "some": SHOWN, "all": MOST}  # rows of what was left as it is
HERE, PHONE, DIFFERS = "here", "phone", "differs"


@dataclass(slots=True)
class Drift:
    """All of a number's differences, or those of one label."""

    sections: list[Section]
    notes: list[Row]  # what concerns a whole label or the number
    labels: list[LabelLine]
    ignored: Section  # what somebody left as it is; without rows until they are asked for

    @property
    def total(self) -> int:
        return len(self.notes) + sum(section.total for section in self.sections)


def drift(
    number: Instance, directory: Directory, *, label: int | None = None, opened: str = "", ignored: str = ""
) -> Drift:
    """The page of a number. Thirteen queries, however many rows; twenty with what was left.

    `opened` is the section that is shown as far as MOST. `ignored`: "" counts what was left, "some" shows the newest, "all" MOST.
    """
    everything = findings(number, None)
    found = [one for one in everything if label in (None, one.label_id)]
    doubtful = doubts(found)
    here = Section(HERE, wish_rows(number, directory, True, label, _size(opened, HERE)), 0)
    phone = Section(PHONE, wish_rows(number, directory, False, label, _size(opened, PHONE)), 0)
    given_up = count_wishes(number)
    here.can_all = sum(n for (pk, on), n in given_up.items() if on and label in (None, pk)) + len(doubtful)
    phone.can_all = sum(n for (pk, on), n in given_up.items() if not on and label in (None, pk))
    unknown = unknown_rows(unknown_labels([number]), directory, label)
    clashes, left_clashes = clash_rows(number, directory, label)
    differs = clashes + [finding_row(one, directory) for one in found if one.kind == Finding.Kind.IDENTITY]
    here.rows += [doubt_row(one, pair, directory) for one, pair in doubtful]
    phone.rows += unknown
    here.total, phone.total = here.can_all, phone.can_all + len(unknown)
    sections = [here, phone, Section(DIFFERS, differs, len(differs), can_rule=sum(row.is_ruled for row in clashes))]
    for section in sections:
        section.rows = sorted(section.rows, key=lambda row: row.at, reverse=True)[: _size(opened, section.name)]
    name_makers([row for section in sections for row in section.rows])
    notes = [finding_row(one, directory) for one in found if one.chat_id is None]
    shown = [section for section in sections if section.total]
    left = ignored_section(number, directory, label, left_clashes, SIZES[ignored])
    return Drift(shown, notes, label_lines(number, directory, given_up, everything), left)


def refs_of(number: Instance, section: str, label: int | None = None) -> list[Ref]:
    """The rows of a section that can be pushed and pulled, the newest MOST. Three queries."""
    given_up = wishes(number, section == HERE, label)[:MOST]
    found = [Ref(WISH, pair.pk, seen=pair_seen(pair)) for pair in given_up]
    if section == HERE:
        found += [Ref(FINDING, one.pk, seen=pair_seen(pair)) for one, pair in doubts(findings(number, label))]
    return found[:MOST]


def ruled_refs(number: Instance, directory: Directory, label: int | None = None) -> list[Ref]:
    """The clashes that the rules of their groups can settle. Four queries."""
    waiting, _left = clash_rows(number, directory, label)
    return [row.ref for row in waiting if row.is_ruled][:MOST]


def digest(refs: Iterable[Ref]) -> str:
    """What a person saw of many rows at once."""
    return hashlib.sha256(" ".join(map(str, refs)).encode()).hexdigest()[:24]


def counts(numbers: Sequence[Instance]) -> dict[int, int]:
    """How many differences each number has, for a pip. One query; clashes as they were when a page of theirs was last looked at."""
    pks = list(numbers)
    parts = [
        failed_wishes(pks).order_by().values_list("label__instance").annotate(n=Count("pk")),
        open_findings(pks).order_by().values_list("instance").annotate(n=Count("pk")),
        unknown_labels(pks).order_by().values_list("instance").annotate(n=Count("pk")),
        known_clashes(pks),
    ]
    found: dict[int, int] = {}
    for pk, n in parts[0].union(*parts[1:], all=True):
        found[pk] = found.get(pk, 0) + n
    return found


def _size(opened: str, section: str) -> int:
    return MOST if opened == section else SHOWN
