"""Tables to keep: files for spreadsheets, in which no cell begins a formula."""

from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from labelapp.queries.cells import lines


def table(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    """A file of this name to be kept."""
    answer = HttpResponse(lines(heads, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
