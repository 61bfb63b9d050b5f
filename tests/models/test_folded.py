"""Folding: what is one text to whoever looks for it."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelapp.models.folded import FOLD_LENGTH, fold

SPELLINGS = [
    ("Mariam  HADDAD\n", "mariam haddad"),
    ("João Leal", "joao leal"),
    ("Straße Łódź Søren İstanbul", "strasse lodz soren istanbul"),
    ("أحمد إبراهيم آدم ٱلله", "احمد ابراهيم ادم الله"),
    ("مكتبة هدى", "مكتبه هدي"),
    ("عـــرض خاصّ", "عرض خاص"),
    ("مُحَمَّدٌ", "محمد"),
    ("مسؤول شئون", "مسوول شيون"),
    ("ماء", "ما"),
    ("کتاب یک", "كتاب يك"),
    ("٠١٢٣ ۴۵", "0123 45"),
    ("+20 (100) 123-4567", "201001234567"),
    ("٠١٠٠ ١٢٣ ٤٥٦٧", "01001234567"),
    ("order 12, 34 pieces", "order 12 34 pieces"),
    ("x 12 345678 y", "x 12345678 y"),
    ("1 2 3 4 5 6 7 8 9 10 11 12 13", "1 2 3 4 5 6 7 8 9 10 11 12 13"),
    ("ｆｕｌｌ ﬁt ①", "full fit 1"),
    ("50% off_now! a*b", "50 off now a b"),
    ("👍🏽 done", "ᚂᚐᚅᚅᚎ done"),
    ("\u200fHi\u200b there\x00\ud800", "hi there"),
    ("201001234567@c.us, 77:1@LID 5@lidia.example", "201001234567 77 1 5 lidia example"),
    ("?!…", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "folded"), SPELLINGS)
def test_spellings_of_one_text(text: str, folded: str) -> None:
    assert fold(text) == folded


ODD = st.text(st.sampled_from("aA 1٢٣7-+().éßİıأىةـ́ـ\u200f\x00\ud800😀🏽ﷺ①Ⅷ〇ﬃ"), max_size=60)


@given(st.text(max_size=200) | ODD | st.text(st.characters(min_codepoint=0x590, max_codepoint=0x6FF), max_size=60))
def test_folding_twice_changes_nothing_and_nothing_odd_is_left(text: str) -> None:
    folded = fold(text)
    assert (fold(folded), " ".join(folded.split())) == (folded, folded)
    assert all(unicodedata.category(char)[0] in "LNSZ" for char in folded)


@given(ODD.filter(bool), st.integers(FOLD_LENGTH - 70, FOLD_LENGTH + 70))
def test_a_long_text_is_cut_and_stays_the_same_from_then_on(text: str, length: int) -> None:
    folded = fold((text * length)[:length])
    assert (fold(folded), len(folded) <= FOLD_LENGTH) == (folded, True)


def test_every_character_folds_to_something_that_stays() -> None:
    chars = map(chr, range(sys.maxunicode + 1))
    assert [char for char in chars if fold(fold(char)) != fold(char)] == []
