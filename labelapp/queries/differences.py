"""What nobody can settle alone, as rows that a form can name: which row is meant, and what the person saw of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from labelapp.models import Chat, ChatLabel, Finding, Instance, Label, LabelGroup, LedgerEntry, Receipt
from labelapp.models.fields import NEVER
from labelapp.queries.directory import Tag
from labelapp.queries.states import UNSETTLED

WISH, FINDING, UNKNOWN, CLASH = "w", "f", "l", "c"
REF = re.compile(r"([wflc])([0-9]{1,18})(?:\.([0-9]{1,18}))?:([a-z0-9._-]{1,600})")
MOST = 500  # rows that are looked at, or acted on, at once
# somebody left it as it is, and nobody has wished or taken over anything since
IS_LEFT = Q(ignored_at__isnull=False, ignored_at__gte=F("wanted_at"))


@dataclass(frozen=True, slots=True)
class Ref:
    """A row of the page: a failed wish (its pair), a finding, an unknown label, or a clash (a chat and a group).

    `seen` is what the row said when it was shown. Differs it from now, something has changed meanwhile.
    """

    kind: str
    pk: int
    group: int = 0
    seen: str = ""

    def __str__(self) -> str:
        return f"{self.key}:{self.seen}"

    @property
    def key(self) -> str:
        """The same for the same row, whatever it says."""
        return f"{self.kind}{self.pk}.{self.group}" if self.group else f"{self.kind}{self.pk}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError for what names no row."""
        found = REF.fullmatch(text)
        if found is None:
            raise ValueError(text[:80])
        return cls(found[1], int(found[2]), int(found[3] or 0), found[4])


@dataclass(slots=True)
class Row:
    """A line of the page. `kind`: wish, removal, unknown, clash, or what a finding is called."""

    kind: str
    ref: Ref
    at: datetime
    chat: Chat | None = None
    tags: list[Tag] = field(default_factory=list)  # of a clash: what the group's rule would keep comes first
    pair: ChatLabel | None = None
    finding: Finding | None = None
    who: str = ""  # the person who wished, "" where no person did
    source: str = ""
    chats: list[Chat] = field(default_factory=list)  # a few that carry an unknown label
    count: int = 0
    policy: str = ""
    came: dict[int, LedgerEntry] = field(default_factory=dict)  # of a clash: who put each label on, by the label's key

    @property
    def tag(self) -> Tag:
        return self.tags[0]

    @property
    def both_ways(self) -> bool:
        """Whether it can be pushed and pulled, and so be chosen with others."""
        return self.kind in ("wish", "removal") and not self.tag.dead

    @property
    def is_ruled(self) -> bool:
        """Whether it is a clash in a group that says by itself which label stays."""
        return self.kind == "clash" and self.policy not in ("", LabelGroup.ConflictPolicy.ASK)

    @property
    def is_about_many(self) -> bool:
        """Whether it is a finding about assignments that can be decided about all at once."""
        return self.finding is not None and is_about_many(self.finding)


@dataclass(slots=True)
class Section:
    """Rows of one kind of difference, the newest first, and how many there are in all."""

    name: str
    rows: list[Row]
    total: int
    can_all: int = 0  # how many of them can be pushed or pulled
    can_rule: int = 0  # how many a group's rule can settle

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def pair_seen(pair: ChatLabel) -> str:
    """What a row says of a pair: its receipt, what is wanted and what was seen, and when it was wished."""
    remote = "n" if pair.remote is None else int(pair.remote)
    return f"{pair.receipt}.{int(pair.wanted)}.{remote}.{(pair.wanted_at - NEVER) // timedelta(microseconds=1)}"


def clash_seen(pairs: Iterable[ChatLabel]) -> str:
    """What a row says of the labels of one group that a chat holds all at once."""
    return "_".join(f"{pair.label_id}-{pair_seen(pair)}" for pair in sorted(pairs, key=lambda pair: pair.label_id))


def finding_seen(finding: Finding, pair: ChatLabel | None) -> str:
    """What a row says of a finding: of one assignment that assignment, else how many it is about."""
    return pair_seen(pair) if pair else f"n{finding.count}"


def left_seen(seen: str, at: datetime) -> str:
    """What a row says that somebody left as it is at `at`: left once more, it is another row."""
    return f"{(at - NEVER) // timedelta(microseconds=1)}.{seen}"


def left(row: Row, at: datetime) -> Row:
    """The row as one that was left as it is then."""
    return replace(row, ref=replace(row.ref, seen=left_seen(row.ref.seen, at)), at=at)


def is_about_many(finding: Finding) -> bool:
    """Whether it names assignments by their label or their number."""
    return finding.kind == Finding.Kind.GUARD or (finding.chat_id is None and finding.label_id is not None)


def failed_wishes(instances: Iterable[Instance]) -> QuerySet[ChatLabel]:
    """Wishes that were given up and that nobody left as they are."""
    return (
        ChatLabel.objects.filter(receipt__in=UNSETTLED, label__instance__in=instances)
        .filter(receipt=Receipt.FAILED)
        .exclude(IS_LEFT)
    )


def open_findings(instances: Iterable[Instance]) -> QuerySet[Finding]:
    """Findings that wait for somebody, of labels that live."""
    return Finding.objects.unsettled().filter(instance__in=instances, label__deleted_at=None)


def unknown_labels(instances: Iterable[Instance]) -> QuerySet[Label]:
    """Ids that WhatsApp used and the directory does not show. One that was left so comes back when another chat carries it."""
    newer = carrying(OuterRef("pk")).filter(wanted_at__gt=OuterRef("ignored_at"))
    ghosts = Label.objects.living().filter(instance__in=instances, known_at=None)
    return ghosts.filter(Q(ignored_at=None) | Exists(newer))


def carrying(label: Any) -> QuerySet[ChatLabel]:
    """The assignments of a label that are on, here or in WhatsApp."""
    return ChatLabel.objects.filter(Q(wanted=True) | Q(remote=True), label=label)
