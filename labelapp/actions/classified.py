"""What classifiers have said: the labels that the rule lets them put on go on through the one door; else the rule says why not."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.classifying import PAUSES, Question
from labelapp.actions.pairs import RULES, lock_chat
from labelapp.actions.ruling import Live, may_turn, rule_actor
from labelapp.actions.tagging import tag
from labelapp.actions.transactions import patient
from labelapp.models import Ask, Label, Rule
from labelapp.models.reasons import Reason
from labelapp.queries.language.folding import fold
from labelapp.queries.rules.specs import Spec, Wrong, spec_of
from labelapp.queries.rules.world import held_labels
from labelapp.whatsapp.classifier import BadAnswer, names_in
from labelapp.whatsapp.outgoing import Answer, Failure

Outcome = Ask.Outcome
REASONS = {
    Failure.FORBIDDEN: Reason.ASK_PRIVATE,
    Failure.TIMED_OUT: Reason.ASK_SLOW,
    Failure.NO_CONNECTION: Reason.ASK_AWAY,
    Failure.LOCKED: Reason.ASK_LOCKED,
    Failure.TOO_LONG: Reason.ASK_LONG,
}
PASSING = (Failure.TIMED_OUT, Failure.NO_CONNECTION)
BUSY = (408, 425, 429)
SHOWN = 5  # names in a reason


@patient
def settle_ask(job: Question, answer: Answer) -> None:
    """Write what came of an attempt: labels, or why there are none, and whether it is tried again. Safe to run twice.

    The rule shows the reason after the first attempt, and when it is given up. A rule that rests, or was switched off meanwhile,
    puts nothing on.
    """
    rows = Ask.objects.select_for_update(no_key=True, of=("self",)).select_related("rule")
    ask = rows.filter(pk=job.pk, attempts=job.attempt, outcome=Outcome.WAITING).first()
    if ask is None:
        return
    ask.reason = _why_not(answer)
    ask.outcome = Outcome.FAILED if ask.reason else Outcome.ANSWERED
    if ask.reason and _is_passing(answer) and ask.attempts <= len(PAUSES):
        if ask.attempts == 1:
            _complain(ask)
        ask.due_at = timezone.now() + timedelta(seconds=PAUSES[ask.attempts - 1])
        ask.save(update_fields=["reason", "due_at"])
        return
    if not ask.reason and ask.rule.is_on and not ask.rule.paused_reason:
        _put_on(ask, _names(answer))
    elif ask.reason:
        _complain(ask)
    ask.body, ask.due_at, ask.ended_at = "", None, timezone.now()
    ask.save(update_fields=["reason", "outcome", "body", "due_at", "ended_at"])


def _why_not(answer: Answer) -> str:
    """Why there is no use in an answer, as stored; "" where there is."""
    if answer.status is None:
        return REASONS[answer.failure]()
    if 300 <= answer.status < 400:
        return Reason.ASK_REDIRECT(str(answer.status))
    if not answer.is_ok:
        return Reason.ASK_STATUS(str(answer.status))
    try:
        _names(answer)
    except BadAnswer:
        return Reason.ASK_JSON()
    return ""


def _names(answer: Answer) -> list[str]:
    """204 is a way to say: none."""
    return [] if answer.status == 204 else names_in(answer.body)


def _is_passing(answer: Answer) -> bool:
    """Whether another attempt may do better."""
    status = answer.status
    return answer.failure in PASSING if status is None else status >= 500 or status in BUSY


def _complain(ask: Ask) -> None:
    Rule.objects.filter(pk=ask.rule_id).update(error=ask.reason, error_at=timezone.now())


def _put_on(ask: Ask, names: Sequence[str]) -> None:
    """Put on what the rule lets the classifier put on. What else it named, and what was refused, is the rule's last error."""
    try:
        live = Live(ask.rule, spec_of(ask.rule))
        allowed = _by_name(ask, live.spec)
        meant = [allowed[fold(name)] for name in names if fold(name) in allowed]
        strange = [name for name in names if fold(name) not in allowed]
        with transaction.atomic():
            live.changed = int(_tag_all(live, ask, meant))
        live.save()
    except (Refused, Wrong) as refused:
        ask.reason = Reason.RULE_BROKE(str(refused.message))
    else:
        ask.reason = Reason.ASK_LABELS(", ".join(strange[:SHOWN])) if strange else ""
    if ask.reason:
        _complain(ask)


def _by_name(ask: Ask, spec: Spec) -> dict[str, int]:
    """The keys of the labels that the rule lets its classifier put on, by their folded names."""
    allowed = Label.objects.living().filter(pk__in=spec.doings.answers, instance=ask.instance_id)
    return {fold(name): pk for name, pk in allowed.order_by("-pk").values_list("name", "pk")}


def _tag_all(live: Live, ask: Ask, labels: Iterable[int]) -> bool:
    """Whether that changed anything."""
    actor, chat = rule_actor(live.rule, ask.depth), lock_chat(ask.chat_id)
    held = held_labels({chat.pk})[chat.pk]
    wanted = [pk for pk in labels if pk not in held and may_turn(live, chat, pk, True, ask.depth)]
    for pk in wanted:
        tag(actor, chat, pk, on=True, priority=RULES)
    return bool(wanted)
