"""Runs over many chats: begun, looked at, paused, stopped, taken back."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router

from labelapp.actions.run_starts import start
from labelapp.actions.run_targets import Target, chosen, matching
from labelapp.actions.run_undo import undo as take_back
from labelapp.actions.runs import cancel, pause, resume
from labelapp.api.chats import understood
from labelapp.api.door import MANAGE, READ, actor, in_person, token
from labelapp.api.problems import Problem, invalid
from labelapp.api.reach import chats_named, numbers_of, run_of
from labelapp.api.refs import Cursor, Limit, Many, RunRef
from labelapp.api.repeats import IdempotencyKey, once
from labelapp.api.run_shapes import ResultOut, ResultsOut, RunIn, RunOut, RunsOut, RunStateIn
from labelapp.api.tables import TABLE, page_or_table
from labelapp.models import Instance
from labelapp.queries.programs import runs_page
from labelapp.queries.run_labels import Wanted
from labelapp.queries.run_tallies import tallies, tally
from labelapp.queries.runs import results_after
from labelapp.queries.scopes import scope_of

router = Router(tags=["Runs"])
MOVES = {"paused": pause, "running": resume, "cancelled": cancel}


@router.get("/runs", auth=READ, response=RunsOut, summary="Runs, newest first")
def runs(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> RunsOut:
    """Those all of whose numbers the token reaches."""
    rows, following = runs_page(numbers_of(token(request)), cursor, limit)
    counted = tallies(rows)
    items = [RunOut.of(run, counted[run.pk]) for run in rows]
    return RunsOut(items=items, next=str(following) if following else None)


@router.post("/runs", auth=MANAGE, response={201: RunOut}, summary="Begin a run over many chats")
def begin(request: HttpRequest, body: RunIn, idempotency_key: IdempotencyKey = None) -> HttpResponse:
    """Over all chats that match `q` as they are now, or over `chats`. Labels bind by their names at each number.

    The run is in the name of whoever made the token, who must be allowed it too. What of `q` is not understood is refused.
    """
    if (body.q is None) == (body.chats is None):
        raise invalid("q", _("Say either q or chats."))
    return once(request, lambda: _begun(request, body))


def _begun(request: HttpRequest, body: RunIn) -> RunOut:
    numbers = numbers_of(token(request), body.instance)
    target, unmatched = _target(request, body, numbers)
    wanted = Wanted(tuple(dict.fromkeys(body.add)), tuple(dict.fromkeys(body.remove)))
    purpose = body.purpose or token(request).name
    run = start(in_person(request), target, wanted, purpose=purpose, numbers=numbers)
    return RunOut.of(run, tally(run), unmatched)


def _target(request: HttpRequest, body: RunIn, numbers: list[Instance]) -> tuple[Target, list[str]]:
    """The chats, and what names none."""
    if body.q is None:
        found, unmatched = chats_named(numbers, body.chats or [])
        return chosen(found), unmatched
    scope = scope_of(token(request).created_by, numbers)
    return matching(scope, understood(scope, body.q)), []


@router.get("/runs/{pk}", auth=READ, response=RunOut, summary="How far a run is")
def run(request: HttpRequest, pk: RunRef) -> RunOut:
    found = run_of(token(request), pk)
    return RunOut.of(found, tally(found))


@router.put("/runs/{pk}/state", auth=MANAGE, response=RunOut, summary="Pause a run, go on with it, or stop it")
def state(request: HttpRequest, pk: RunRef, body: RunStateIn) -> RunOut:
    """What is on its way arrives, and what was done stays. If it is so already: 200, and nothing happens. 409 for a run that is over."""
    found = run_of(token(request), pk)
    done = MOVES[body.state](actor(request), found)
    found = run_of(token(request), pk)
    if not done and found.state != body.state:
        raise Problem(409, _("This run is over, or has not begun."))
    return RunOut.of(found, tally(found))


@router.get(
    "/runs/{pk}/results",
    auth=READ,
    response=ResultsOut,
    summary="What became of each chat of a run",
    openapi_extra=TABLE,
)
def results(
    request: HttpRequest,
    pk: RunRef,
    state: Literal["changed", "already", "failed", "skipped", "waiting"] | None = None,
    cursor: Cursor = None,
    limit: Many = 100,
    format: Literal["json", "csv"] = "json",
) -> HttpResponse:
    """In the order of the run: all, or those that came to this state (`waiting`: those under way as well). As JSON, or as CSV in which
    no cell begins a formula; the `Link` header leads to the next page of either."""
    found = results_after(run_of(token(request), pk), state or "", cursor or 0, limit + 1)
    following = str(found[limit - 1].place.pk) if len(found) > limit else None
    page = ResultsOut(items=[ResultOut.of(row) for row in found[:limit]], next=following)
    return page_or_table(request, page, ResultOut, following, f"run-{pk}", format)


@router.post("/runs/{pk}/undo", auth=MANAGE, response={201: RunOut}, summary="Take a run back")
def undo(request: HttpRequest, pk: RunRef, idempotency_key: IdempotencyKey = None) -> HttpResponse:
    """Begins a run that reverses what this one really changed and nobody has changed since. 409 for one that is under way, that is being
    taken back, or that has changed nothing."""
    return once(request, lambda: _taken_back(request, pk))


def _taken_back(request: HttpRequest, pk: int) -> RunOut:
    made = take_back(in_person(request), run_of(token(request), pk))
    return RunOut.of(made, tally(made))
