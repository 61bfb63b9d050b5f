"""Pages that programs may have as CSV instead of JSON."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Schema

from labelapp.queries.cells import lines

TABLE = {"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}}


def page_or_table(
    request: HttpRequest, page: Any, row: type[Schema], following: str | None, name: str, format: str
) -> HttpResponse:
    """A page with `items` of this kind, as JSON or as the table `name`.csv; the `Link` header leads to the page that follows."""
    answer = (
        _table(page.items, row, name)
        if format == "csv"
        else HttpResponse(page.model_dump_json(), content_type="application/json")
    )
    if following:
        query = request.GET.copy()
        query["cursor"] = following
        answer["Link"] = f'<{request.path}?{query.urlencode()}>; rel="next"'
    return answer


def _table(items: list[Schema], row: type[Schema], name: str) -> HttpResponse:
    rows = ([_cell(value) for value in item.model_dump(mode="json").values()] for item in items)
    answer = HttpResponse("".join(lines(list(row.model_fields), rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
