"""What the inbox's views have in common: which number, which filter, what each fragment needs."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone

from labelapp.access import chat_for, instance_for
from labelapp.actions.actor import Actor
from labelapp.models import Chat, Instance, User
from labelapp.models.fields import NEVER
from labelapp.queries import panel
from labelapp.queries.directory import Directory, directory_of
from labelapp.queries.facets import facets
from labelapp.queries.filters import Filter, read_filter
from labelapp.queries.inbox import Cursor, inbox_page, rows_of
from labelapp.templatetags.rows import Look, row_html
from labelapp.views.switches import Links

REMEMBERED = "instance"


def person(request: HttpRequest) -> User:
    return cast(User, request.user)  # every view here is behind the login


def page_address(request: HttpRequest) -> tuple[str, QueryDict]:
    """Path and query of the page the person is on: of the address itself, or of the one that htmx asks from."""
    current = getattr(request.htmx, "current_url", None)  # type: ignore[attr-defined]
    try:
        parts = urlsplit(current or "")
    except ValueError:  # somebody's own idea of an address
        current = None
    return (parts.path, QueryDict(parts.query[:4000])) if current else (request.path, request.GET)


def chosen_number(request: HttpRequest) -> Instance | None:
    """The number of the address, else the last one this person looked at, else the first; None when there is none."""
    if slug := request.GET.get("instance"):
        return instance_for(person(request), slug.replace("\0", ""))  # PostgreSQL takes no NUL
    numbers = list(Instance.objects.visible_to(person(request)))
    last = request.session.get(REMEMBERED)
    return next((number for number in numbers if number.slug == last), numbers[0] if numbers else None)


def remember(request: HttpRequest, number: Instance) -> None:
    if request.session.get(REMEMBERED) != number.slug:
        request.session[REMEMBERED] = number.slug


@dataclass
class Desk:
    """One person's inbox of one number through one filter. Each part asks the database once, when it is first needed."""

    request: HttpRequest
    number: Instance
    params: QueryDict
    chat: Chat | None = None

    @cached_property
    def directory(self) -> Directory:
        return directory_of(self.number)

    @cached_property
    def sieve(self) -> Filter:
        return read_filter(self.params, self.directory)

    @property
    def has_funnel(self) -> bool:
        return any(section.is_funnel for section in self.directory.sections)

    @cached_property
    def query(self) -> str:
        """The query string that leads back to this list."""
        return self.sieve.query(instance=self.number.slug)

    @cached_property
    def may_tag(self) -> bool:
        return Actor.of(person(self.request)).may("apply_labels")

    @cached_property
    def links(self) -> Links:
        return Links(self.number.slug, self.sieve, self.directory)

    @property
    def frame(self) -> dict[str, object]:
        """What every fragment knows."""
        return {
            "number": self.number,
            "sieve": self.sieve,
            "links": self.links,
            "query": self.query,
            "may_tag": self.may_tag,
            "open_chat": self.chat,
            "unheard": self.number.last_event_at == NEVER and self.number.imported_at is not None,
        }

    def look(self, open_pk: int | None) -> Look:
        return Look(timezone.now(), self.has_funnel, self.may_tag, self.query, open_pk)

    def list_context(self, before: Cursor | None = None) -> dict[str, object]:
        page = inbox_page(person(self.request), self.number, self.sieve, self.directory, before)
        look = self.look(self.chat.pk if self.chat else None)
        following = self.sieve.query(instance=self.number.slug, before=str(page.following)) if page.following else ""
        return {
            "rows": [row_html(row, look) for row in page.rows],
            "following": following,
            "is_first": before is None,
        }

    def row_context(self, chat: Chat, is_open: bool) -> dict[str, object]:
        row = rows_of(person(self.request), [chat], self.directory)[0]
        return {"row": row_html(row, self.look(chat.pk if is_open else None))}

    def rail_context(self) -> dict[str, object]:
        numbers = list(Instance.objects.visible_to(person(self.request)))
        counted = facets(self.number, self.sieve, self.directory)
        return {
            "facets": counted,
            "rail": self.links.rail(counted),
            "numbers": numbers if len(numbers) > 1 else [],
        }

    def number_context(self) -> dict[str, object]:
        number = self.number
        calm = number.is_working and not number.trouble
        return {"open_wishes": 0 if calm else panel.open_wishes(number.pk)}

    def panel_context(self, chat: Chat) -> dict[str, object]:
        return {**self.tags_context(chat), **self.activity_context(chat), "days": panel.last_messages(chat)}

    def tags_context(self, chat: Chat) -> dict[str, object]:
        return {"chat": chat, "pairs": panel.pairs(chat, self.directory)}

    def activity_context(self, chat: Chat) -> dict[str, object]:
        return {"chat": chat, "activity": panel.activity(chat, self.directory)}

    def picker_context(self, chat: Chat) -> dict[str, object]:
        held = {pair.tag.pk: pair for pair in panel.pairs(chat, self.directory)}
        stages = {
            self.directory.groups[pk]: pair.tag
            for pk, pair in held.items()
            if pair.wanted and pk in self.directory.groups
        }
        return {
            "chat": chat,
            "held": held,
            "stages": stages,
            "sections": self.directory.sections,
            "used": self.directory.used,
        }


def position(request: HttpRequest) -> Cursor | None:
    """Where the page of the list begins, None for its start. Raises BadRequest for what is no position."""
    try:
        return Cursor.read(request.GET["before"]) if "before" in request.GET else None
    except ValueError as error:
        raise BadRequest("No list position.") from error


def list_desk(request: HttpRequest) -> Desk:
    """The desk of a fragment that belongs to the list. Raises Http404 where the person has no number."""
    number = chosen_number(request)
    if number is None:
        raise Http404("No number.")
    return Desk(request, number, request.GET)


def chat_desk(request: HttpRequest, pk: int) -> tuple[Desk, Chat]:
    """A chat, and the desk of its fragments. The filter is that of the page it is asked from. Raises Http404 for strangers."""
    chat = chat_for(person(request), pk)
    return Desk(request, chat.instance, page_address(request)[1], chat), chat


def is_open(request: HttpRequest, chat: Chat) -> bool:
    """Whether the page that asks has this chat open."""
    return page_address(request)[0] == reverse("chats.detail", args=[chat.pk])
