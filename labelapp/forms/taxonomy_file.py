"""A taxonomy as a file: read whole or not at all, each fault with its line."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import EllipsisType

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from labelapp.actions.groups import NAME_LENGTH as GROUP_LENGTH
from labelapp.forms.labels import NAME_LENGTH, check_label_name
from labelapp.forms.located import Located, read_located
from labelapp.forms.spans import read_span
from labelapp.forms.taxonomy_writing import VERSION
from labelapp.models import LabelGroup
from labelapp.models.labels import SLOTS
from labelapp.queries.taxonomies import GroupPlan, LabelPlan, Taxonomy

LONGEST = 100_000  # characters
DESCRIPTION_LENGTH = 200
TOLD = 20  # faults
PARTS = {"version", "title", "groups", "labels", "urgent"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and in which line, from 1."""

    line: int
    reason: str


class BadFile(Exception):
    """The file is not what it should be."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults[:TOLD]


def read_taxonomy(text: str) -> Taxonomy:
    """Raises BadFile with all that is wrong."""
    if len(text) > LONGEST:
        raise BadFile([Fault(1, _("The file is too large."))])
    try:
        found = read_located(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise BadFile([Fault(error.lineno, _("This is not JSON: %(reason)s") % {"reason": error.msg})]) from error
    except (ValueError, RecursionError) as error:
        raise BadFile([Fault(1, _("This is not JSON: %(reason)s") % {"reason": _("it can't be read")})]) from error
    if not isinstance(found, Located):
        raise BadFile([Fault(1, _("The file has to hold one object with “groups” and “labels”."))])
    return _Reader(found).read()


@dataclass
class _Reader:
    whole: Located
    faults: list[Fault] = field(default_factory=list)

    def read(self) -> Taxonomy:
        whole = self.whole
        if whole.get("version") != VERSION:
            self._say(whole.line, _("“version” has to be %(n)s.") % {"n": VERSION})
        for key in sorted(set(whole) - PARTS):
            self._say(self._line(key), _("“%(field)s” means nothing here.") % {"field": key})
        rows = list(self._rows(whole, "groups"))
        groups = [self._group(row) for row in rows]
        self._once(rows, [group.name for group in groups if group])
        homes = {group.name.casefold(): group for group in groups if group}
        rows = list(self._rows(whole, "labels"))
        labels = [self._label(row, homes) for row in rows]
        self._once(rows, [label.name for label in labels if label])
        self._taken_off(rows, labels)
        if len(labels) > SLOTS:
            self._say(self._line("labels"), _("WhatsApp allows %(n)s labels.") % {"n": SLOTS})
        urgent = self._urgent(whole, {label.name for label in labels if label})
        title = whole.get("title", "")
        if self.faults:
            raise BadFile(self.faults)
        plans = tuple(label for label in labels if label)
        return Taxonomy(
            tuple(group for group in groups if group), plans, urgent, title if isinstance(title, str) else ""
        )

    def _say(self, line: int, reason: str) -> None:
        self.faults.append(Fault(line, reason))

    def _line(self, key: str) -> int:
        """Of a field of the whole."""
        return self.whole.lines.get(key, self.whole.line)

    def _rows(self, whole: Located, key: str) -> Iterator[Located]:
        rows = whole.get(key, [])
        if not isinstance(rows, list):
            self._say(self._line(key), _("“%(field)s” has to be a list.") % {"field": key})
            return
        for row in rows:
            if isinstance(row, Located):
                yield row
            else:
                self._say(self._line(key), _("“%(field)s” has to be a list of objects.") % {"field": key})

    def _once(self, rows: Iterable[Located], names: Iterable[str]) -> None:
        lines = {str(row.get("name")): row.line for row in rows}
        seen: set[str] = set()
        for name in names:
            if name.casefold() in seen:
                self._say(lines.get(name, 1), _("“%(name)s” is there twice.") % {"name": name})
            seen.add(name.casefold())

    def _text(self, row: Located, key: str, longest: int, check: Callable[[str], None] = lambda text: None) -> str:
        value = row.get(key, "")
        if not isinstance(value, str):
            self._say(row.line, _("“%(field)s” has to be text.") % {"field": key})
            return ""
        value = value.strip()
        if len(value) > longest:
            self._say(row.line, _("“%(field)s” has more than %(n)s characters.") % {"field": key, "n": longest})
        elif any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in value):
            self._say(row.line, _("“%(field)s” holds control characters.") % {"field": key})
        else:
            try:
                check(value)
            except ValidationError as error:
                self._say(row.line, " ".join(error.messages))
        return value

    def _fields(self, row: Located, known: set[str]) -> None:
        for key in sorted(set(row) - known):
            self._say(row.line, _("“%(field)s” means nothing here.") % {"field": key})

    def _choice(self, row: Located, key: str, values: list[str], default: str) -> str:
        value = row.get(key, default)
        if value not in values:
            allowed = ", ".join(values)
            self._say(row.line, _("“%(field)s” has to be one of: %(values)s.") % {"field": key, "values": allowed})
        return str(value)

    def _group(self, row: Located) -> GroupPlan | None:
        self._fields(row, {"name", "kind", "conflict_policy"})
        before = len(self.faults)
        kinds, policies = LabelGroup.Kind, LabelGroup.ConflictPolicy
        plan = GroupPlan(
            self._text(row, "name", GROUP_LENGTH, check_label_name),
            self._choice(row, "kind", kinds.values, kinds.FREE),
            self._choice(row, "conflict_policy", policies.values, policies.ASK),
        )
        return plan if len(self.faults) == before else None

    def _label(self, row: Located, groups: dict[str, GroupPlan]) -> LabelPlan | None:
        self._fields(row, {"name", "color", "group", "description", "stuck_after", "takes_off"})
        before, color = len(self.faults), row.get("color")
        if color is not None and (isinstance(color, bool) or not isinstance(color, int) or color not in range(20)):
            self._say(row.line, _("“color” has to be a number from 0 to 19."))
        group = self._text(row, "group", GROUP_LENGTH)
        home = groups.get(group.casefold())
        if group and home is None:
            self._say(row.line, _("There is no group “%(name)s” in the file.") % {"name": group})
        plan = LabelPlan(
            self._text(row, "name", NAME_LENGTH, check_label_name),
            color,
            home.name if home else "",
            self._text(row, "description", DESCRIPTION_LENGTH),
            self._span(row, home),
            self._names(row, home),
        )
        return plan if len(self.faults) == before else None

    def _span(self, row: Located, home: GroupPlan | None) -> timedelta | EllipsisType | None:
        """After how long a chat is stuck in the stage; ... where the file does not say."""
        value = row.get("stuck_after")
        if value is None:
            return ...
        try:
            span = read_span(value) if isinstance(value, str) else timedelta()
        except ValidationError:
            span = timedelta()
        if span == timedelta():
            self._say(row.line, _("“%(field)s” has to be 12h, 3d or 2w, or empty.") % {"field": "stuck_after"})
        elif span is not None and (home is None or home.kind != LabelGroup.Kind.FUNNEL):
            self._say(row.line, _("“%(field)s” is for stages of a funnel only.") % {"field": "stuck_after"})
        return span if home is not None and home.kind == LabelGroup.Kind.FUNNEL else ...

    def _names(self, row: Located, home: GroupPlan | None) -> tuple[str, ...] | None:
        """The labels that come off for a stage, as they are written; None where the file does not say."""
        value = row.get("takes_off")
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self._say(row.line, _("“%(field)s” has to be a list of names.") % {"field": "takes_off"})
            return None
        is_stage = home is not None and home.kind != LabelGroup.Kind.FREE
        if value and not is_stage:
            self._say(
                row.line,
                _("“%(field)s” is for labels of a funnel or an exclusive group only.") % {"field": "takes_off"},
            )
        return tuple(value) if is_stage else None

    def _taken_off(self, rows: Iterable[Located], labels: Sequence[LabelPlan | None]) -> None:
        """Once all labels are read. Where some could not be, nobody knows which names there are."""
        if None in labels:
            return
        homes = {label.name: label.group for label in labels if label}
        for row, label in zip(rows, labels, strict=True):
            names = (label.takes_off if label else None) or ()
            for name in names:
                if name not in homes:
                    self._say(row.line, _("There is no label “%(name)s” in the file.") % {"name": name})
                elif label and homes[name] == label.group:
                    self._say(row.line, _("“%(name)s” comes off by itself: it is of the same group.") % {"name": name})
            if len(set(names)) < len(names):
                self._say(row.line, _("A label is named twice in “%(field)s”.") % {"field": "takes_off"})

    def _urgent(self, whole: Located, names: set[str]) -> tuple[str, ...]:
        urgent = whole.get("urgent", [])
        if not isinstance(urgent, list) or not all(isinstance(name, str) for name in urgent):
            self._say(self._line("urgent"), _("“%(field)s” has to be a list of names.") % {"field": "urgent"})
            return ()
        if not self.faults:
            for name in urgent:
                if name not in names:
                    self._say(self._line("urgent"), _("There is no label “%(name)s” in the file.") % {"name": name})
            if len(set(urgent)) < len(urgent):
                self._say(self._line("urgent"), _("A label is in the order by urgency twice."))
        return tuple(urgent)
