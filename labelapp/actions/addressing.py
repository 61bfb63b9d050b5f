"""Labels for people that no chat of ours is about yet: by their address."""

from labelapp.actions.actor import Actor
from labelapp.actions.addresses import by_address, chats_at
from labelapp.actions.facts import tell
from labelapp.actions.tagging import tag, to_stage
from labelapp.actions.timers import Alarm, time_pair
from labelapp.actions.transactions import patient
from labelapp.models import ChatLabel, Fact, Instance, Label


@patient
def tag_address(
    actor: Actor, instance: Instance, jid: str, label: Label, *, as_stage: bool = False, alarm: Alarm | None = None
) -> ChatLabel:
    """Wish a label on the chat at a person's address, made where there is none: its row shows whether the provider accepts it.

    Durable when it returns; a repeat changes nothing. Raises as `set_label`, `move_to_stage` and, with a time (`alarm`), as
    `set_timer`; no chat is made then.
    """
    actor.must("apply_labels")
    is_new = not by_address(instance, [jid])
    chat = chats_at(instance, {jid: ""})[jid]
    pair = to_stage(actor, chat, label.pk) if as_stage else tag(actor, chat, label.pk, on=True)
    if alarm is not None:
        time_pair(actor, pair, alarm)
    if is_new:
        tell(Fact.Kind.CHAT_CREATED, actor, instance, chat=chat)
    return pair
