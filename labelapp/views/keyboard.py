"""The keyboard: one table from which the keys, the help and the commands of the palette are made.

A new key is a line of KEYS, and a function that a script registers under its name (`labelapp.acts` in static/*.js).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labelapp.models import User


class Section(TextChoices):
    """The headings of the help, in its order."""

    MOVE = "move", _("Move")
    SELECT = "select", _("Select")
    LABEL = "label", _("Label")
    GO = "go", _("Go to")


class Place(TextChoices):
    """Pages that have keys of their own."""

    INBOX = "inbox"
    BOARD = "board"
    ELSEWHERE = "elsewhere"


BOTH = (Place.INBOX, Place.BOARD)
ON_BOARD = (Place.BOARD,)
EVERYWHERE = tuple(Place)


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the table.

    act   the name under which a script has the function; for a page, its URL name
    keys  as in `KeyboardEvent.key`. "g d": one after the other. "Mod+k": with Ctrl, on a Mac with Cmd
    """

    act: str
    keys: tuple[str, ...]
    words: str | Promise
    section: Section = Section.LABEL
    permission: str = ""
    is_page: bool = False
    places: tuple[Place, ...] = (Place.INBOX,)  # where it works
    is_command: bool = True  # is worth a line in the palette


def page(letter: str, name: str, words: str | Promise, permission: str = "") -> Key:
    """`g` and a letter lead to a page."""
    return Key(name, (f"g {letter}",), words, Section.GO, permission, is_page=True, places=EVERYWHERE)


MAY_TAG = "apply_labels"
KEYS = (
    Key("next", ("j", "ArrowDown"), _("Next chat"), Section.MOVE, places=BOTH, is_command=False),
    Key("previous", ("k", "ArrowUp"), _("Previous chat"), Section.MOVE, places=BOTH, is_command=False),
    Key("open", ("Enter",), _("Open the chat"), Section.MOVE, places=BOTH, is_command=False),
    Key("back", ("u", "Escape"), _("Back to the list"), Section.MOVE, is_command=False),
    Key(
        "column-after",
        ("ArrowRight",),
        _("The column beside, to the right"),
        Section.MOVE,
        is_command=False,
        places=ON_BOARD,
    ),
    Key(
        "column-before",
        ("ArrowLeft",),
        _("The column beside, to the left"),
        Section.MOVE,
        is_command=False,
        places=ON_BOARD,
    ),
    Key("tab-before", ("[",), _("The view before"), Section.MOVE, is_command=False),
    Key("tab-after", ("]",), _("The view after"), Section.MOVE, is_command=False),
    Key("search", ("/",), _("Search"), Section.MOVE, places=BOTH),
    Key("assign", ("a",), _("Assign to me"), permission=MAY_TAG),
    Key("assignee", (), _("Assign to somebody"), permission=MAY_TAG),
    Key("label", ("l",), _("Label the chat, or those selected"), permission=MAY_TAG),
    Key("stage-after", ("Shift+.",), _("Move the chat to the next stage"), permission=MAY_TAG, places=ON_BOARD),
    Key("stage-before", ("Shift+,",), _("Move the chat back to the stage before"), permission=MAY_TAG, places=ON_BOARD),
    Key("stage", ("m",), _("Move the chat to a stage"), permission=MAY_TAG, places=BOTH),
    Key(
        "pick-next",
        ("Shift+Enter",),
        _("In the picker: label, then the next chat"),
        permission=MAY_TAG,
        is_command=False,
    ),
    Key(
        "nth",
        tuple("123456789"),
        _("One of the first nine labels, on or off; of those selected, in the picker"),
        permission=MAY_TAG,
        is_command=False,
    ),
    Key("drop", ("y",), _("Remove this view's label; from those selected, in the picker"), permission=MAY_TAG),
    Key("repeat", (".",), _("Repeat the last change on this chat"), permission=MAY_TAG),
    Key("undo", ("z",), _("Undo"), permission=MAY_TAG, places=BOTH),
    Key("select", ("x",), _("Select the chat, or not"), Section.SELECT, MAY_TAG, is_command=False),
    Key(
        "extend",
        ("Shift+j", "Shift+ArrowDown"),
        _("Select down to the next"),
        Section.SELECT,
        MAY_TAG,
        is_command=False,
    ),
    Key(
        "extendUp",
        ("Shift+k", "Shift+ArrowUp"),
        _("Select up to the one before"),
        Section.SELECT,
        MAY_TAG,
        is_command=False,
    ),
    Key("selectAll", ("* a",), _("Select all rows that are shown"), Section.SELECT, MAY_TAG),
    Key("unselect", ("* n",), _("Select none"), Section.SELECT, MAY_TAG),
    page("c", "chats.index", _("Inbox")),
    page("b", "board.index", _("Board")),
    page("l", "labels.index", _("Labels"), "manage_labels"),
    page("w", "saved.index", _("Views")),
    page("u", "rules.index", _("Rules"), "manage_rules"),
    page("e", "events.index", _("Business events"), "manage_rules"),
    page("r", "runs.index", _("Runs"), "run_bulk"),
    page("d", "drift.index", _("Drift"), "see_operations"),
    page("i", "insights.index", _("Insights"), "see_operations"),
    page("h", "hygiene.index", _("Hygiene"), "manage_labels"),
    page("v", "deliveries.index", _("Deliveries"), "see_operations"),
    page("s", "settings.index", _("Settings"), "manage_instances"),
    page("p", "account.preferences", _("Preferences")),
    Key("palette", ("Mod+k",), _("Find a command"), Section.GO, places=EVERYWHERE, is_command=False),
    Key("help", ("?",), _("Show these keys"), Section.GO, places=EVERYWHERE),
)


def is_character(keys: str) -> bool:
    """Whether these are keys that write a character: who dictates or has a tremor presses them unasked (WCAG 2.1.4)."""
    return "Mod+" not in keys and all(len(part.removeprefix("Shift+")) == 1 for part in keys.split(" "))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table for one person: only the keys that work for them."""

    key: Key
    keys: tuple[str, ...]

    @property
    def words(self) -> str:
        return str(self.key.words)

    @property
    def href(self) -> str:
        return reverse(self.key.act) if self.key.is_page else ""


class Keyboard:
    """The table as one person has it, on a page of this kind. Costs nothing until it is asked."""

    def __init__(self, user: User, place: Place) -> None:
        self.user = user
        self.place = place

    @cached_property
    def lines(self) -> list[Line]:
        return [Line(key, self._keys(key)) for key in KEYS if self._is_for(key)]

    def _is_for(self, key: Key) -> bool:
        may = not key.permission or self.user.has_perm(f"labelapp.{key.permission}")
        return may and self.place in key.places

    def _keys(self, key: Key) -> tuple[str, ...]:
        return tuple(keys for keys in key.keys if self.user.shortcuts or not is_character(keys))

    @property
    def script(self) -> list[dict[str, Any]]:
        """For static/keys.js."""
        return [{"act": line.key.act, "keys": line.keys, "href": line.href} for line in self.lines if line.keys]

    @property
    def sections(self) -> Iterator[tuple[str, list[Line]]]:
        """For the help: what has a key, under its heading."""
        for section in Section:
            if lines := [line for line in self.lines if line.key.section == section and line.keys]:
                yield str(section.label), lines

    @property
    def commands(self) -> list[Line]:
        """For the palette: what is done on the page."""
        return [line for line in self.lines if line.key.is_command and not line.key.is_page]

    @property
    def pages(self) -> list[Line]:
        """For the palette: where one can go."""
        return [line for line in self.lines if line.key.is_page]
