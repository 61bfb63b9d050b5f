"""The manual names every field and value of the query language."""

from pathlib import Path

from labelapp.queries.language.terms import CHOICES, FIELDS, UNITS

TEXT = (Path(__file__).parent.parent / "docs" / "query-language.md").read_text()


def test_the_manual_names_all_of_the_language() -> None:
    assert [field for field in FIELDS if f"`{field}:" not in TEXT] == []
    values = [value for values in CHOICES.values() for value in values]
    assert [value for value in [*values, *UNITS] if f"{value}`" not in TEXT] == []
