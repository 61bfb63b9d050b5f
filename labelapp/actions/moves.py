"""Moves to a stage: the new label goes on first, the former one comes off once that is confirmed. Runs inside transactions.

What is to be done stands in the pairs (`waits_for`) and is done by the push lane; a `Move` is the account of it. So nothing is lost
wherever a process ends, and a move finds its end by itself.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.pairs import FINISHING, keep_on, wish
from labelapp.models import Chat, ChatLabel, Move, Receipt, Source, StagePrune, Verb
from labelapp.models.reasons import Reason

State = Move.State


def move(actor: Actor, pair: ChatLabel, *, priority: int, after: int) -> list[ChatLabel]:
    """Wish a label of a group that allows one on, and off what it replaces or makes redundant. The pairs that this changed, its own
    first; none when the chat is there already.

    The chat is locked and the label usable. What was seen of the new label before does not do: it is confirmed anew before a stage
    comes off that may be on WhatsApp. A move that is still going ends, the last one wins. `priority` and `after` as in `tagging.put`.
    """
    last = _last(pair)
    others = _others(pair)
    is_new = not pair.wanted or pair.receipt == Receipt.FAILED
    rivals = [each for each in others if each.label.group_id == pair.label.group_id]
    if not is_new and not rivals:
        return []
    if last:
        _pass(actor, last, {each.label_id for each in others} | {pair.label_id})
    anew = any(_may_be_there(each) for each in rivals)
    if is_new:
        wish(actor, pair, True, priority=priority, anew=anew)
    elif anew:
        _ask_again(pair, priority)
    for each in others:
        each.chat = pair.chat
        who = actor if each in rivals or actor.cause else replace(actor, cause=Reason.MADE_REDUNDANT(str(pair.label)))
        wish(who, each, False, after=pair if pair.is_open else None, priority=after)
    _begin(actor, pair, last, rivals, others)
    return [pair, *others]


def follow_up(actor: Actor, pair: ChatLabel) -> list[ChatLabel]:
    """A chat has entered a stage without a move of ours: wish off what the stage makes redundant and the chat had before. The pairs that
    this changed.

    None where that waits for a person's or a rule's word (another stage is on as well) or for a move that is going, which sees to it
    itself. The chat is locked. What is put on again is younger than the stage and stays, so a repeat changes nothing.
    """
    others = _others(pair)
    is_alone = (
        pair.wanted and not pair.is_open and not any(each.label.group_id == pair.label.group_id for each in others)
    )
    older = [each for each in others if each.wanted_at < pair.wanted_at]
    if not is_alone or not older or _last(pair) is not None:
        return []
    for each in older:
        each.chat = pair.chat
        wish(replace(actor, cause=Reason.MADE_REDUNDANT(str(pair.label))), each, False, priority=FINISHING)
    _begin(actor, pair, None, [], older)
    return older


def _last(pair: ChatLabel) -> Move | None:
    """The move of the chat in this group that is still going, its state as it is now."""
    last = Move.objects.going().filter(chat=pair.chat, group=pair.label.group_id).first()
    if last is not None and follow(last, pairs_of([last])):
        last.save()
    return last


def _others(pair: ChatLabel) -> list[ChatLabel]:
    """What the chat holds and must give up: the other labels of the group, and what the stage makes redundant."""
    redundant = StagePrune.objects.filter(stage=pair.label).values("label")
    giving_way = Q(label__group=pair.label.group_id) | Q(label__in=redundant, label__deleted_at=None)
    held = ChatLabel.objects.select_related("label").filter(giving_way, chat=pair.chat, wanted=True)
    return list(held.exclude(pk=pair.pk).order_by("pk"))


def _may_be_there(pair: ChatLabel) -> bool:
    """Whether WhatsApp may show it: it was seen, or a call for it has begun."""
    is_called = pair.called_at is not None and pair.called_at >= pair.wanted_at
    return bool(pair.remote) or pair.receipt == Receipt.CONFIRMED or is_called


def _pass(actor: Actor, last: Move, wanted_off: Collection[int]) -> None:
    """Another stage was chosen: `last` ends. What it would have made redundant stays, unless that has begun."""
    if last.state == State.PLANNED:
        waiting = ChatLabel.objects.filter(chat=last.chat_id, label__in=last.redundant, waits_for__label=last.label_id)
        waiting = waiting.filter(wanted=False, receipt=Receipt.PENDING).exclude(label__in=wanted_off)
        for each in waiting.select_related("label", "chat").order_by("pk"):
            keep_on(actor, each, Verb.ADD)
    if last.is_going:
        before = last.state
        _end(last, State.FAILED, Reason.PASSED())
        last.save()
        last.state = before  # how far it came tells the next one where the chat is


def _ask_again(pair: ChatLabel, priority: int) -> None:
    """It is on already, beside others of its group: it is written once more before they come off."""
    now = timezone.now()
    pair.receipt, pair.due_at, pair.confirmed_at, pair.attempts = Receipt.PENDING, now, None, 0
    pair.priority, pair.waits_for, pair.missed_at, pair.contradicted_at = priority, None, None, None
    pair.save()


def _begin(
    actor: Actor, pair: ChatLabel, last: Move | None, rivals: Iterable[ChatLabel], others: Iterable[ChatLabel]
) -> None:
    rivals = list(rivals)
    former = [each.label_id for each in rivals]
    former += [pk for pk in (last.former if last else []) if pk not in (*former, pair.label_id)]
    begun = Move(
        instance_id=pair.chat.instance_id,
        chat=pair.chat,
        group_id=pair.label.group_id,
        label=pair.label,
        before_id=_where(last, rivals),
        former=former,
        redundant=[each.label_id for each in others if each not in rivals],
        actor=actor.user,
        source=actor.source,
        cause=actor.cause[:300],
    )
    if not pair.is_open:
        follow(begun, pairs_of([begun]))
    begun.save()


def _where(last: Move | None, rivals: Iterable[ChatLabel]) -> int | None:
    """The stage that the chat was at, as far as WhatsApp had it. None where it had none."""
    if last is not None and last.state in (State.LINKED, State.PRUNED):
        return last.label_id
    if last is not None and last.state == State.PLANNED:
        return last.before_id
    there = [each for each in rivals if each.remote] or list(rivals)
    return max(there, key=lambda each: each.wanted_at).label_id if there else None


# How far they are


def follow(going: Move, pairs: Mapping[tuple[int, int], ChatLabel]) -> bool:
    """Bring a move's state up to that of its pairs (chat, label), in memory. Whether that changed it. Safe to repeat."""
    new = pairs.get((going.chat_id, going.label_id))
    before = going.state, going.reason

    def all_off(labels: Iterable[int]) -> bool:
        return not any(_is_coming_off(pairs.get((going.chat_id, pk))) for pk in labels)

    if going.is_going and going.state != State.PRUNED and (new is None or not new.wanted):
        _end(going, State.FAILED, Reason.TAKEN_OFF())
    if going.state == State.PLANNED and new is not None:
        if new.receipt == Receipt.FAILED:
            _end(going, State.FAILED, new.error)
        elif new.receipt == Receipt.CONFIRMED:
            going.state, going.linked_at = State.LINKED, new.confirmed_at or timezone.now()
    if going.state == State.LINKED:
        stuck = (pairs.get((going.chat_id, pk)) for pk in going.former)
        failed = next((pair for pair in stuck if pair and not pair.wanted and pair.receipt == Receipt.FAILED), None)
        if failed:
            _end(going, State.FAILED, Reason.STAYS(failed.error))
        elif all_off(going.former):
            going.state, going.pruned_at = State.PRUNED, timezone.now()
    if going.state == State.PRUNED and all_off(going.redundant):
        _end(going, State.DONE)
    return (going.state, going.reason) != before


def _is_coming_off(pair: ChatLabel | None) -> bool:
    """Not off yet, and still meant to be: somebody may have put it on again."""
    return pair is not None and not pair.wanted and pair.is_open


def _end(going: Move, state: str, reason: str = "") -> None:
    going.state, going.reason, going.ended_at = state, reason, timezone.now()


def pairs_of(moves: Collection[Move]) -> dict[tuple[int, int], ChatLabel]:
    """The pairs that these moves are about, by chat and label. One query."""
    labels = {pk for each in moves for pk in (each.label_id, *each.former, *each.redundant)}
    rows = ChatLabel.objects.filter(chat__in={each.chat_id for each in moves}, label__in=labels)
    return {(pair.chat_id, pair.label_id): pair for pair in rows}


# What must not happen on the way


def holds_prune(pair: ChatLabel) -> bool:
    """Whether a wish to remove a former stage must not be sent now, because the new one is not (or no longer) surely on. Asked just
    before the call, the chat locked. Where the new one is gone the former one stays, and the move has failed."""
    if pair.wanted or pair.label.group_id is None:
        return False
    going = Move.objects.going().filter(chat=pair.chat, group=pair.label.group_id).first()
    if going is None or pair.label_id not in going.former:
        return False
    pairs = pairs_of([going])
    new = pairs.get((pair.chat_id, going.label_id))
    if new is not None and new.wanted and new.receipt != Receipt.FAILED:
        if new.receipt == Receipt.CONFIRMED and new.due_at is None:
            return False
        pair.waits_for = new if new.is_open else None
        pair.due_at = timezone.now() + timedelta(seconds=settings.READ_BACK_SECONDS)
        pair.save(update_fields=["waits_for", "due_at"])
        return True
    keep_on(Actor(None, Source.RECONCILE, Reason.TAKEN_OFF()), pair, Verb.KEEP)
    if follow(going, pairs):
        going.save()
    return True


def join_moves(keep: Chat, gone: Chat) -> None:
    """Two chats are one person: the moves of `gone` become those of `keep`. Of two that are going in one group the younger goes on."""
    going = Move.objects.going().filter(chat__in=[keep, gone]).order_by("-pk")
    seen: set[int | None] = set()
    for each in going:
        if each.group_id in seen:
            _end(each, State.FAILED, Reason.PASSED())
            each.save()
        seen.add(each.group_id)
    Move.objects.filter(chat=gone).update(chat=keep)
