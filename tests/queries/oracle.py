"""The language as plain Python over rows in memory: slow, and too simple to be wrong in the same way as the statements."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from labelapp.models import Chat, ChatLabel, ChatRead, LabelTimer, LedgerEntry
from labelapp.models.fields import NEVER
from labelapp.models.folded import fold
from labelapp.queries.language.terms import Choice, Elapsed, Named, Query, Stages, Term, Text
from labelapp.queries.orders import Order
from labelapp.queries.scopes import Scope


@dataclass
class Facts:
    """A chat with all that belongs to it."""

    chat: Chat
    pairs: list[ChatLabel]
    added: list[LedgerEntry]
    read_at: datetime
    names: list[str]
    said: list[str]
    times: list[datetime]

    @property
    def held(self) -> set[int]:
        return {pair.label_id for pair in self.pairs if pair.wanted}


class Oracle:
    """Knows every chat of the numbers in view."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        chats = Chat.objects.filter(instance__in=scope.numbers)
        reads = dict(ChatRead.objects.filter(user=scope.user).values_list("chat_id", "at"))
        self.facts = [
            Facts(
                chat,
                list(ChatLabel.objects.filter(chat=chat)),
                list(LedgerEntry.objects.filter(chat=chat, verb="add").order_by("at", "pk")),
                reads.get(chat.pk, NEVER),
                names_of(chat),
                said_in(chat),
                [timer.due_at for timer in LabelTimer.objects.filter(pair__chat=chat) if timer.pair.wanted],
            )
            for chat in chats
        ]

    def pks(self, query: Query, order: Order = Order.NEWEST) -> list[int]:
        """The matches, in this order."""
        found = [facts for facts in self.facts if self.fits(facts, query)]
        found.sort(key=lambda facts: (facts.chat.last_message_at, facts.chat.pk), reverse=True)
        if order == Order.WAITING:
            waiting = sorted(
                (facts for facts in found if facts.chat.is_unanswered),
                key=lambda facts: (facts.chat.last_in_at, facts.chat.pk),
            )
            found = waiting + [facts for facts in found if not facts.chat.is_unanswered]
        if order == Order.URGENCY:
            found.sort(
                key=lambda facts: least(
                    self.scope.directory.urgency[pk] for pk in facts.held if pk in self.scope.directory.urgency
                )
            )
        if order == Order.DEPTH:
            found.sort(key=lambda facts: least(-self.scope.stages[pk] for pk in facts.held if pk in self.scope.stages))
        return [facts.chat.pk for facts in found]

    def fits(self, facts: Facts, query: Query) -> bool:
        """Loose words are one text: a number may be written in groups."""
        terms = [term for term in query.terms if not term.is_idle]
        loose = [term for term in terms if isinstance(term, Text) and not (term.negated or term.together)]
        words = " ".join(term.words for term in loose)
        others = (term for term in terms if term not in loose)
        return is_said(words, facts.names, facts.said) and all(
            self.meets(facts, term) != term.negated for term in others
        )

    def meets(self, facts: Facts, term: Term) -> bool:
        chat, now = facts.chat, self.scope.now
        match term:
            case Text():
                return is_said(term.words, facts.names, facts.said, together=term.together)
            case Named(field="label") | Stages():
                return bool(facts.held & set(term.pks))
            case Named(field="number"):
                return chat.instance_id in term.pks
            case Named(field="assigned"):
                me = {self.scope.user.pk} if "me" in term.words else set()
                return chat.assignee_id in me | set(term.pks) or (chat.assignee_id is None and "nobody" in term.words)
            case Elapsed(field="last"):
                return (chat.last_message_at < now - timedelta(seconds=term.seconds)) == term.older
            case Elapsed():
                since = [pair.wanted_at for pair in facts.pairs if pair.wanted and pair.label_id in self.scope.stages]
                return any((at < now - timedelta(seconds=term.seconds)) == term.older for at in since)
            case Choice():
                return any(self.chosen(facts, term.field, value) for value in term.known)
        raise AssertionError(term)

    def chosen(self, facts: Facts, field: str, value: str) -> bool:
        chat = facts.chat
        if field == "type":
            return chat.kind == value
        if field == "no":
            return not (facts.held & set(self.scope.stages) if value == "stage" else facts.held)
        if field == "source":
            last = {entry.label_id: entry.source for entry in facts.added}
            return any(last.get(pk, "import") == value for pk in facts.held)
        if field == "due":
            return any(self.comes(at, value) for at in facts.times)
        if value == "unanswered":
            return chat.is_unanswered
        if value == "unread":
            return chat.is_unanswered and facts.read_at < chat.last_in_at
        if value == "archived":
            return chat.archived
        if value == "conflict":
            return self.clashes(facts)
        return value in {state(pair) for pair in facts.pairs}

    def comes(self, at: datetime, value: str) -> bool:
        """Whether a time is as one value of `due:` says."""
        zone, now = self.scope.user.zone, self.scope.now
        days = {"today": 0, "tomorrow": 1}
        if value in days:
            return at.astimezone(zone).date() == now.astimezone(zone).date() + timedelta(days=days[value])
        if value in ("any", "overdue"):
            return value == "any" or at < now
        then = now + timedelta(seconds=int(value[1:-1]) * {"m": 60, "h": 3600, "d": 86400, "w": 604800}[value[-1]])
        return now <= at < then if value[0] == "<" else at >= then

    def clashes(self, facts: Facts) -> bool:
        directory = self.scope.directory
        both = [pair.label_id for pair in facts.pairs if pair.wanted and pair.receipt == "confirmed"]
        groups = [directory.groups[pk] for pk in both if pk in directory.groups]
        return len(groups) != len(set(groups))


def state(pair: ChatLabel) -> str:
    if pair.receipt == "pending" and pair.held_at:
        return "held"
    return "pending" if pair.receipt == "sent" else pair.receipt


def names_of(chat: Chat) -> list[str]:
    """The folded words of its name, and the digits of its addresses."""
    numbers = ("".join(fold(alias.jid.split("@")[0]).split()) for alias in chat.aliases.order_by("pk"))
    return list(dict.fromkeys([*fold(chat.name).split(), *numbers]))


def said_in(chat: Chat) -> list[str]:
    said = [fold(f"{message.sender} {message.text}") for message in chat.messages.all()]
    return [*said, fold(f"{chat.last_message_sender} {chat.last_message_text}")]


def is_said(words: str, names: list[str], said: list[str], *, together: bool = False) -> bool:
    """By brute force: folded strings, nothing else."""
    folded = fold(words)
    if together and " " in folded:
        return any(folded in each for each in [" ".join(names), *said])
    asked = [word.lstrip("0") or word if len(word) > 6 and word.isdigit() else word for word in folded.split()]
    return all(
        any(word in each for each in names + said) if len(word) > 2 else any(each.startswith(word) for each in names)
        for word in asked
    )


def least(ranks: Iterable[int]) -> int:
    return min(ranks, default=10**6)
