"""What goes in and out about runs, as the document tells it."""

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from labelapp.api.shapes import NO_NUL, Name, Strict, when
from labelapp.models import Run
from labelapp.queries.run_tallies import Tally
from labelapp.queries.runs import Result


class RunIn(Strict):
    """Labels to put on and take off many chats. Exactly one of `q` and `chats` says which."""

    add: list[Name] = Field(default=[], max_length=20, description="names of labels")
    remove: list[Name] = Field(default=[], max_length=20, description="names of labels")
    q: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        pattern=NO_NUL,
        description="all chats that match, in the language of the search",
    )
    chats: list[Name] | None = Field(
        default=None, min_length=1, max_length=20_000, description="keys, addresses or phone numbers"
    )
    instance: Name | None = Field(default=None, description="the short name of one number; without it all of the token")
    purpose: str = Field(default="", max_length=200, pattern=NO_NUL, description="why, for the people who see it")


class TallyOut(Schema):
    waiting: int
    sent: int
    changed: int
    already: int
    failed: int
    skipped: int


class RunOut(Schema):
    id: int
    state: Literal["preparing", "running", "paused", "cancelled", "done"]
    add: list[str]
    remove: list[str]
    q: str = Field(description="the query, where it was one")
    purpose: str
    instances: list[str]
    tally: TallyOut
    total: int = Field(description="chats of the run")
    created_at: datetime
    ended_at: datetime | None
    reason: str = Field(description="why it stopped itself, in words; empty otherwise")
    unmatched: list[str] = Field(default=[], description="what of `chats` has no chat; told once, as the run begins")

    @staticmethod
    def of(run: Run, tally: Tally, unmatched: list[str] | None = None) -> "RunOut":
        parts = {name: tally.of(name) for name in TallyOut.model_fields}
        return RunOut(
            id=run.pk,
            state=run.state,  # type: ignore[arg-type]  # the model's choices
            add=run.adds,
            remove=run.removes,
            q=run.target_text if run.target == Run.Target.QUERY else "",
            purpose=run.purpose,
            instances=[number.slug for number in run.numbers.all()],
            tally=TallyOut(**parts),
            total=tally.total,
            created_at=run.created_at,
            ended_at=run.ended_at,
            reason=run.reason,
            unmatched=unmatched or [],
        )


class RunStateIn(Strict):
    state: Literal["running", "paused", "cancelled"]


class RunsOut(Schema):
    items: list[RunOut]
    next: str | None


class ResultOut(Schema):
    """What became of one chat of a run."""

    id: int = Field(description="its place in the run")
    chat: int
    instance: str
    jid: str
    name: str
    add: list[str] = Field(description="what the run put on, or was to")
    remove: list[str] = Field(description="what the run took off, or was to")
    state: Literal["waiting", "sent", "changed", "already", "failed", "skipped"]
    reason: str = Field(description="why it failed, was left out or waits, in words; empty otherwise")
    at: datetime | None = Field(description="when it came to this; null before it has begun")

    @staticmethod
    def of(row: Result) -> "ResultOut":
        place = row.place
        return ResultOut(
            id=place.pk,
            chat=place.chat_id,
            instance=place.instance.slug,
            jid=place.chat.jid,
            name=place.chat.name,
            add=[change.tag.name for change in row.changes if change.item.on],
            remove=[change.tag.name for change in row.changes if not change.item.on],
            state=place.state,  # type: ignore[arg-type]  # the model's choices
            reason=place.words,
            at=when(place.at),
        )


class ResultsOut(Schema):
    items: list[ResultOut]
    next: str | None
