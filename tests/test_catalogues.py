"""The translations: every string is in both catalogues, Arabic is complete, and what is compiled is what is written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "labelapp" / "locale"
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}


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
    for call in re.findall(r"\b[np]?gettext\((u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))", templatize(source)):
        yield ast.literal_eval(call.removeprefix("u"))


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


@pytest.mark.parametrize("language", ["en", "ar"])
def test_placeholders_survive_translation(language: str) -> None:
    names = re.compile(r"%\(\w+\)[sd]|(?<!%)%[sd]|\{\w*\}")
    broken = [
        entry.msgid
        for entry in catalogue(language).translated_entries()
        if entry.msgstr and set(names.findall(entry.msgid)) != set(names.findall(entry.msgstr))
    ]
    assert broken == []


@pytest.mark.parametrize("language", ["en", "ar"])
def test_compiled_is_what_is_written(language: str) -> None:
    def content(entries: list[polib.POEntry | polib.MOEntry]) -> dict[tuple[str, str | None], object]:
        return {(entry.msgid, entry.msgctxt): entry.msgstr or dict(entry.msgstr_plural) for entry in entries}

    path = LOCALE / language / "LC_MESSAGES" / "django.mo"
    assert path.is_file(), "run `make messages` and commit the result"
    assert content(list(polib.mofile(str(path)))) == content(catalogue(language).translated_entries())
