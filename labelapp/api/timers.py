"""The time of a label on a chat, as programs say it and as they are told."""

import re
from typing import Annotated, Any, Literal

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Field
from pydantic import AwareDatetime, BeforeValidator

from labelapp.actions.timers import Alarm, BadTimer, Then
from labelapp.api.problems import Problem, invalid
from labelapp.api.reach import label_of
from labelapp.api.shapes import Name, Strict
from labelapp.models import Instance, User

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _written(value: Any) -> Any:
    """A number of seconds is no date-time to the document, and neither is one without its zone."""
    if value is not None and not (isinstance(value, str) and RFC_3339.fullmatch(value)):
        raise ValueError("This is no time such as 2026-11-26T10:00:00+02:00.")
    return value


class Turn(Strict):
    turn: Name = Field(description="the label that it turns into, named as in addresses: key, `wa_id:…` or `name:…`")


class Call(Strict):
    call: Name = Field(description="the username of who is told; the label stays")


class TagIn(Strict):
    """Until when the label is to be on the chat, and what happens then. Left out: its time stays as it is."""

    until: Annotated[AwareDatetime | None, BeforeValidator(_written)] = Field(
        default=None, description="with an offset, a year ahead at most; null takes its time away"
    )
    then: Literal["remove"] | Turn | Call = Field(default="remove", description="what happens then: it comes off")

    @property
    def is_asked(self) -> bool:
        """Whether it says anything of a time."""
        return bool(self.model_fields_set)


NOTHING = TagIn()


def alarm_of(body: TagIn, number: Instance) -> Alarm | None:
    """What is asked for; None: no time any more. Raises Problem 422."""
    if body.until is None:
        if "then" in body.model_fields_set:
            raise invalid("until", _("Say until when."))
        return None
    match body.then:
        case Turn():
            return Alarm(body.until, Then.TURN, turn_into=_label(number, body.then.turn))
        case Call():
            person = User.objects.filter(username=body.then.call, is_active=True).first()
            if person is None:
                raise invalid("then", _("Nobody is called “%(word)s”.") % {"word": body.then.call})
            return Alarm(body.until, Then.CALL, call=person)
    return Alarm(body.until)


def _label(number: Instance, ref: str) -> int:
    try:
        return label_of(number, ref).pk
    except Http404 as error:
        raise invalid("then", _("This number has no such label.")) from error


def refusal(error: BadTimer) -> Problem:
    """With the name that the field has here."""
    return invalid("until" if error.field == "until" else "then", str(error.message))
