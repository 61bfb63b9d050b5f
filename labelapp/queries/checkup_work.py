"""What `manage.py doctor` finds of the work: who does it, what waits for too long, and what waits for a person."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labelapp.models import Instance
from labelapp.models.reasons import sentence
from labelapp.queries.checkup import Check, Level, failure, ok, warning
from labelapp.queries.health import compare_every, poll_every, span
from labelapp.queries.metrics import NumberFigures

LATE, TOO_LATE = 60.0, 600.0  # seconds that work may wait before it is a warning, and a failure


def check_workers(alive: int) -> Check:
    """Whether anybody does the work. `alive`: workers that showed themselves lately."""
    if not alive:
        todo = _("Start manage.py serve, or manage.py worker; its log says why it ended.")
        return failure(
            "work.no_worker", _("No worker has shown itself for 30 s: nothing is sent and nothing taken over."), todo
        )
    return ok("work.workers", ngettext("%(n)d worker alive.", "%(n)d workers alive.", alive) % {"n": alive})


def check_work(number: Instance, found: NumberFigures) -> Iterator[Check]:
    """What waits at a number, for how long, and what waits for a person."""
    lines = [
        *_late(number, "work.deliveries_late", _waiting(found), found.deliveries_age),
        *_late(number, "work.wishes_late", _on_their_way(found), found.pairs_age),
        *_overdue(number, found),
        *_for_people(number, found),
    ]
    yield from lines or [ok("work.nothing_late", _("Nothing waits for long."), number.slug)]


def _waiting(found: NumberFigures) -> str:
    n, age = found.deliveries_waiting, found.deliveries_age or 0.0
    words = ngettext(
        "%(n)d delivery waits, the oldest for %(span)s.", "%(n)d deliveries wait, the oldest for %(span)s.", n
    )
    return words % {"n": n, "span": span(age)}


def _on_their_way(found: NumberFigures) -> str:
    n, age = found.pairs_open, found.pairs_age or 0.0
    words = ngettext(
        "%(n)d change is on its way, the oldest for %(span)s.",
        "%(n)d changes are on their way, the oldest for %(span)s.",
        n,
    )
    return words % {"n": n, "span": span(age)}


def _late(number: Instance, code: str, words: str, age: float | None) -> Iterator[Check]:
    if age is None or age < LATE:
        return
    level = Level.FAILURE if age > TOO_LATE and number.is_ready else Level.WARNING
    todo = _("Look at the provider's lines here and at the log of the worker.")
    yield Check(code, level, words, todo, number.slug)


def _overdue(number: Instance, found: NumberFigures) -> Iterator[Check]:
    if number.import_reason:
        words = _("The import stands still: %(words)s") % {"words": number.import_reason}
        yield failure("work.import_stuck", words, _("Look at the provider."), number.slug)
    elif number.import_stage == Instance.ImportStage.DONE and number.is_ready:
        if number.reconcile_error:
            words = sentence(number.reconcile_error)
            if not number.is_compared_in_part:
                words = _("It could not be compared with WhatsApp: %(words)s") % {"words": words}
            yield warning("work.compare_failed", words, _("Look at the provider."), number.slug)
        if _is_overdue(found.compared_age, compare_every(number)):
            old = _("It was last compared with WhatsApp %(span)s ago; it should be every %(every)s.")
            words = _aged(old, found.compared_age, compare_every(number)) or _("It was never compared with WhatsApp.")
            yield warning("work.not_compared", words, _("Look at the log of the worker."), number.slug)
        if _is_overdue(found.polled_age, poll_every(number)):
            old = _("It was last asked for its chats %(span)s ago; it should be every %(every)s.")
            words = _aged(old, found.polled_age, poll_every(number)) or _("It was never asked for its chats.")
            yield warning("work.not_polled", words, _("Look at the log of the worker."), number.slug)


def _is_overdue(age: float | None, every: float) -> bool:
    return age is None or age > 3 * every + LATE


def _aged(words: str, age: float | None, every: float) -> str:
    return "" if age is None else words % {"span": span(age), "every": span(every)}


def _for_people(number: Instance, found: NumberFigures) -> Iterator[Check]:
    counts = (
        ("work.deliveries_parked", n := found.deliveries_parked, _parked(n), "/deliveries/"),
        ("work.wishes_failed", n := found.pairs_failed, _given_up(n), "/drift/"),
        ("work.findings", n := found.findings, _undecided(n), "/drift/"),
        ("work.wishes_held", n := found.pairs_held, _held(n), "/chats/held/"),
    )
    for code, count, words, page in counts:
        if count:
            todo = _("Look at %(page)s.") % {"page": f"{settings.PUBLIC_URL}{page}?instance={number.slug}"}
            yield warning(code, words % {"n": count}, todo, number.slug)


def _parked(n: int) -> str:
    return ngettext("%(n)d delivery could not be applied.", "%(n)d deliveries could not be applied.", n)


def _given_up(n: int) -> str:
    return ngettext("%(n)d change was given up.", "%(n)d changes were given up.", n)


def _undecided(n: int) -> str:
    return ngettext("%(n)d difference waits for a decision.", "%(n)d differences wait for a decision.", n)


def _held(n: int) -> str:
    return ngettext("%(n)d old change asks before it is sent.", "%(n)d old changes ask before they are sent.", n)
