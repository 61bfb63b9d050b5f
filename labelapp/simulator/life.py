"""A gentle stream of news: customers write, somebody tags on the phone. Nobody labels twice what belongs together."""

import asyncio
import random

from labelapp.simulator import store, world
from labelapp.simulator.events import Event
from labelapp.simulator.models import Assignment, Chat, Label
from labelapp.simulator.runtime import Runtime

RECENT = 40


async def live(sim: Runtime) -> None:
    """For ever: an event every `sim.life` seconds on average, none while that is 0 or the session is not working."""
    while True:
        sim.life_changed.clear()
        pause = sim.rng.uniform(0.5, 1.5) * sim.life if sim.life > 0 else None
        try:
            await asyncio.wait_for(sim.life_changed.wait(), pause)
        except TimeoutError:
            sim.publish(await sim.change(step, sim.rng))


def step(rng: random.Random) -> list[Event]:
    """One thing that happens by itself; an empty list when nothing can."""
    if store.account().status != "WORKING":
        return []
    recent = list(store.newest_chats().filter(archived=False)[:RECENT])
    if not recent:
        return []
    chat = rng.choice(recent)
    return _write(chat, rng) if rng.random() < 0.75 else _tag(chat, rng)


def _write(chat: Chat, rng: random.Random) -> list[Event]:
    words = world.WORDS[chat.language]
    from_me = chat.unread > 0 and rng.random() < 0.35
    text = rng.choice(words.ANSWERS if from_me else words.CHATTER).format(**world.some_facts(rng, words))
    group = chat.jid.endswith("@g.us") and not from_me
    sender, name = store.sender_in(chat, "", rng) if group else ("", "")
    _row, happened = store.add_message(chat, text, from_me=from_me, rng=rng, sender=sender, sender_name=name)
    return happened


def _tag(chat: Chat, rng: random.Random) -> list[Event]:
    """Now and then a step along the funnel, link then prune; else a free label goes on or off."""
    mine = {label.pk for label in store.labels_of([chat.jid])[chat.jid]}
    living = Label.objects.in_bulk()
    stages = [wa_id for wa_id, name, _color in world.STAGES if wa_id in living and living[wa_id].name == name]
    now = next((wa_id for wa_id in stages if wa_id in mine), None)
    later = [wa_id for wa_id in stages if now is None or wa_id > now]
    if later and rng.random() < 0.5:
        happened = store.link(chat.jid, living[later[0]])
        return happened + (store.unlink(chat.jid, living[now]) if now else [])
    free = [wa_id for wa_id in living if wa_id not in stages]
    if not free:
        return []
    label = living[rng.choice(free)]
    on = Assignment.objects.filter(jid=chat.jid, label=label).exists()
    return store.unlink(chat.jid, label) if on else store.link(chat.jid, label)
