"""Numbers as people and spreadsheets write them, and the addresses that WhatsApp may know them by."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from labelapp.models import Instance
from labelapp.whatsapp.jids import kind_of, normalise

LONGEST_LINE = 2_000  # characters: what is longer is no list of numbers
COLUMN = re.compile(
    r"phone|mobile|whats|msisdn|tel[eé]f|telem|celular|^tel\b|^numbers?$|هاتف|جوال|موبايل|رقم|واتس", re.IGNORECASE
)
INVISIBLE = re.compile(
    "[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\0]"
)  # what copying from chats brings along
SPREADSHEET = re.compile(r'^="?|"?$|^\'')  # how spreadsheets keep a number from being one


@dataclass(frozen=True, slots=True)
class Entry:
    """A number or an address of a list: where it stood, as it was written, and what was read (None: it is neither)."""

    line: int
    text: str
    number: str | None = None  # as +201001234567 where a country is known or told, else the bare digits
    address: str | None = None


def region_of(number: Instance) -> str:
    """The country of a connected number, e.g. "EG": people there write numbers without its code. "" when not known."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number.phone)) or ""
    except NumberParseException:
        return ""


def cells(text: str) -> Iterator[tuple[int, str]]:
    """Line number (from 1) and text of everything in a pasted list or a CSV file that may be a number.

    With a heading that names a column of numbers, only that column; without, every cell in which there are digits. Where there is
    none, the line as a whole, so that somebody can be told that it was not understood.
    """
    lines = INVISIBLE.sub("", text).splitlines()
    delimiter = next((mark for mark in "\t;," if lines and mark in lines[0]), ",")
    column: int | None = None
    for place, line in enumerate(lines, 1):
        row = _row(line, delimiter)
        if place == 1 and (column := _heading(row)) is not None:
            continue
        if column is not None:
            if line.strip():
                yield place, row[column] if column < len(row) and row[column] else line.strip()
            continue
        found = [cell for cell in row if _may_be_number(cell)]
        for cell in found or ([line.strip()] if line.strip() else []):
            yield place, cell


def _row(line: str, delimiter: str) -> list[str]:
    """The cells of a line. A mark of another kind than the first line's divides too: pasted lists are written by people."""
    marks = delimiter if delimiter in line else next((mark for mark in "\t;," if mark in line), delimiter)
    try:
        [row] = csv.reader([line[:LONGEST_LINE]], delimiter=marks, skipinitialspace=True)
    except (csv.Error, ValueError):
        row = [line]
    return [SPREADSHEET.sub("", cell.strip()).strip() for cell in row]


def _heading(row: list[str]) -> int | None:
    """Which column the first line says holds the numbers."""
    if any(_may_be_number(cell) for cell in row):
        return None
    return next((place for place, cell in enumerate(row) if COLUMN.search(cell)), None)


def _may_be_number(cell: str) -> bool:
    return sum(character.isdecimal() for character in cell) >= 5 and len(cell) <= 60


def read_entry(line: int, text: str, region: str) -> Entry:
    """What a cell says. `region`: the country of whoever wrote it."""
    if "@" in text:
        try:
            address = normalise(text)
        except ValueError:
            return Entry(line, text[:80])
        return Entry(line, text[:80], address=address) if kind_of(address) != "other" else Entry(line, text[:80])
    number = _parse(text, region)
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else None
    return Entry(line, text[:80], number=written)


def _parse(text: str, region: str) -> PhoneNumber | None:
    """As dialled in the region; else with the code of its country, whose + people leave out."""
    written = re.sub(r"^\s*00", "+", text)
    for attempt in (written, f"+{written}"):
        try:
            number = phonenumbers.parse(attempt, region or None)
        except NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and (attempt is not written or phonenumbers.is_valid_number(number)):
            return number
    return None


def addresses(number: str) -> list[str]:
    """Where WhatsApp may have this number (+…): some countries' mobile numbers are known there by an older spelling, too."""
    digits = number.removeprefix("+")
    found = [digits]
    if match := re.fullmatch(r"55(\d\d)(9?)(\d{8})", digits):  # Brazil: a 9 was put in front of mobile numbers
        found.append(f"55{match[1]}{'' if match[2] else '9'}{match[3]}")
    elif match := re.fullmatch(r"52(1?)(\d{10})", digits):  # Mexico: a 1 for mobile numbers, gone since 2019
        found.append(f"52{'' if match[1] else '1'}{match[2]}")
    elif match := re.fullmatch(r"54(9?)(\d{10})", digits):  # Argentina: a 9 for mobile numbers from abroad
        found.append(f"54{'' if match[1] else '9'}{match[2]}")
    return [f"{each}@c.us" for each in found]
