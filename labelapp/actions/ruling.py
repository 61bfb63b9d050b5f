"""Rules at work: what each fact makes them do, through the one door. Runs in the transaction that marks the facts handled."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.assigning import hand
from labelapp.actions.pairs import RULES, lock_chat
from labelapp.actions.tagging import tag, to_stage
from labelapp.actions.telling import Did, tell_others
from labelapp.actions.timers import Alarm, time_pair
from labelapp.models import Chat, Fact, Instance, Label, LedgerEntry, Rule, RuleFiring, RuleSet, Source, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.loud import loud
from labelapp.queries.rules.occasions import Occasion, meets
from labelapp.queries.rules.specs import NOBODY, Spec, Wrong, spec_of
from labelapp.queries.rules.told import Told, told_of
from labelapp.queries.rules.world import World, held_labels

log = logging.getLogger(__name__)
Kind, Trigger = Fact.Kind, Rule.Trigger
DEEPEST = 4  # rules that answer each other
REST = timedelta(seconds=60)  # for a pair that a rule has changed
FLIPS = 4  # changes of one pair by rules within REST, whoever gives them cause
TRIGGERS: dict[str, tuple[str, ...]] = {
    Kind.LABEL_ADDED: (Trigger.LABEL_ADDED, Trigger.STAGE_ENTERED),
    Kind.LABEL_REMOVED: (Trigger.LABEL_REMOVED,),
    Kind.MESSAGE_IN: (Trigger.MESSAGE_IN,),
    Kind.MESSAGE_OUT: (Trigger.MESSAGE_OUT,),
    Kind.CHAT_CREATED: (Trigger.CHAT_CREATED,),
    Kind.BUSINESS: (Trigger.EVENT,),
}


@dataclass(slots=True)
class Live:
    """A rule that is switched on, what it says, whom it tells, and what it has done since it was read."""

    rule: Rule
    spec: Spec
    told: Told = field(default_factory=Told)
    fired: int = 0
    changed: int = 0
    news: dict[str, object] = field(default_factory=dict)  # columns to write

    def broke(self, words: str) -> None:
        self.news |= {"error": Reason.RULE_BROKE(words)[:300], "error_at": timezone.now()}

    def guarded(self, reason: str) -> None:
        self.news |= {"guard": reason[:300], "guarded_at": timezone.now()}

    def save(self) -> None:
        """Write what is new. Somebody may edit the rule meanwhile: nothing else is touched."""
        if self.fired or self.changed or self.news:
            counted = {"fired": F("fired") + self.fired, "changed": F("changed") + self.changed}
            Rule.objects.filter(pk=self.rule.pk).update(**counted, **self.news)


def apply_rules(instance: Instance, facts: Sequence[Fact]) -> None:
    """Let the number's rules answer these facts, fact by fact, in their order. One that fails keeps its error and stops no other."""
    rules = live_rules(instance)
    answered = {kind for live in rules for kind in TRIGGERS if live.rule.trigger in TRIGGERS[kind]}
    meant = loud([fact for fact in facts if fact.chat is not None and fact.kind in answered])
    if not meant:
        return
    world = World(instance, {fact.chat_id for fact in meant if fact.chat_id})
    first_only = RuleSet.objects.filter(instance=instance, first_only=True).exists()
    for fact in meant:
        for live in rules:
            if live.rule.trigger in TRIGGERS[fact.kind] and _answer(live, fact, world) and first_only:
                break
    for live in rules:
        live.save()


def live_rules(instance: Instance) -> list[Live]:
    """The rules that are switched on, in their order. One that names a deleted label, or tells whoever is not there any more, is paused,
    until somebody mends it."""
    found = []
    for rule in Rule.objects.filter(instance=instance, is_on=True):
        try:
            found.append(Live(rule, spec_of(rule)))
        except Wrong as wrong:
            Rule.objects.filter(pk=rule.pk).update(
                error=Reason.RULE_BROKE(str(wrong.message))[:300], error_at=timezone.now()
            )
    named = {pk for live in found for pk in live.spec.labels}
    living = set(Label.objects.filter(instance=instance, pk__in=named).living().values_list("pk", flat=True))
    told = told_of(instance, [live.spec.doings for live in found])
    for live in found:
        live.told = told
        dead, missing = live.spec.labels - living, told.missing(live.spec.doings)[1]
        if live.rule.paused_reason or dead or missing:
            pause(live.rule, dead, missing)
    return [live for live in found if not live.rule.paused_reason]


def pause(rule: Rule, dead: Iterable[int], missing: str = "") -> None:
    """Note which of its labels are gone, or else what is `missing`, or that nothing is."""
    names = Label.objects.filter(pk__in=dead).order_by("pk").values_list("name", flat=True)
    reason = Reason.RULE_DEAD(", ".join(names))[:300] if dead else missing[:300]
    if reason != rule.paused_reason:
        rule.paused_reason = reason
        rule.save(update_fields=["paused_reason"])


def _answer(live: Live, fact: Fact, world: World) -> bool:
    """Whether the rule fired."""
    if fact.rule_id == live.rule.pk or fact.chat is None:  # a rule never reacts to what it caused
        return False
    occasion = world.occasion(live.rule.trigger, fact, fact.chat)
    return fire(live, occasion, fact.chat, world, depth=fact.depth, of=fact.pk)


def fire(
    live: Live,
    occasion: Occasion,
    chat: Chat,
    world: World,
    *,
    depth: int = 0,
    since: datetime | None = None,
    of: int | None = None,
) -> bool:
    """Do what the rule says if it means the occasion. Returns whether it fired. What goes wrong is kept with the rule.

    `of`: the fact that is the occasion, for which nobody is told twice.
    """
    try:
        if meets(live.spec, occasion) is None or _has_had_enough(live.rule, chat):
            return False
        if depth >= DEEPEST:
            live.guarded(Reason.RULE_DEEP(chat.title))
            return False
        with transaction.atomic():
            done = _act(live, occasion, chat, depth, of)
            if done or since or live.rule.per_chat or live.rule.cooldown:
                RuleFiring.objects.create(rule=live.rule, chat_id=chat.pk, changed=bool(done), since=since)
    except OperationalError:
        raise  # the database, not the rule: the whole batch is made again
    except Refused as refused:
        live.broke(str(refused.message))
        return False
    except Exception as error:
        log.exception("rule %s failed", live.rule.pk)
        live.broke(str(error) or type(error).__name__)
        return False
    live.fired += 1
    live.changed += bool(done)
    if done:
        world.forget(chat.pk)
    return True


def _has_had_enough(rule: Rule, chat: Chat) -> bool:
    before = RuleFiring.objects.filter(rule=rule, chat=chat)
    if rule.cooldown and before.filter(at__gt=timezone.now() - timedelta(seconds=rule.cooldown)).exists():
        return True
    return rule.per_chat is not None and before.count() >= rule.per_chat


def rule_actor(rule: Rule, depth: int) -> Actor:
    """A rule at the door. `depth`: how many others led to it."""
    return Actor(None, Source.RULE, rule.name, frozenset({"apply_labels"}), depth + 1, rule.pk)


def _act(live: Live, occasion: Occasion, chat: Chat, depth: int, of: int | None) -> int:
    """Returns how much it changed."""
    doings = live.spec.doings
    actor = rule_actor(live.rule, depth)
    chat = lock_chat(chat.pk)
    held = held_labels({chat.pk})[chat.pk]
    did = Did()
    wanted = [(pk, True) for pk in doings.puts_on] + [(pk, False) for pk in doings.remove]
    for pk, on in wanted:
        if (pk in held) == on or not may_turn(live, chat, pk, on, depth):
            continue
        if pk == doings.stage:
            to_stage(actor, chat, pk, priority=RULES)
        else:
            pair = tag(actor, chat, pk, on=on, priority=RULES)
            if on and doings.lasts:
                time_pair(actor, pair, Alarm(timezone.now() + timedelta(seconds=doings.lasts)))
        did.turned[pk] = on
    did.gave = _assign(actor, chat, doings.assign)
    if doings.tells:
        tell_others(live.rule, doings, live.told, chat, did, occasion.text, depth=depth, of=of)
    return len(did.turned) + did.gave


def may_turn(live: Live, chat: Chat, label: int, on: bool, depth: int) -> bool:
    """Whether rules have not just changed the pair: one that undoes what another did a moment ago is about to go round in circles."""
    lately = LedgerEntry.objects.filter(chat=chat, label=label, source=Source.RULE, at__gt=timezone.now() - REST)
    opposite = lately.filter(verb=Verb.REMOVE if on else Verb.ADD)
    if (depth and opposite.exists()) or lately.count() >= FLIPS:
        name = Label.objects.filter(pk=label).values_list("name", flat=True).first()
        live.guarded(Reason.RULE_PAIR(name or ""))
        return False
    return True


def _assign(actor: Actor, chat: Chat, whom: int | str | None) -> int:
    if whom is None:
        return 0
    person = None if whom == NOBODY else User.objects.filter(pk=whom).first()
    if person is None and whom != NOBODY:
        return 0
    before = chat.assignee_id
    hand(actor, chat, person)
    return int(before != (person.pk if person else None))


def join_firings(keep: Chat, gone: Chat) -> None:
    """Two chats are one person: what rules did in `gone` counts for `keep`. In a transaction."""
    same = RuleFiring.objects.filter(chat=keep, rule=OuterRef("rule"), since=OuterRef("since"))
    RuleFiring.objects.filter(~Exists(same), chat=gone).update(chat=keep)
