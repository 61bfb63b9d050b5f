"""What a query is asked of: which person asks, of which numbers, and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from labelapp.models import Instance, User
from labelapp.queries.directory import Directory, directory_of
from labelapp.queries.language.terms import Text
from labelapp.queries.language.vocabulary import LabelName, NumberName, PersonName, Vocabulary
from labelapp.queries.text import Says, says


@dataclass
class Scope:
    """One person's view of these numbers, which the caller has found visible to that person."""

    user: User
    numbers: tuple[Instance, ...]
    directory: Directory
    now: datetime = field(default_factory=timezone.now)
    _said: dict[tuple[tuple[Text, ...], bool], Says] = field(default_factory=dict, repr=False)

    def says(self, texts: Iterable[Text], *, thorough: bool = False) -> Says:
        """What these texts ask of a chat; words that were looked up stay so, for the list and the counts beside it."""
        asked = (tuple(texts), thorough)
        if asked not in self._said:
            self._said[asked] = says(asked[0], thorough=thorough)
        return self._said[asked]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The names that a query may use here. Asks for people only when one is named."""
        numbers = tuple(NumberName(number.pk, number.slug, number.name) for number in self.numbers)
        return Vocabulary(numbers, tuple(_label_names(self.directory)), _people)

    @cached_property
    def stages(self) -> dict[int, int]:
        """The living stages with their places, from 1."""
        return {tag.pk: tag.stage for section in self.directory.sections for tag in section.tags if tag.stage}


def scope_of(user: User, numbers: Iterable[Instance]) -> Scope:
    """The scope of these numbers. One query."""
    numbers = tuple(numbers)
    return Scope(user, numbers, directory_of(*numbers))


def _label_names(directory: Directory) -> Iterable[LabelName]:
    for section in directory.sections:
        funnel = section.pk if section.is_funnel else 0
        for tag in section.tags:
            yield LabelName(tag.pk, directory.homes[tag.pk], tag.wa_id, tag.name, funnel, tag.stage)


def _people() -> tuple[PersonName, ...]:
    return tuple(PersonName(user.pk, user.username, user.display_name) for user in User.objects.order_by("pk"))
