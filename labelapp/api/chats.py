"""Chats: the list by the language of the search, and one of them."""

from typing import Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import P, QueryEx, Router

from labelapp.api.door import READ, token
from labelapp.api.problems import Problem, invalid
from labelapp.api.reach import chat_of, numbers_of
from labelapp.api.refs import ChatRef, Limit, Place, Slug
from labelapp.api.shapes import ChatOut, ChatsOut
from labelapp.queries import orders
from labelapp.queries.language.reading import Reading, read
from labelapp.queries.language.sentences import sentence
from labelapp.queries.programs import carriers, chat_page
from labelapp.queries.scopes import Scope, scope_of

router = Router(tags=["Chats"])
Search = QueryEx[
    str,
    P(
        description="as in the search of the inbox: `label:vip -label:closed is:unanswered last:>2d`; empty: all chats",
        max_length=1000,
        pattern=r"^[^\u0000]*$",
    ),
]
Order = Literal["newest", "waiting", "urgency", "depth"]


@router.get("/chats", auth=READ, response=ChatsOut, summary="The chats that match a query")
def chats(
    request: HttpRequest,
    q: Search = "",
    instance: Slug = None,
    order: Order = "newest",
    cursor: Place = None,
    limit: Limit = 50,
) -> ChatsOut:
    """Page by page: `next` is the `cursor` of the following one. What is not understood of `q` is refused, never left out.

    `assigned:me` and `is:unread` mean the person who made the token.
    """
    scope = scope_of(token(request).created_by, numbers_of(token(request), instance))
    reading = understood(scope, q)
    place = orders.Order(order)
    after = orders.Cursor.read(cursor, place) if cursor else None
    if cursor and after is None:
        raise invalid("cursor", _("This is no place in this list."))
    rows, following = chat_page(scope, reading.query, place, after, limit)
    return ChatsOut(items=[ChatOut.of(row) for row in rows], next=str(following) if following else None)


@router.get("/chats/{chat}", auth=READ, response=ChatOut, summary="A chat with its labels and their receipts")
def chat(request: HttpRequest, chat: ChatRef, instance: Slug = None) -> ChatOut:
    found = chat_of(numbers_of(token(request), instance), chat)
    return ChatOut.of(carriers([found])[0])


def understood(scope: Scope, text: str) -> Reading:
    """The query. Raises Problem 422 for one that means less than it says."""
    reading = read(text, scope.vocabulary)
    if reading.problems:
        errors = [("q", _told(sentence(problem), problem.suggestions)) for problem in reading.problems]
        raise Problem(422, errors[0][1], errors)
    return reading


def _told(words: str, suggestions: tuple[str, ...]) -> str:
    guess = _("Did you mean %(word)s?") % {"word": suggestions[0]} if suggestions else ""
    return f"{words} {guess}".strip()
