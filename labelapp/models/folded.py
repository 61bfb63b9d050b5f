"""Text as the search sees it: one spelling for what people write, and look for, in many."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models

FOLD_LENGTH = 4000  # characters; what comes later in a longer text is not found
BEGINS = "^^"  # no folded text holds it: with it even one letter at the beginning of a word makes a trigram
PHONE_LENGTH = range(7, 16)  # digits of a number that is written in groups; E.164 ends at 15
DIGIT_GROUPS = re.compile(r"(?<![^ ])[0-9]+(?: [0-9]+)+(?![^ ])")
# Letters that Unicode does not take apart: Arabic and Persian spellings of one letter, Latin ones that people type without the stroke
ALIKE = {
    "ىیېۍے": "ي",
    "ەةھہۃ": "ه",
    "ٱ": "ا",
    "ڪک": "ك",
    "ـء": "",
    "ø": "o",
    "ł": "l",
    "đð": "d",
    "ı": "i",
    "ħ": "h",
    "ŧ": "t",
}
ALIKE |= {"æ": "ae", "œ": "oe", "þ": "th"}
LETTERS = {ord(char): letter for chars, letter in ALIKE.items() for char in chars}
HOST = re.compile(r"(?<=[0-9])@(?:c\.us|lid|g\.us|s\.whatsapp\.net)(?![a-z])")  # an address is found by its digits
SPELLING = [chr(code) for code in range(0x1681, 0x1691)]  # hexadecimal in Ogham: letters that nobody types
DROPPED = {"Mn", "Me", "Mc", "Cf", "Cs", "Sk"}  # accents, vowel signs, directions, halves of pairs, skin tones


class _Letters(dict[int, str]):
    """What becomes of a character that is decomposed and in lower case, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        letter = self[code] = _letter(chr(code))
        return letter


def _letter(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind in DROPPED:
        return ""
    if kind == "So":  # emoji; the trigrams of PostgreSQL are of letters and digits alone
        return "".join(SPELLING[int(digit, 16)] for digit in f"{ord(char):x}")
    return char.translate(LETTERS) if kind[0] in "LN" else " "


_letters = _Letters()


def fold(text: str) -> str:
    """`text` for comparing: no case, accents, vowel signs or punctuation, one form of each Arabic letter, ASCII digits, numbers
    without gaps, words apart by one space, at most FOLD_LENGTH characters. Folding twice changes nothing.

    What is stored was folded by this very function: whoever changes it folds the stored texts anew in a migration.
    """
    plain = text[:FOLD_LENGTH]
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", plain).casefold())
    plain = HOST.sub("", plain.lower())
    words = " ".join(plain.translate(_letters).split())[:FOLD_LENGTH].rstrip()
    return DIGIT_GROUPS.sub(_joined, words)


def _joined(found: re.Match[str]) -> str:
    number = found[0].replace(" ", "")
    return number if len(number) in PHONE_LENGTH else found[0]


def chat_text(name: str, addresses: Iterable[str], preview: str) -> str:
    """What `ChatText` holds of a chat: each word of its name and the digits of each address behind BEGINS, then the preview."""
    words = fold(name).split()
    numbers = dict.fromkeys(fold(address.partition("@")[0]).replace(" ", "") for address in addresses)
    words += [number for number in numbers if number and number not in words]
    said = fold(preview)
    return " ".join([*(BEGINS + word for word in words), *([BEGINS[1:], said] if said else [])])


class FoldedField(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Other columns of the row, folded anew whenever Django writes the row. Not by `update()`: those columns want `save()`."""

    def __init__(self, *, of: Sequence[str], **options: Any) -> None:
        self.of = of
        preset: dict[str, Any] = {"default": "", "blank": True, "editable": False}
        super().__init__(**preset | options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        folded = fold(" ".join(getattr(model_instance, column) for column in self.of))
        setattr(model_instance, self.attname, folded)
        return folded
