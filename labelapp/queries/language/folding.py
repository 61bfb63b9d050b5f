"""Names are the same whatever their case, accents, Arabic letter forms or spaces."""

import unicodedata
from functools import lru_cache

DROPPED = frozenset(("Mn", "Me", "Cf"))  # accents, vowel signs, variation selectors, marks of direction
LETTERS = str.maketrans({"ى": "ي", "ة": "ه", "ـ": None})


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """The form in which names are compared; the name itself where nothing of it would be left."""
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(char for char in decomposed if unicodedata.category(char) not in DROPPED)
    return " ".join(letters.translate(LETTERS).casefold().split()) or name
