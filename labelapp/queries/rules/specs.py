"""What a rule waits for, asks and does: its JSON as values that hold only what makes sense."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from django.utils.translation import gettext_lazy as _

from labelapp.models.events import is_type
from labelapp.models.rules import Rule
from labelapp.queries.language.saved import Saved, label_pks
from labelapp.queries.rules.words import BadPattern, Mode, TextTest, pattern_of, pieces

Kind = Rule.Trigger
SPOKEN = (Kind.MESSAGE_IN, Kind.MESSAGE_OUT, Kind.UNANSWERED)  # there is a text to look at
ENTRIES, LENGTH, PATTERN = 200, 200, 500
SHORTEST, LONGEST = 60, 366 * 86_400  # seconds that a rule may wait
NOBODY = "nobody"
JSON = Mapping[str, Any]


class Wrong(ValueError):
    """A part of a rule that makes no sense, with the field of the form that it is about ("" for the whole)."""

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@dataclass(frozen=True, slots=True)
class Trigger:
    """labels: one of these was put on or taken off, or has been on (empty: any); source: by which way a message went out;
    seconds: for how long it has been so; event: the type of a business event (empty: any)."""

    kind: str
    labels: frozenset[int] = frozenset()
    source: str = ""
    seconds: int = 0
    event: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """Times of the day on these days of the week (Monday is 0), or all others. May go over midnight: the day is that of its begin."""

    start: time
    end: time
    days: frozenset[int]
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Conditions:
    """What has to be so, all of it. has: one of these labels was on the chat already; lacks: none of these."""

    text: TextTest | None = None
    has: frozenset[int] = frozenset()
    lacks: frozenset[int] = frozenset()
    chat: str = ""  # "person" or "group"
    hours: Hours | None = None
    first: bool = False
    query: Saved = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Doings:
    """What is done. assign: a person's key, NOBODY, or None to leave it; notify: people who are told, `urgent` or not; hook: the key of
    an outgoing hook that is called; ask: that of one whose receiver classifies the text, and may put on the labels `answers`; lasts:
    seconds after which the labels of `add` come off again (0: they stay)."""

    add: tuple[int, ...] = ()
    remove: tuple[int, ...] = ()
    stage: int | None = None
    assign: int | str | None = None
    notify: tuple[int, ...] = ()
    urgent: bool = False
    hook: int | None = None
    ask: int | None = None
    answers: tuple[int, ...] = ()
    lasts: int = 0

    @property
    def puts_on(self) -> tuple[int, ...]:
        return (*self.add, *((self.stage,) if self.stage else ()))

    @property
    def tells(self) -> bool:
        """Whether anybody is told, called or asked."""
        return bool(self.notify or self.hook or self.ask)


@dataclass(frozen=True, slots=True)
class Spec:
    """A whole rule, apart from its name and its limits."""

    trigger: Trigger
    conditions: Conditions
    doings: Doings

    @property
    def labels(self) -> set[int]:
        """All labels that it names."""
        asked = self.conditions
        named = {*self.trigger.labels, *asked.has, *asked.lacks, *self.doings.puts_on, *self.doings.remove}
        return named | set(self.doings.answers) | label_pks(asked.query)


def spec_of(rule: Rule) -> Spec:
    """Raises Wrong."""
    return read_spec(rule.trigger, rule.trigger_data, rule.conditions, rule.actions)


def read_spec(kind: str, about: JSON, conditions: JSON, actions: JSON) -> Spec:
    """Raises Wrong for what makes no sense."""
    spec = Spec(_trigger(kind, about), _conditions(conditions), _doings(actions))
    if spec.conditions.text and kind not in SPOKEN:
        raise Wrong(
            "words", _("Words can be looked for in messages only: choose another “when”, or leave the words empty.")
        )
    if spec.doings.ask and kind not in SPOKEN:
        raise Wrong("ask", _("Only a message can be classified: choose another “when”, or no classifier."))
    if spec.conditions.first and kind != Kind.MESSAGE_IN:
        raise Wrong("first", _("Only a message from the customer can be the first one."))
    return spec


def _trigger(kind: str, about: JSON) -> Trigger:
    if kind not in Kind.values:
        raise Wrong("trigger", _("Choose when the rule looks at a chat."))
    labels, source, seconds = _pks(about.get("labels"), "labels"), about.get("source") or "", about.get("seconds") or 0
    if source not in ("", "app", "api"):
        raise Wrong("source", _("A message goes out by the app or by the API."))
    if kind in (Kind.LABEL_FOR, Kind.STAGE_ENTERED, Kind.STAGE_FOR) and not labels:
        raise Wrong("labels", _("Choose the label."))
    if kind in Rule.TIMED and not (isinstance(seconds, int) and SHORTEST <= seconds <= LONGEST):
        raise Wrong("wait", _("Say how long: from a minute to a year."))
    is_about_labels = kind in Rule.ABOUT_LABELS
    return Trigger(
        kind,
        frozenset(labels) if is_about_labels else frozenset(),
        source if kind == Kind.MESSAGE_OUT else "",
        seconds if kind in Rule.TIMED else 0,
        _event(about.get("event") or "") if kind == Kind.EVENT else "",
    )


def _event(type: Any) -> str:
    if type and not (isinstance(type, str) and is_type(type)):
        raise Wrong("event", _("A type has at most 80 letters, digits and signs of . _ : / -, as payment.succeeded."))
    return str(type)


def _conditions(asked: JSON) -> Conditions:
    chat = asked.get("chat") or ""
    if chat not in ("", "person", "group"):
        raise Wrong("chat", _("A chat is with a person or a group."))
    query = asked.get("query") or []
    if not isinstance(query, list):
        raise Wrong("query", _("This is no query."))
    return Conditions(
        text=_text(asked["text"]) if asked.get("text") else None,
        has=frozenset(_pks(asked.get("has"), "has")),
        lacks=frozenset(_pks(asked.get("lacks"), "lacks")),
        chat=chat,
        hours=_hours(asked["hours"]) if asked.get("hours") else None,
        first=bool(asked.get("first")),
        query=query,
    )


def _text(asked: JSON) -> TextTest:
    mode, entries = asked.get("mode"), asked.get("entries")
    if mode not in Mode.values:
        raise Wrong("mode", _("Choose how the words are compared."))
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, str) for entry in entries):
        raise Wrong("words", _("Write the words to look for."))
    if mode == Mode.REGEX:
        if len(entries) != 1 or len(entries[0]) > PATTERN:
            raise Wrong("words", _("An expression has at most %(n)s characters.") % {"n": PATTERN})
        try:
            pattern_of(entries[0])
        except BadPattern as error:
            raise Wrong("words", str(error)) from error
    elif len(entries) > ENTRIES or any(len(entry) > LENGTH for entry in entries):
        raise Wrong("words", _("At most %(n)s entries of %(length)s characters.") % {"n": ENTRIES, "length": LENGTH})
    elif empty := next((entry for entry in entries if not pieces(entry)), None):
        raise Wrong("words", _("“%(word)s” holds no letter or digit to look for.") % {"word": empty})
    return TextTest(Mode(mode), tuple(entries))


def _hours(asked: JSON) -> Hours:
    try:
        start, end = time.fromisoformat(asked["from"]), time.fromisoformat(asked["until"])
        days = frozenset(asked.get("days") or range(7))
    except (KeyError, TypeError, ValueError) as error:
        raise Wrong("hours_from", _("Give both times, as 09:00.")) from error
    if not days <= set(range(7)):
        raise Wrong("days", _("A week has seven days."))
    if start == end:
        raise Wrong("hours_until", _("The two times are the same."))
    return Hours(start, end, days, bool(asked.get("outside")))


def _doings(asked: JSON) -> Doings:
    add, remove = _pks(asked.get("add"), "add"), _pks(asked.get("remove"), "remove")
    stage, assign = asked.get("stage") or None, asked.get("assign") or None
    if stage is not None and not _is_key(stage):
        raise Wrong("stage", _("Choose a stage."))
    if assign is not None and assign != NOBODY and not _is_key(assign):
        raise Wrong("assign", _("Choose a person."))
    lasts = asked.get("lasts") or 0
    if lasts and not (_is_key(lasts) and SHORTEST <= lasts <= LONGEST):
        raise Wrong("lasts", _("Say how long: from a minute to a year."))
    if lasts and not add:
        raise Wrong("lasts", _("Choose the labels that come off again."))
    doings = Doings(tuple(add), tuple(remove), stage, assign, **_tellings(asked), lasts=lasts)
    if {*doings.puts_on, *doings.answers} & set(remove):
        raise Wrong("remove", _("A label can't be added and removed at once."))
    if not doings.puts_on and not remove and assign is None and not doings.tells:
        raise Wrong("", _("Say what the rule does: choose a label, a stage, a person or a program."))
    return doings


def _tellings(asked: JSON) -> dict[str, Any]:
    """Who is told, called and asked."""
    notify = _pks(asked.get("notify"), "notify", _("Choose people."))
    hooks = {name: asked.get(name) or None for name in ("hook", "ask")}
    for name, key in hooks.items():
        if key is not None and not _is_key(key):
            raise Wrong(name, _("Choose an outgoing hook."))
    answers = _pks(asked.get("answers"), "answers") if hooks["ask"] else []
    if hooks["ask"] and not answers:
        raise Wrong("answers", _("Choose the labels that the classifier may put on."))
    return {"notify": tuple(notify), "urgent": bool(asked.get("urgent")), **hooks, "answers": tuple(answers)}


def _pks(found: Any, name: str, words: Any = None) -> list[int]:
    if found is None:
        return []
    if not isinstance(found, list) or not all(map(_is_key, found)):
        raise Wrong(name, words or _("Choose labels of this number."))
    return list(dict.fromkeys(found))


def _is_key(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
