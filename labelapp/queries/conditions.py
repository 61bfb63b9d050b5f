"""The terms of a query as conditions on a chat.

Every condition is a test of one chat: which chats are tested, and in which order, is for `walks` to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from labelapp.models import Chat, ChatLabel, ChatRead, LedgerEntry, Receipt, Source, Verb
from labelapp.models.assignments import OPEN
from labelapp.queries.asked import Asked
from labelapp.queries.due import within
from labelapp.queries.language.terms import ME, NOBODY, Choice, Elapsed, Named, Stages, Term
from labelapp.queries.scopes import Scope

NOTHING = Q(pk__in=())
# Written into the statement: SQLite uses a partial index only for values that it sees while planning
GROUP = RawSQL(f"'{Chat.Kind.GROUP.value}'", ())  # noqa: S611
ADDED = RawSQL(f"'{Verb.ADD.value}'", ())  # noqa: S611
UNSETTLED = [RawSQL(f"'{receipt.value}'", ()) for receipt in (*OPEN, Receipt.FAILED)]  # noqa: S611


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a chat's columns and its key are in the outer statement."""

    prefix: str
    key: str

    def __call__(self, name: str, value: object) -> Q:
        return Q(**{f"{self.prefix}{name}": value})


CHAT, PAIR = Columns("", "pk"), Columns("chat__", "chat_id")


def condition(term: Term, scope: Scope, chat: Columns) -> Q:
    """Chats that meet the term. Numbers and texts are no conditions here: `walks` asks only the numbers that
    are wanted, and all texts at once."""
    found = _positive(term, scope, chat)
    return ~found if term.negated else found


def _positive(term: Term, scope: Scope, chat: Columns) -> Q:
    match term:
        case Named(field="label") | Stages():
            return holds(term.pks, chat)
        case Named(field="assigned"):
            return _assigned(term, scope, chat)
        case Elapsed():
            return _elapsed(term, scope, chat)
        case Choice(field="source"):
            return _put_on_by(term.known, chat)
        case Choice(field="due"):
            return Q(Asked(pairs(chat).filter(within(term, scope, "timer__due_at"), wanted=True)))
        case Choice():
            return reduce(or_, (_choice(term.field, value, scope, chat) for value in term.known))
    return Q()


def pairs(chat: Columns) -> QuerySet[ChatLabel]:
    """The pairs of the outer statement's chat."""
    return ChatLabel.objects.filter(chat=OuterRef(chat.key))


def holds(labels: Iterable[int], chat: Columns) -> Q:
    """Chats that carry one of these labels, or will."""
    return Q(Asked(pairs(chat).filter(label__in=tuple(labels), wanted=True)))


def unanswered(chat: Columns) -> Q:
    return chat("last_in_at__gt", F(f"{chat.prefix}last_out_at"))


def assignees(term: Named, scope: Scope) -> tuple[int, ...]:
    """The people that an `assigned:` term names."""
    return (*((scope.user.pk,) if ME in term.words else ()), *term.pks)


def _assigned(term: Named, scope: Scope, chat: Columns) -> Q:
    people = assignees(term, scope)
    found = chat("assignee__in", people) if people else NOTHING
    return found | chat("assignee__isnull", True) if NOBODY in term.words else found


def _elapsed(term: Elapsed, scope: Scope, chat: Columns) -> Q:
    if term.field == "last":  # pairs have a copy of it, in their index
        return _compared(term, scope, "last_message_at")
    staged = pairs(chat).filter(label__in=tuple(scope.stages), wanted=True)
    return Q(Asked(staged.filter(of_age(term, scope))))


def of_age(term: Elapsed, scope: Scope, column: str = "wanted_at") -> Q:
    """A stage's pair that is of the age that an `age:` term asks for. `column`: when it was put on."""
    return _compared(term, scope, column)


def _compared(term: Elapsed, scope: Scope, column: str) -> Q:
    since = scope.now - timedelta(seconds=term.seconds)
    return Q(**{f"{column}__{'lt' if term.older else 'gte'}": since})


def _choice(field: str, value: str, scope: Scope, chat: Columns) -> Q:
    if field == "type":
        return chat("kind", GROUP if value == Chat.Kind.GROUP else value)
    if field == "no":
        held = holds(scope.stages, chat) if value == "stage" else Q(Asked(pairs(chat).filter(wanted=True)))
        return ~held
    return _state(value, scope, chat)


def _state(value: str, scope: Scope, chat: Columns) -> Q:
    match value:
        case "unanswered":
            return unanswered(chat)
        case "unread":
            looked = ChatRead.objects.filter(user=scope.user, chat=OuterRef(chat.key))
            return unanswered(chat) & ~Q(Asked(looked.filter(at__gte=OuterRef(f"{chat.prefix}last_in_at"))))
        case "archived":
            return chat("archived", True)
        case "conflict":
            return _conflict(scope, chat)
    waits = Q(receipt=Receipt.PENDING, held_at__isnull=value != "held")
    receipts = {"failed": Q(receipt=Receipt.FAILED), "pending": waits | Q(receipt=Receipt.SENT), "held": waits}
    return Q(Asked(pairs(chat).filter(receipts[value])))


def _conflict(scope: Scope, chat: Columns) -> Q:
    """Two labels of a group that allows one, where both sides agree that they are there."""
    known = tuple(pk for pk in scope.directory.groups if not scope.directory.tags[pk].ghost)
    both = {"label__in": known, "wanted": True, "receipt": Receipt.CONFIRMED}
    second = ChatLabel.objects.filter(chat=OuterRef("chat"), label__gt=OuterRef("label"), **both)
    same_group = second.filter(label__group=OuterRef("label__group"))
    return Q(Asked(pairs(chat).filter(Asked(same_group), **both)))


def added_by(sources: tuple[str, ...]) -> QuerySet[LedgerEntry]:
    """The entries of labels that these sources put on chats, in no order. In the index `ledger_added_by`."""
    return LedgerEntry.objects.filter(verb=ADDED, source__in=sources, chat__isnull=False).order_by()


def _put_on_by(sources: tuple[str, ...], chat: Columns) -> Q:
    """Chats that carry a label whose last "added" in the ledger is of one of these sources. `import`: one that nobody ever added."""
    added = LedgerEntry.objects.filter(chat=OuterRef("chat"), label=OuterRef("label"), verb=Verb.ADD)
    later = added.filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))
    carried = ChatLabel.objects.filter(chat=OuterRef("chat"), label=OuterRef("label"), wanted=True)
    last = LedgerEntry.objects.filter(chat=OuterRef(chat.key), verb=Verb.ADD, source__in=sources)
    found = Q(Asked(last.filter(Asked(carried), ~Asked(later))))
    if Source.IMPORT in sources:
        found |= Q(Asked(pairs(chat).filter(~Asked(added), wanted=True)))
    return found
