"""Text cut into tokens. Any text whatever can be cut."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

FIELD = re.compile(r"([A-Za-z]+):(?!//)")
COMMAS = ",،"
QUOTES = {'"': '"', "“": '”"', "”": '”"', "„": '“”"'}  # what opens: what closes. Phones write the round ones
TOKENS, ITEMS, WORD = 40, 50, 200  # what is more is left out, and said to be
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, bare or quoted; `#` before it says that it is an id."""

    word: str
    span: Span
    quoted: bool = False
    hashed: bool = False
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One of the values between commas: a piece, or the two ends of a range."""

    pieces: tuple[Piece, ...]

    @property
    def span(self) -> Span:
        return self.pieces[0].span[0], self.pieces[-1].span[1]

    @property
    def hashed(self) -> bool:
        return self.pieces[0].hashed

    @property
    def word(self) -> str:
        return "..".join(piece.word for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Token:
    """A term as written. Without a field it is text, and has one item."""

    span: Span
    field: str
    items: tuple[Item, ...]
    negated: bool = False

    @property
    def value_span(self) -> Span:
        """The part after the field."""
        start = self.span[0] + self.negated + (len(self.field) + 1 if self.field else 0)
        return start, self.span[1]


def cleaned(text: str) -> str:
    """Without what no database takes, character by character, so that places in the text stay what they are."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a cleaned text, each with its place."""
    at = 0
    while (at := _past_spaces(text, at)) < len(text):
        token = _token(text, at)
        yield token
        at = token.span[1]


def _past_spaces(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _token(text: str, start: int) -> Token:
    negated = text[start] == "-" and start + 1 < len(text) and not text[start + 1].isspace()
    at = start + negated
    if found := FIELD.match(text, at):
        items, end = _items(text, found.end())
        return Token((start, end), found[1], items, negated)
    piece, end = _piece(text, at, "")
    return Token((start, end), "", (Item((piece,)),), negated)


def _items(text: str, at: int) -> tuple[tuple[Item, ...], int]:
    """The values of a field, without the empty ones, and where they end."""
    found = []
    while True:
        item, at = _item(text, at)
        if item:
            found.append(item)
        if at >= len(text) or text[at] not in COMMAS:
            return tuple(found), at
        at += 1


def _item(text: str, at: int) -> tuple[Item | None, int]:
    pieces = []
    while True:
        piece, at = _piece(text, at, COMMAS)
        pieces.append(piece)
        if not text.startswith("..", at):
            break
        at += 2
    is_empty = len(pieces) == 1 and not (pieces[0].word or pieces[0].quoted)
    return (None if is_empty else Item(tuple(pieces))), at


def _piece(text: str, start: int, ends: str) -> tuple[Piece, int]:
    """A word up to a space, or (of a field's values) to one of `ends` or to the dots of a range."""
    hashed = bool(ends) and text.startswith("#", start)
    at, word, quoted = start + hashed, "", False
    if at < len(text) and text[at] in QUOTES:
        word, at = _quoted(text, at)
        quoted = True
    begin = at
    while at < len(text) and not (text[at].isspace() or text[at] in ends or (ends and text.startswith("..", at))):
        at += 1
    word += text[begin:at]
    return Piece(word[:WORD], (start, at), quoted, hashed, len(word) > WORD), at


def _quoted(text: str, start: int) -> tuple[str, int]:
    """What stands between the quotes, to the end of the text where nothing closes them."""
    closing, at, chars = QUOTES[text[start]], start + 1, []
    while at < len(text) and text[at] not in closing:
        at += text[at] == "\\" and text[at + 1 : at + 2] in ('"', "\\")
        chars.append(text[at])
        at += 1
    return "".join(chars), min(at + 1, len(text))
