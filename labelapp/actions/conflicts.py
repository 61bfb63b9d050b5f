"""Conflicts that nobody has to be asked about: the group's rule says which of two labels stays."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.clashes import forget_clashes
from labelapp.actions.pairs import lock_chat
from labelapp.actions.tagging import move_to_stage
from labelapp.actions.transactions import patient
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelGroup, Source
from labelapp.models.reasons import Reason
from labelapp.queries.clashes import clash_pairs, left_since
from labelapp.queries.conflicts import fresh_conflicts, ruled_groups, winner

SETTLING = timedelta(
    seconds=30
)  # a person at the phone puts the new one on and takes the old one off: one after the other
RULE = Actor(None, Source.RECONCILE, Reason.POLICY())


def settle_conflicts(instance: Instance, since: datetime) -> int:
    """Settle the conflicts that came about after `since`, in groups that say by themselves who wins. Returns how many.

    Those younger than SETTLING wait: the phone may be in the middle of a move. Those older than the rule, or than the day on which
    one of their labels came into the group, are left to people: nobody meant the rule for them. Safe to repeat.
    """
    groups = ruled_groups(instance)
    found = sorted(fresh_conflicts(groups, since)) if groups else []
    return sum(settle_by_rule(RULE, chat, groups[group], calm=SETTLING) for chat, group in found)


@patient
def settle_by_rule(actor: Actor, chat_pk: int, group: LabelGroup, *, calm: timedelta = timedelta()) -> bool:
    """Keep of a group's labels on a chat the one that its rule names: a move to it. False where there is no conflict (any more),
    where the group asks a person, where somebody left it as it is, and, with `calm`, where one is younger than that or the conflict
    older than the rule."""
    actor.must("apply_labels")
    try:
        chat = lock_chat(chat_pk)
    except Chat.DoesNotExist:
        return False
    pairs = held(chat, group)
    is_ruled = group.is_exclusive and group.conflict_policy != LabelGroup.ConflictPolicy.ASK
    if len(pairs) < 2 or not is_ruled or left_since(pairs):
        return False
    came_at = max(pair.wanted_at for pair in pairs)
    ruled_at = max(group.ruled_at, *(pair.label.grouped_at for pair in pairs))
    if calm and not ruled_at < came_at <= timezone.now() - calm:
        return False
    move_to_stage(actor, chat, winner(group, pairs).label)
    forget_clashes(chat.instance_id)
    return True


def held(chat: Chat, group: LabelGroup) -> list[ChatLabel]:
    """What the chat holds of the group, where both sides agree."""
    labels: Iterable[int] = Label.objects.living().filter(group=group).values_list("pk", flat=True)
    return list(clash_pairs([chat.pk], list(labels)).select_related("label").order_by("label"))
