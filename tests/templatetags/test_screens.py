"""Times, initials, and the texts that scripts show."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import formats, timezone, translation

from labelapp.models.fields import NEVER
from labelapp.templatetags.screens import avatar, clock, icon, initials, iso, moment, stamp, texts, when

SCRIPTS = sorted((Path(settings.BASE_DIR) / "static").glob("*.js"))


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Mariam Haddad", "MH"),
        ("أحمد سامي", "أس"),
        ("Cher", "CH"),
        ("+20 100 000", ""),
        ("", ""),
        ("ana maria de souza", "AS"),
        ("2 fast furious", "FF"),
    ],
)
def test_initials_in_any_script(name: str, short: str) -> None:
    assert initials(name) == short


def test_an_avatar_without_letters_is_a_figure() -> None:
    assert "#agent" in avatar("+20 100")
    assert "#group" in avatar("Cairo resellers", True)


def test_today_is_a_time_yesterday_a_word_before_that_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert when(now) == "12:05"
    assert when(now - timedelta(days=1)) == "Yesterday"
    assert when(datetime(2020, 3, 9, 12, tzinfo=UTC)) == "9 Mar 2020"
    assert when(datetime(2026, 1, 1, 12, tzinfo=UTC)) == "1 Jan"


def test_times_are_in_the_readers_zone() -> None:
    midnight = datetime(2020, 3, 9, 23, 30, tzinfo=UTC)
    with timezone.override("Africa/Cairo"):
        assert (clock(midnight), moment(midnight)) == ("01:30", "10 Mar 2020, 01:30")
        assert stamp(midnight) == "2020-03-10 01:30"


def test_arabic_has_its_own_comma_and_the_figures_of_the_scripts() -> None:
    with translation.override("ar"):
        assert moment(datetime(2020, 3, 9, 8, 5, tzinfo=UTC)) == "9 مارس 2020، 08:05"
        assert (intcomma(1204567), formats.localize(4.5)) == ("1,204,567", "4.5")


@pytest.mark.parametrize("show", [when, moment, iso, clock])
def test_never_and_nothing_show_as_nothing(show: object) -> None:
    assert (show(NEVER), show(None)) == ("", "")  # type: ignore[operator]


def test_every_text_that_a_script_uses_is_there() -> None:
    used = {name for script in SCRIPTS for name in re.findall(r"\btexts\.(\w+)", script.read_text())}
    assert len(used) > 10
    assert used <= set(texts())


def test_every_icon_that_the_code_names_is_in_the_file() -> None:
    drawn = set(re.findall(r'id="([\w-]+)"', (Path(settings.BASE_DIR) / "static" / "icons.svg").read_text()))
    sources = [
        *Path(settings.BASE_DIR, "templates").rglob("*.html"),
        *Path(settings.BASE_DIR, "labelapp").rglob("*.py"),
    ]
    named = {name for path in sources for name in re.findall(r"""\bicon[ (]["']([\w-]+)["']""", path.read_text())}
    assert len(named) > 20
    assert named - drawn == set()


def test_plural_forms_keep_their_number_for_the_script() -> None:
    with translation.override("ar"):
        assert set(texts()["news"]) == {"zero", "one", "two", "few", "many", "other"}  # type: ignore[call-overload]
    assert texts()["news"]["other"] == "%(n)s chats have news"  # type: ignore[index]


def test_icons_are_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in icon("x")
