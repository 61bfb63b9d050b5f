"""What rules have to know of the chats that a batch of facts is about. Each chat's labels are read once, until a rule changes them."""

from collections.abc import Iterable
from functools import cached_property

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from labelapp.models import Chat, ChatLabel, Fact, Instance, Label, Message, User
from labelapp.queries.directory import directory_of
from labelapp.queries.language.reading import Reading, read
from labelapp.queries.language.saved import Kept, Saved, load, save
from labelapp.queries.language.terms import ME, Choice, Named
from labelapp.queries.language.vocabulary import LabelName
from labelapp.queries.matches import is_match
from labelapp.queries.rules.occasions import Occasion
from labelapp.queries.scopes import Scope

Kind = Fact.Kind


class NoQuery(ValueError):
    """A rule's query means nothing any more, with a sentence."""


class World:
    """The chats of one number as rules see them."""

    def __init__(self, instance: Instance, chats: Iterable[int]) -> None:
        self.instance = instance
        self.held = held_labels(set(chats))

    def forget(self, chat: int) -> None:
        """A rule has changed the chat."""
        self.held |= held_labels({chat})

    def occasion(self, kind: str, fact: Fact, chat: Chat) -> Occasion:
        """What a fact about the chat is to a rule that waits for this kind. The label that it is about was not there already."""
        held = self.held.get(chat.pk, frozenset())
        message = fact.message
        return Occasion(
            kind=kind,
            at=timezone.localtime(fact.at, timezone.get_default_timezone()),
            is_group=chat.is_group,
            label=fact.label_id,
            held=held - {fact.label_id} if fact.label_id else held,
            text=message.text if message else "",
            source=message.source if message else "",
            event=fact.data.get("type", "") if fact.kind == Kind.BUSINESS else "",
            is_first=lambda: message is not None and began_with(message),
            matches=lambda query: self.matches(query, chat),
        )

    @cached_property
    def scope(self) -> Scope:
        """Nobody's view of the number: a rule is no person."""
        return Scope(User(), (self.instance,), directory_of(self.instance))

    @cached_property
    def kept(self) -> Kept:
        rows = Label.objects.filter(instance=self.instance, deleted_at=None)
        return Kept({row[0]: LabelName(*row) for row in rows.values_list("pk", "instance_id", "wa_id", "name")})

    def read(self, query: Saved) -> Reading:
        """A kept query as the number has it. Raises NoQuery for one that means nothing any more."""
        reading = load(query, self.scope.vocabulary, self.kept)
        if reading.problems:
            raise NoQuery(_("Its filter “%(text)s” means nothing any more.") % {"text": reading.text})
        return reading

    @transaction.atomic
    def matches(self, query: Saved, chat: Chat) -> bool:
        """Whether the list of this query holds the chat now. Raises NoQuery."""
        return is_match(self.scope, self.read(query).query, chat)


def held_labels(chats: set[int]) -> dict[int, frozenset[int]]:
    """The labels that each of these chats carries, or will. One query."""
    found: dict[int, set[int]] = {chat: set() for chat in chats}
    for chat, label in ChatLabel.objects.filter(chat__in=chats, wanted=True).values_list("chat_id", "label_id"):
        found[chat].add(label)
    return {chat: frozenset(labels) for chat, labels in found.items()}


@transaction.atomic
def began_with(message: Message) -> bool:
    """Whether the chat began with this message of the customer: it is the first one stored, and a new chat was told."""
    earlier = Message.objects.filter(chat=message.chat_id, from_me=False).exclude(pk=message.pk)
    earlier = earlier.filter(Q(at__lt=message.at) | Q(at=message.at, wa_id__lt=message.wa_id))
    return Fact.objects.filter(chat=message.chat_id, kind=Kind.CHAT_CREATED).exists() and not earlier.exists()


def query_of(world: World, text: str) -> Saved:
    """What somebody typed as a filter, in its kept form. Raises NoQuery for what means nothing, or only to a person."""
    reading = read(text, world.scope.vocabulary)
    if reading.problems:
        first = reading.problems[0]
        word = reading.text[slice(*first.span)] or first.word
        raise NoQuery(_("“%(word)s” means nothing in this filter.") % {"word": word})
    for term in reading.query.running():
        if (isinstance(term, Named) and ME in term.words) or (isinstance(term, Choice) and "unread" in term.known):
            raise NoQuery(_("A rule is nobody: it can't use “assigned:me” or “is:unread”."))
    return save(reading.query)


def text_of(world: World, query: Saved) -> str:
    """A kept query as people type it."""
    return load(query, world.scope.vocabulary, world.kept).text if query else ""
