"""The activity, to be kept elsewhere: every change of a label with its cause, oldest first."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import P, QueryEx, Router
from pydantic import AwareDatetime, BeforeValidator

from labelapp.api.door import READ, token
from labelapp.api.reach import chat_of, numbers_of
from labelapp.api.refs import PLAIN, Cursor, Many, Slug
from labelapp.api.shapes import EntryOut, LedgerOut
from labelapp.api.tables import TABLE, page_or_table
from labelapp.models.reasons import sentence
from labelapp.queries.programs import ledger_page

router = Router(tags=["Ledger"])
Chat = QueryEx[
    str | None, P(description="the changes of one chat, named as in addresses", max_length=120, pattern=PLAIN)
]


def _written(value: Any) -> Any:
    """A number of seconds is no time to people, and no date-time to the document."""
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("This is no time such as 2026-11-23T09:00:00Z.")
    return value


Aware = Annotated[AwareDatetime, BeforeValidator(_written)]
Moment = QueryEx[Aware | None, P(description="with a time zone, e.g. 2026-11-23T09:00:00Z")]


@router.get(
    "/ledger",
    auth=READ,
    response=LedgerOut,
    summary="Every change and its cause, oldest first",
    openapi_extra=TABLE,
)
def ledger(
    request: HttpRequest,
    instance: Slug = None,
    chat: Chat = None,
    since: Moment = None,
    until: Moment = None,
    cursor: Cursor = None,
    limit: Many = 100,
    format: Literal["json", "csv"] = "json",
) -> HttpResponse:
    """As JSON, or as CSV in which no cell begins a formula; the `Link` header leads to the next page of either.

    On PostgreSQL an entry may appear some seconds after a younger one: to follow the ledger, ask again from a minute ago with
    `since`, and drop what you have by its `id`.
    """
    numbers = numbers_of(token(request), instance)
    found = chat_of(numbers, chat).pk if chat else None
    rows, following = ledger_page(numbers, cursor or 0, limit, chat=found, since=since, until=until)
    items = [EntryOut.of(row, sentence(row.cause)) for row in rows]
    page = LedgerOut(items=items, next=str(following) if following else None)
    return page_or_table(request, page, EntryOut, page.next, "ledger", format)
