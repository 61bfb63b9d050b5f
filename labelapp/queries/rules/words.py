"""What a rule looks for in a message, in the product's own spelling (`models.folded`), and where it stands in the text as written."""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import re2
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from rapidfuzz.distance import OSA

from labelapp.models.folded import FOLD_LENGTH, PHONE_LENGTH, fold

TOKEN = re.compile(r"\S+")
MARKS = 20  # places that are marked in one text
PATTERN_MEMORY = 1 << 20  # bytes that a compiled pattern may take
Span = tuple[int, int]


class Mode(TextChoices):
    """How entries are compared with a message."""

    ANY = "any", _("one of these words")
    ALL = "all", _("all of these words")
    PHRASE = "phrase", _("one of these phrases")
    EXACT = "exact", _("nothing but one of these lines")
    FUZZY = "fuzzy", _("one of these words, or nearly")
    REGEX = "regex", _("a regular expression")


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word, and where the text that it was folded from stands."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=16)  # every rule of a number asks for those of the same message
def words_of(text: str) -> tuple[Word, ...]:
    """The words of `fold(text)`, each with its place. Numbers that are written in groups are one word, as they are there."""
    found = [
        Word(part, token.start(), token.end())
        for token in TOKEN.finditer(text[:FOLD_LENGTH])
        for part in _parts(token[0])
    ]
    return tuple(word for is_number, some in groupby(found, _is_number) for word in _joined(is_number, list(some)))


@lru_cache(maxsize=8192)
def _parts(token: str) -> tuple[str, ...]:
    return tuple(fold(token).split())


def _is_number(word: Word) -> bool:
    return word.text.isascii() and word.text.isdigit()


def _joined(is_number: bool, some: list[Word]) -> list[Word]:
    number = "".join(word.text for word in some) if is_number else ""
    if len(some) < 2 or len(number) not in PHONE_LENGTH:
        return some
    return [Word(number, some[0].start, some[-1].end)]


@dataclass(frozen=True, slots=True)
class Piece:
    """A word of an entry; with a star at its end it stands for all that begin so."""

    text: str
    begins: bool = False

    def is_in(self, word: str) -> bool:
        return word.startswith(self.text) if self.begins else word == self.text

    def is_near(self, word: str) -> bool:
        """One slip of the finger from four letters on, two from eight on. Swapped neighbours are one slip."""
        most = min(2, len(self.text) // 4)
        return self.is_in(word) or OSA.distance(self.text, word, score_cutoff=most) <= most


@lru_cache(maxsize=4096)
def pieces(entry: str) -> tuple[Piece, ...]:
    """The words of an entry. None where it holds nothing but punctuation."""
    return tuple(Piece(word.text, begins=entry[: word.end].endswith("*")) for word in words_of(entry))


class BadPattern(ValueError):
    """A regular expression that can't be used, with a sentence for whoever wrote it."""


def pattern_of(text: str) -> Any:
    """The compiled pattern, which takes time linear in the text. Raises BadPattern."""
    try:
        found = _compiled(text)
    except re2.error as error:
        raise BadPattern(_("This is no regular expression: %(words)s") % {"words": _said(error)}) from error
    if found.search("") is not None:
        raise BadPattern(_("This expression fits every message, even an empty one."))
    return found


def _said(error: Exception) -> str:
    words = error.args[0] if error.args else ""
    return words.decode(errors="replace") if isinstance(words, bytes) else str(words)


@lru_cache(maxsize=512)
def _compiled(text: str) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = PATTERN_MEMORY
    return re2.compile(text, options)


@dataclass(frozen=True, slots=True)
class TextTest:
    """What a message has to say. A regular expression sees the text as written, all else the folded words."""

    mode: Mode
    entries: tuple[str, ...]

    def find(self, text: str) -> list[Span] | None:
        """Where it says so, in the order of the text; None where it does not."""
        if self.mode == Mode.REGEX:
            found = pattern_of(self.entries[0]).finditer(text[:FOLD_LENGTH])
            return [hit.span() for _n, hit in zip(range(MARKS), found, strict=False)] or None
        words = words_of(text)
        said = {word.text for word in words}
        each = [
            list(self._places(entry, words)) if self._may_stand(entry, said) else []
            for entry in map(pieces, self.entries)
        ]
        if not (all(each) if self.mode == Mode.ALL else any(each)):
            return None
        return sorted({place for places in each for place in places})[:MARKS]

    def _may_stand(self, entry: Sequence[Piece], said: Set[str]) -> bool:
        """Whether it is worth while to look for the entry in a text of these words: nearly all entries end here."""
        return self.mode == Mode.FUZZY or all(piece.begins or piece.text in said for piece in entry)

    def _places(self, entry: Sequence[Piece], words: Sequence[Word]) -> Iterator[Span]:
        """Where the words of the entry stand side by side."""
        size = len(entry)
        if self.mode == Mode.EXACT and size != len(words):
            return
        fits = Piece.is_near if self.mode == Mode.FUZZY else Piece.is_in
        for start in range(len(words) - size + 1 if size else 0):
            some = words[start : start + size]
            if all(fits(piece, word.text) for piece, word in zip(entry, some, strict=True)):
                yield some[0].start, some[-1].end


def entries_of(mode: str, typed: str) -> list[str]:
    """What somebody typed into a box as entries: by line, single words by comma as well; an expression is one entry."""
    if mode == Mode.REGEX:
        return [typed.strip()] if typed.strip() else []
    parts = re.split(r"[\n,،;؛]" if mode in (Mode.ANY, Mode.ALL, Mode.FUZZY) else r"\n", typed)
    return list(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
