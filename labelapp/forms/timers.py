"""Until when a label is to be on a chat, and what happens then: a few likely times, or any."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.timers import Alarm, BadTimer
from labelapp.forms.dress import dress, offer
from labelapp.models import LabelTimer, User
from labelapp.queries.directory import Tag

Then = LabelTimer.Then
MORNING = time(9)
AT = "at"
MONDAY = 0


def likely_times(now: datetime) -> dict[str, datetime]:
    """The times that are offered, in the active time zone: a morning is at nine there, also on the day when the clocks are changed."""
    local = timezone.localtime(now)
    today = local.date()
    monday = today + timedelta(days=(MONDAY - today.weekday() - 1) % 7 + 1)
    wall = {
        "morning": datetime.combine(today + timedelta(days=1), MORNING),
        "monday": datetime.combine(monday, MORNING),
        "week": (local + timedelta(days=7)).replace(tzinfo=None),
    }
    zone = timezone.get_current_timezone()
    return {"hour": now + timedelta(hours=1)} | {
        key: at.replace(tzinfo=zone).astimezone(UTC) for key, at in wall.items()
    }


class LocalTimeField(forms.Field):
    """A day and a time as the person's own clock shows it, as a UTC datetime. Of an hour that comes twice the first one is meant."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        zone = timezone.get_current_timezone()
        try:
            local = datetime.fromisoformat(str(value)).replace(tzinfo=None)
            found = local.replace(tzinfo=zone).astimezone(UTC)
            exists = found.astimezone(zone).replace(tzinfo=None) == local
        except (ValueError, OverflowError) as error:
            raise ValidationError(_("This is no day with a time.")) from error
        if not exists:
            raise ValidationError(_("This hour is left out on that day: the clocks are put forward."))
        return found

    def prepare_value(self, value: Any) -> Any:
        return timezone.localtime(value).replace(tzinfo=None) if isinstance(value, datetime) else value


class TimerForm(forms.Form):
    """`alarm`, once it is valid. What makes no sense the action tells (`wrong`)."""

    when = forms.ChoiceField(label=_("Until"), widget=forms.RadioSelect)
    at = LocalTimeField(label=_("Day and time"), required=False)
    then = forms.ChoiceField(label=_("Then"), widget=forms.RadioSelect)
    turn_into = forms.TypedChoiceField(label=_("Label"), coerce=int, empty_value=None, required=False)
    call = forms.TypedChoiceField(label=_("Person"), coerce=int, empty_value=None, required=False)

    def __init__(
        self, *args: Any, timer: LabelTimer | None, tags: Sequence[Tag], people: Sequence[User], user: User, **kw: Any
    ) -> None:
        """`tags`: what the label may turn into. `people`: who may be told, `user` among them."""
        self.now, self.people = timezone.now(), {person.pk: person for person in people}
        self.times = likely_times(self.now)
        kw["initial"] = self._initial(timer, user)
        super().__init__(*args, **kw)
        words: Mapping[str, Any] = {
            "hour": _("In an hour"),
            "morning": _("Tomorrow"),
            "monday": _("Next Monday"),
            "week": _("In a week"),
        }
        times = [(key, f"{words[key]} · {_told(at, key)}") for key, at in self.times.items()]
        offer(self, "when", [*times, (AT, _("Another time"))])
        ways = {Then.REMOVE: _("It comes off"), Then.TURN: _("It turns into"), Then.CALL: _("Somebody is told")}
        offer(self, "then", [(way.value, said) for way, said in ways.items()])
        offer(self, "turn_into", [("", _("Choose a label")), *((tag.pk, tag.name) for tag in tags)])
        others = [(person.pk, person.display_name) for person in people if person != user]
        offer(self, "call", [(user.pk, _("Me")), *others])
        dress(self)

    def _initial(self, timer: LabelTimer | None, user: User) -> dict[str, Any]:
        if timer is None:
            return {"when": "morning", "then": Then.REMOVE, "call": user.pk, "at": self.times["morning"]}
        is_over = timer.due_at <= self.now
        return {
            "when": "morning" if is_over else AT,
            "at": self.times["morning"] if is_over else timer.due_at,
            "then": timer.then,
            "turn_into": timer.turn_into_id,
            "call": timer.call_id or user.pk,
        }

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("when") == AT and not said.get("at") and "at" not in self.errors:
            self.add_error("at", _("Give a day and a time."))
        return said

    @property
    def alarm(self) -> Alarm:
        said = self.cleaned_data
        then = Then(said["then"])
        return Alarm(
            said["at"] if said["when"] == AT else self.times[said["when"]],
            then,
            said["turn_into"] if then == Then.TURN else None,
            self.people.get(said["call"]) if then == Then.CALL else None,
        )

    def wrong(self, error: BadTimer) -> None:
        """Show what the action found, beside its field."""
        fields = {"until": "at" if self.cleaned_data["when"] == AT else "when"}
        self.add_error(fields.get(error.field, error.field), str(error.message))


def _told(at: datetime, key: str) -> str:
    """The time, and where the words don't tell it the day of the week."""
    return formats.date_format(timezone.localtime(at), "D H:i" if key == "week" else "H:i")
