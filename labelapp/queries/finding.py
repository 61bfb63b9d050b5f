"""Which chats of a number a kept query finds, asked one by one: for what follows facts."""

from functools import cached_property
from typing import Any

from labelapp.models import Chat, Instance, User
from labelapp.queries.language.reading import Reading
from labelapp.queries.language.saved import Saved, label_pks, load
from labelapp.queries.matches import is_match
from labelapp.queries.saved import kept_labels
from labelapp.queries.scopes import Scope, scope_of


class Finder:
    """The kept query of one person over one number. Asks the database when it is used; each chat once."""

    def __init__(self, user: User, instance: Instance, terms: Saved) -> None:
        self.user, self.instance, self.terms = user, instance, terms
        self._found: dict[int, bool] = {}

    @cached_property
    def _scope(self) -> Scope:
        return scope_of(self.user, [self.instance])

    @cached_property
    def reading(self) -> Reading:
        """What the query means today."""
        return load(self.terms, self._scope.vocabulary, kept_labels(self.user, label_pks(self.terms)))

    def finds(self, chat: Chat) -> bool:
        """Whether the chat is in the list now. A query that can't be understood whole finds nothing: it would find too much."""
        if not self.terms:
            return True
        if chat.pk not in self._found:
            reading = self.reading
            self._found[chat.pk] = not reading.problems and is_match(self._scope, reading.query, chat)
        return self._found[chat.pk]


class Finders:
    """The finders of one batch of facts of a number, one for each person and query."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._made: dict[Any, Finder] = {}

    def of(self, key: Any, user: User, terms: Saved) -> Finder:
        """`key`: of whoever asks, the same for the same query."""
        if key not in self._made:
            self._made[key] = Finder(user, self.instance, terms)
        return self._made[key]
