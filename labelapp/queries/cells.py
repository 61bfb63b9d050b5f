"""The cells of tables to keep: files for spreadsheets, in which none begins a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Line:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) or cell.startswith(FORMULA) else cell


def lines(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The table line by line."""
    writer = csv.writer(Line())
    yield "\ufeff" + writer.writerow(heads)  # spreadsheets take it for UTF-8 then
    for row in rows:
        yield writer.writerow([plain(cell) for cell in row])
