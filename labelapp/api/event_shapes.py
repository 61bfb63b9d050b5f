"""What business events say, and what they are answered."""

import json
import math
import unicodedata
from hashlib import sha256
from typing import Annotated, Any, Literal

from ninja import Field
from ninja import Schema as Plain
from pydantic import StringConstraints

from labelapp.api.shapes import MOST_KEY, NO_NUL, AssignmentOut, Strict
from labelapp.models import BusinessEvent, ChatLabel
from labelapp.models.events import ID, ID_LENGTH, TYPE, TYPE_LENGTH

DEEPEST = 50  # objects and lists in each other
Text = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=NO_NUL)]


class EventIn(Strict):
    id: Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH, pattern=ID)] = Field(
        description="your own id of the event: the same event with the same id is accepted once", examples=["evt_1001"]
    )
    type: Annotated[str, StringConstraints(min_length=1, max_length=TYPE_LENGTH, pattern=TYPE)] = Field(
        description="what has happened; mappings go by it", examples=["payment.succeeded"]
    )
    phone: Text | None = Field(
        default=None,
        description="the customer's phone number: who has not written yet is waited for. Either this or `chat`",
        examples=["+201001234567"],
    )
    chat: Annotated[int, Field(ge=1, le=MOST_KEY, strict=True)] | Text | None = Field(
        default=None, description="a chat that is there, named as in addresses. Either this or `phone`", examples=[17]
    )
    data: dict[str, Any] = Field(default={}, description="what else you know of it; kept, and shown on the page")
    instance: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)] | None = Field(
        default=None, description="the short name of one number; without it all that the token reaches"
    )

    @property
    def fingerprint(self) -> str:
        """Of all that it says, however it was written."""
        return sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()


class EventOut(Plain):
    """What became of an event."""

    id: str
    type: str
    outcome: Literal["applied", "unchanged", "unmapped", "paused", "failed", "expired", "unmatched", "accepted"] = (
        Field(
            description="applied: its labels are wished. unchanged: they were so already. unmapped: nothing is mapped to the type. "
            "paused: its mapping names a deleted label. failed: see `reason`. unmatched: no chat has the number yet, it waits. "
            "expired: none came. accepted: it is stored and will be carried out"
        )
    )
    instance: str | None = Field(description="the short name of the number; null: not clear yet")
    chat: int | None = Field(description="null: no chat has the number yet")
    phone: str = Field(description='as "+2010…", empty where the chat was named')
    labels: list[AssignmentOut] = Field(description="what was asked for, put on (`wanted`) or taken off, with receipts")
    stage: AssignmentOut | None = Field(description="the stage that the chat was moved to")
    reason: str = Field(description="what stood in its way, in words; empty otherwise")

    @staticmethod
    def of(event: BusinessEvent, pairs: dict[int, ChatLabel]) -> "EventOut":
        """`pairs`: those of its chat, by label."""
        waiting = "unmatched" if event.is_unmatched else "accepted"
        stages = {one["label"] for one in event.asked if one["stage"]}
        shown = {pk: AssignmentOut.of(pair) for pk, pair in pairs.items()}
        return EventOut(
            id=event.external_id,
            type=event.type,
            outcome=event.outcome or waiting,  # type: ignore[arg-type]  # the model's choices
            instance=event.instance.slug if event.instance else None,
            chat=event.chat_id,
            phone=event.phone,
            labels=[one for pk, one in shown.items() if pk not in stages],
            stage=next((one for pk, one in shown.items() if pk in stages), None),
            reason=event.why,
        )


def is_storable(data: dict[str, Any]) -> bool:
    """Whether every database keeps it as it is: no NUL, no halves of characters, no endless numbers, not nested without end."""
    waiting: list[tuple[Any, int]] = [(data, 1)]
    while waiting:
        one, depth = waiting.pop()
        if isinstance(one, str):
            if "\0" in one or any(unicodedata.category(character) == "Cs" for character in one):
                return False
        elif isinstance(one, float):
            if not math.isfinite(one):
                return False
        elif isinstance(one, dict | list):
            if depth > DEEPEST:
                return False
            parts = [*one.keys(), *one.values()] if isinstance(one, dict) else one
            waiting += [(part, depth + 1) for part in parts]
    return True
