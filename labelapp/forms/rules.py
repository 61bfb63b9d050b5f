"""A rule as people write it: when, if, then. One form, of which most may stay empty."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labelapp.actions.rules import NAME_LENGTH
from labelapp.forms.dress import dress, offer
from labelapp.models import Instance, Rule
from labelapp.queries.directory import Directory
from labelapp.queries.outgoing import hooks_of
from labelapp.queries.people import people_of
from labelapp.queries.rules.specs import NOBODY, Wrong
from labelapp.queries.rules.words import Mode, entries_of
from labelapp.queries.rules.world import NoQuery, World, query_of, text_of

UNITS = {"m": 60, "h": 3600, "d": 86400}  # seconds
PERIODS = [("m", _("minutes")), ("h", _("hours")), ("d", _("days"))]
DAYS = [
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
]
LABELS = ("labels", "has", "lacks", "add", "remove", "answers")
DOES = ("add", "remove", "stage", "assign", "notify", "urgent", "hook", "ask", "answers")


def _whole(label: Any, least: int = 1, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=500_000, **more)


def _several(label: Any, help_text: Any = "") -> forms.TypedMultipleChoiceField:
    """Keys to tick: of labels, of people."""
    return forms.TypedMultipleChoiceField(
        label=label, coerce=int, required=False, help_text=help_text, widget=forms.CheckboxSelectMultiple
    )


def _choice(label: Any, choices: Any = (), **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=False, **more)


class RuleForm(forms.Form):
    """`columns`, once it is valid: those of `actions.rules`. What makes no sense together the action tells (`wrong`)."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        error_messages={"required": _("Give the rule a name.")},
        help_text=_("The history names it as the cause of what it does."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "autofocus": True}),
    )
    trigger = forms.ChoiceField(label=_("When"), choices=Rule.Trigger.choices)
    labels = _several(_("Which label"), _("None chosen: any label."))
    source = _choice(_("By"), [("", _("anybody")), ("app", _("a person, by the app")), ("api", _("a bot, by the API"))])
    event = forms.CharField(
        label=_("Type of the event"),
        required=False,
        help_text=_("As the program writes it: payment.succeeded. Empty: any."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
    )
    wait = _whole(_("For how long"))
    wait_unit = _choice(_("Unit"), PERIODS, initial="h")

    mode = _choice(_("It says"), Mode.choices, initial=Mode.ANY)
    words = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=20_000,
        help_text=_(
            "One in a line, or with commas between. Capitals, accents and Arabic letter forms make no difference; urgen* stands for "
            "all words that begin so. Empty: whatever it says."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto", "spellcheck": "false"}),
    )
    has = _several(_("One of these labels is there already"))
    lacks = _several(_("None of these labels is there"))
    chat = _choice(_("Chats with"), [("", _("everybody")), ("person", _("one person")), ("group", _("a group"))])
    hours_from = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    hours_until = forms.TimeField(label=_("Until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    days = forms.TypedMultipleChoiceField(
        label=_("Days"), choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    outside = forms.BooleanField(label=_("Outside of these times"), required=False)
    first = forms.BooleanField(label=_("It is the first message of a new chat"), required=False)
    query = forms.CharField(
        label=_("The chat is found by"),
        required=False,
        max_length=500,
        help_text=_("A filter as in the inbox: stage:quoted -label:vip last:>2d"),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "spellcheck": "false"}),
    )

    add = _several(_("Add labels"))
    lasts = _whole(_("They come off again after"), help_text=_("Empty: they stay."))
    lasts_unit = _choice(_("Unit"), PERIODS, initial="h")
    remove = _several(_("Remove labels"))
    stage = _choice(_("Move to the stage"))
    assign = _choice(_("Give the chat to"))
    notify = _several(
        _("Tell people"), _("On a page that they have open, or in their list of notifications. Never the customer.")
    )
    urgent = forms.BooleanField(
        label=_("As urgent"), required=False, help_text=_("Also in their quiet hours, and it stays on the screen.")
    )
    hook = _choice(
        _("Call an outgoing hook"),
        help_text=_(
            "It is posted that the rule fired, with the chat and its labels, whatever else the hook is told of."
        ),
    )
    ask = _choice(
        _("Ask a classifier"),
        help_text=_("The text of the message is posted to an outgoing hook, and the answer names labels."),
    )
    answers = _several(_("Labels that the classifier may put on"))
    per_chat = _whole(_("At most so often in one chat"), help_text=_("Empty: as often as it matches."))
    cooldown = _whole(_("Minutes between two times in one chat"), 0, help_text=_("Empty: none."))

    def __init__(
        self, *args: Any, instance: Instance, directory: Directory, rule: Rule | None = None, **kw: Any
    ) -> None:
        self.instance, self.rule = instance, rule
        self.tags = {tag.pk: tag for section in directory.sections for tag in section.tags if not tag.ghost}
        self.world = World(instance, ())
        if rule is not None:
            kw["initial"] = self._shown(rule)
        super().__init__(*args, **kw)
        every = [(tag.pk, tag.name) for tag in self.tags.values()]
        for name in LABELS:
            offer(self, name, every)
        stages = [(tag.pk, tag.name) for tag in self.tags.values() if tag.exclusive]
        offer(self, "stage", [("", _("leave it where it is")), *stages])
        people = [(user.pk, user.display_name) for user in people_of(instance)]
        offer(self, "assign", [("", _("leave it as it is")), (NOBODY, _("nobody")), *people])
        offer(self, "notify", people)
        hooks = [(hook.pk, hook.name) for hook in hooks_of(instance)]
        offer(self, "hook", [("", _("none")), *hooks])
        offer(self, "ask", [("", _("none")), *hooks])
        dress(self)

    def _shown(self, rule: Rule) -> dict[str, Any]:
        """The rule's JSON as values of the fields. Labels that are gone can't be ticked."""
        asked, does, about = rule.conditions, rule.actions, rule.trigger_data
        hours, text = asked.get("hours") or {}, asked.get("text") or {}
        wait, wait_unit = _parts(about.get("seconds") or 0)
        lasts, lasts_unit = _parts(does.get("lasts") or 0)
        return {
            "name": rule.name,
            "trigger": rule.trigger,
            **{key: about.get(key) for key in ("labels", "source", "event")},
            "wait": wait,
            "wait_unit": wait_unit,
            "mode": text.get("mode", Mode.ANY),
            "words": "\n".join(text.get("entries", ())),
            **{key: asked.get(key) for key in ("has", "lacks", "chat", "first")},
            "hours_from": hours.get("from"),
            "hours_until": hours.get("until"),
            **{key: hours.get(key) for key in ("days", "outside")},
            "query": text_of(self.world, asked.get("query") or []),
            **{key: does.get(key) for key in DOES},
            "lasts": lasts,
            "lasts_unit": lasts_unit,
            "per_chat": rule.per_chat,
            "cooldown": rule.cooldown // 60 or None,
        }

    def clean_query(self) -> Any:
        """In its kept form, which outlives new names of labels."""
        typed = self.cleaned_data["query"].strip()
        try:
            return query_of(self.world, typed) if typed else []
        except NoQuery as error:
            raise forms.ValidationError(str(error)) from error

    @property
    def columns(self) -> dict[str, Any]:
        said = self.cleaned_data
        about = {"labels": said["labels"], "source": said["source"], "event": said["event"]}
        about["seconds"] = (said["wait"] or 0) * UNITS[said["wait_unit"] or "h"]
        assign = said["assign"]
        does = {
            "add": said["add"],
            "remove": said["remove"],
            "stage": int(said["stage"]) if said["stage"] else None,
            "assign": int(assign) if assign.isdecimal() else assign,
            "notify": said["notify"],
            "urgent": said["urgent"] and bool(said["notify"]),
            "hook": int(said["hook"]) if said["hook"] else None,
            "ask": int(said["ask"]) if said["ask"] else None,
            "answers": said["answers"] if said["ask"] else [],
            "lasts": (said["lasts"] or 0) * UNITS[said["lasts_unit"] or "h"],
        }
        return {
            "name": said["name"],
            "trigger": said["trigger"],
            "trigger_data": _filled(about),
            "conditions": self._conditions(said),
            "actions": _filled(does),
            "per_chat": said["per_chat"],
            "cooldown": (said["cooldown"] or 0) * 60,
        }

    def _conditions(self, said: Mapping[str, Any]) -> dict[str, Any]:
        asked: dict[str, Any] = {key: said[key] for key in ("has", "lacks", "chat", "first", "query")}
        mode = said["mode"] or Mode.ANY
        if entries := entries_of(mode, said["words"]):
            asked["text"] = {"mode": mode, "entries": entries}
        if said["hours_from"] or said["hours_until"]:
            times = {"from": _clock(said["hours_from"]), "until": _clock(said["hours_until"])}
            asked["hours"] = times | {"days": said["days"], "outside": said["outside"]}
        return _filled(asked)

    def wrong(self, error: Wrong) -> None:
        """Show what the action found, beside its field."""
        self.add_error(error.field if error.field in self.fields else None, str(error.message))


def _parts(seconds: int) -> tuple[int | None, str]:
    """A span in its largest unit; None for none."""
    unit = next((unit for unit in ("d", "h", "m") if seconds and seconds % UNITS[unit] == 0), "h")
    return seconds // UNITS[unit] or None, unit


def _clock(value: Any) -> str:
    return f"{value:%H:%M}" if value else ""


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
