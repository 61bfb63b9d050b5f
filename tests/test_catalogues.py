"""The translations: every string is in both catalogues, Arabic is complete, and what is compiled is what is written."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "labelapp" / "locale"
CALLS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}
LATIN = {
    "%(chat)s: %(words)s",
    "API",
    "labelapp",
    "{sender}: {text}",
    "“%(text)s”",
    "j M Y, H:i",
}  # the same in both languages


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def strings_in_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and called(node) in CALLS and node.args:
            text = node.args[1 if called(node).startswith("pgettext") else 0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def strings_in_template(source: str) -> Iterator[str]:
    """Django turns a template into something like Python for its own collector; we read the same."""
    quoted = r"""u?((?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))"""
    for text in re.findall(rf"\b(?:gettext|ngettext|n?pgettext\({quoted},)[( ]+{quoted}", templatize(source)):
        yield ast.literal_eval(text[1])


def strings() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "labelapp").rglob("*.py"):
        if not {"simulator", "migrations"} & set(path.parts):
            found.update(strings_in_python(path.read_text()))
    for path in (ROOT / "templates").rglob("*.html"):
        found.update(strings_in_template(path.read_text()))
    return found


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / "django.po"))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_string_is_collected(language: str) -> None:
    known = {entry.msgid for entry in catalogue(language) if not entry.obsolete}
    assert strings() - known == set(), "run `make messages`"


def test_arabic_is_complete() -> None:
    arabic = catalogue("ar")
    missing = [entry.msgid for entry in arabic.untranslated_entries() + arabic.fuzzy_entries()]
    assert missing == []
    assert arabic.metadata["Plural-Forms"].startswith("nplurals=6")


def test_english_says_what_the_code_says() -> None:
    """An English entry may stay empty (the string itself is shown); a guess by the collector (fuzzy) may not stay."""
    assert [entry.msgid for entry in catalogue("en").fuzzy_entries()] == []


def marks(text: str) -> Counter[str]:
    """The placeholders and the tags of a text."""
    return Counter(re.findall(r"%\(\w+\)[sd]|(?<!%)%[sd]|\{\w*\}|</?\w[^>]*>", text))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_placeholders_and_tags_survive_translation(language: str) -> None:
    singular = [entry for entry in catalogue(language).translated_entries() if entry.msgstr]
    assert [entry.msgid for entry in singular if marks(entry.msgid) != marks(entry.msgstr)] == []


def test_plural_forms_of_many_numbers_name_the_number() -> None:
    """None, one and two are words of their own in Arabic and may leave the figure out, but may not invent a placeholder."""
    plural = [entry for entry in catalogue("ar") if entry.msgid_plural]
    forms = [(entry, n, marks(text)) for entry in plural for n, text in entry.msgstr_plural.items()]
    assert {len(entry.msgstr_plural) for entry in plural} == {6}
    assert [(e.msgid, n) for e, n, found in forms if n >= 3 and found != marks(e.msgid_plural)] == []
    assert [(e.msgid, n) for e, n, found in forms if n < 3 and not found <= marks(e.msgid_plural)] == []


def test_arabic_is_written_as_arabic() -> None:
    """No Latin comma, semicolon or question mark at the end of a word; no hidden direction marks: pages isolate names."""
    texts = [text for entry in catalogue("ar") for text in (entry.msgstr, *entry.msgstr_plural.values())]
    assert [
        text for text in texts if re.search(r"[,;?](\s|$)|[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]", text)
    ] == []
    wordless = [
        entry.msgid
        for entry in catalogue("ar")
        if not re.search(r"[\u060c\u0621-\u064a]", entry.msgstr or entry.msgstr_plural.get(5, ""))
    ]
    assert set(wordless) <= LATIN


@pytest.mark.parametrize("language", ["en", "ar"])
def test_compiled_is_what_is_written(language: str) -> None:
    def content(entries: list[polib.POEntry | polib.MOEntry]) -> dict[tuple[str, str | None], object]:
        return {(entry.msgid, entry.msgctxt): entry.msgstr or dict(entry.msgstr_plural) for entry in entries}

    path = LOCALE / language / "LC_MESSAGES" / "django.mo"
    assert path.is_file(), "run `make messages` and commit the result"
    assert content(list(polib.mofile(str(path)))) == content(catalogue(language).translated_entries())
