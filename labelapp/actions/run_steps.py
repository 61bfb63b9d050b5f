"""What a run does to one chat, and what becomes of it. Driven by the runs lane, one runner per number."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notices import note
from labelapp.actions.pairs import BULK, FINISHING, lock_chat, lock_pair, wish
from labelapp.actions.tagging import Gone, put, usable
from labelapp.actions.timer_ends import hand_on_timer
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, Instance, Label, Receipt, Run, RunChat, RunItem, Source
from labelapp.models.reasons import Reason

Place, Item = RunChat.State, RunItem.State


def actor_of(run: Run) -> Actor:
    """Who a run's changes are by: whoever started it, by way of the run."""
    return Actor(run.user, Source.BULK, Reason.RUN(str(run.pk)))


@patient
def begin(run: Run, pk: int) -> int:
    """Make the wishes of one waiting chat. Returns how many have to be sent; 0 also when the chat waits no more, or was joined to
    another one a moment ago. All or nothing: after a crash it waits still."""
    chat_pk = RunChat.objects.filter(pk=pk, state=Place.WAITING).values_list("chat_id", flat=True).first()
    chat = _locked(chat_pk) if chat_pk else None
    waiting = RunChat.objects.select_for_update(no_key=True, of=("self",)).filter(pk=pk, state=Place.WAITING)
    place = waiting.filter(chat=chat_pk, run__state=Run.State.RUNNING).first()
    if chat is None or place is None:
        return 0
    items = list(place.items.select_related("label__group").order_by("pk"))
    step = Step(actor_of(run), chat, place, items, links_first=run.retires_id is not None)
    step.go()
    settle_place(place, step.items, {pair.label_id: pair for pair in step.pairs.values()})
    if step.made:
        note(chat.instance, Change.Kind.CHAT, [chat])
    return sum(pair.receipt == Receipt.PENDING and not pair.waits_for_id for pair in step.made.values())


def _locked(pk: int) -> Chat | None:
    try:
        return lock_chat(pk)
    except Chat.DoesNotExist:  # joined to another one
        return None


@dataclass
class Step:
    """The wishes of a run for one locked chat. Pairs by label."""

    actor: Actor
    chat: Chat
    place: RunChat
    items: list[RunItem]
    pairs: dict[int, ChatLabel] = field(default_factory=dict)
    made: dict[int, ChatLabel] = field(default_factory=dict)  # wished by this step
    links_first: bool = False  # what comes off does so only once what is put on has arrived

    def go(self) -> None:
        """What is to be on first: an exclusive group then takes the old one off by itself, once the new one has arrived."""
        self.pairs = {pair.label_id: pair for pair in ChatLabel.objects.filter(chat=self.chat)}
        waiting = [item for item in self.items if item.state == Item.WAITING]
        for item in waiting:
            if self._is_overtaken(item, waiting):
                item.state, item.reason = Item.SKIPPED, Reason.NEWER()
        for item in sorted(waiting, key=lambda item: not item.on):
            if item.state == Item.WAITING:
                self._wish(item)
        known = {item.label_id: item for item in self.items}
        for label, pair in self.made.items():
            if label not in known:
                self.items.append(RunItem(place=self.place, label=pair.label, on=False, follows=True, before=True))
        for item in self.items:
            if item.label_id in self.made:
                item.state, item.wished_at = Item.SENT, self.made[item.label_id].wanted_at
                item.before = True if item.before is None else item.before
        if self.links_first:
            self._hand_on_timers()
        _write(self.items)

    def _hand_on_timers(self) -> None:
        """A merge: the time of the label that comes off is that of the other one from now on."""
        new = next((self.pairs.get(item.label_id) for item in self.items if item.on), None)
        if new is None or not new.wanted:
            return
        for item in self.items:
            if item.label_id in self.made and item.before and not (item.on or item.follows):
                hand_on_timer(self.made[item.label_id], new)

    def _is_overtaken(self, item: RunItem, waiting: list[RunItem]) -> bool:
        """Undo: whether something happened to the pair since, or another label of its group was set, which it would take off."""
        if item.expects_at is None:
            return False
        pair = self.pairs.get(item.label_id)
        if pair is None or pair.wanted == item.on or pair.wanted_at != item.expects_at:
            return True
        group = item.label.group
        if not item.on or group is None or not group.is_exclusive:
            return False
        leaving = {other.label_id for other in waiting if not other.on} | {item.label_id}
        rivals = Label.objects.filter(group=group, pk__in=[pk for pk, pair in self.pairs.items() if pair.wanted])
        return rivals.exclude(pk__in=leaving).exists()

    def _wish(self, item: RunItem) -> None:
        pair = self.pairs.get(item.label_id)
        if item.label_id in self.made and not item.on:  # another label of this run has taken its place
            return
        if pair is None and not item.on:
            item.state, item.before = Item.ALREADY, False
            return
        try:
            label = usable(self.chat, item.label_id)
        except Refused as refused:
            item.state = Item.SKIPPED
            item.reason = Reason.DELETED() if isinstance(refused, Gone) else Reason.UNNAMED()
            return
        pair = lock_pair(self.chat, label)
        item.before = pair.wanted
        if self.links_first and not item.on:
            made = self._prune(item, pair)
            if item.state == Item.SKIPPED:
                return
        else:
            made = put(self.actor, pair, on=item.on, priority=BULK, after=FINISHING)
        if not made:
            item.state = Item.ALREADY
        self.pairs[label.pk] = pair
        self.made |= {each.label_id: each for each in made}
        self.pairs |= self.made

    def _prune(self, item: RunItem, pair: ChatLabel) -> list[ChatLabel]:
        """Wish a label off, to be sent after those that take its place have arrived; left out where one of them can't be put on."""
        links = [one for one in self.items if one.on]
        if blocked := next((one for one in links if one.state == Item.SKIPPED), None):
            item.state, item.reason = Item.SKIPPED, blocked.reason
            return []
        if not pair.wanted and pair.receipt != Receipt.FAILED:
            return []
        new = self.pairs.get(links[0].label_id) if links else None
        after = new if new is not None and new.receipt != Receipt.CONFIRMED else None
        wish(self.actor, pair, False, after=after, priority=FINISHING)
        return [pair]


def _write(items: Iterable[RunItem]) -> None:
    items = list(items)
    RunItem.objects.bulk_create([item for item in items if item.pk is None])
    known = [item for item in items if item.pk is not None]
    RunItem.objects.bulk_update(known, ["state", "reason", "before", "wished_at"])


def settle_place(place: RunChat, items: Sequence[RunItem], pairs: dict[int, ChatLabel]) -> None:
    """What became of a chat whose wishes were made, by its pairs as they are now. `place` is locked; `pairs` by label."""
    for item in items:
        if item.state == Item.SENT:
            item.state, item.reason = _outcome(item, pairs.get(item.label_id))
    RunItem.objects.bulk_update([item for item in items if item.pk], ["state", "reason"])
    state, reason = _whole(items)
    if (state, reason) != (place.state, place.reason):
        place.state, place.reason, place.at = state, reason, timezone.now()
        place.save(update_fields=["state", "reason", "at"])


def _outcome(item: RunItem, pair: ChatLabel | None) -> tuple[str, str]:
    """The state of an item whose wish was made, and the reason of it."""
    if pair is None:
        return Item.SKIPPED, Reason.NEWER()
    if pair.wanted != item.on:
        # given back, because the new stage failed: then it has not been wished anew
        kept = not item.on and item.wished_at is not None and pair.wanted_at <= item.wished_at
        return Item.SKIPPED, Reason.STAGE() if kept else Reason.NEWER()
    if pair.receipt == Receipt.FAILED:
        return Item.FAILED, pair.error
    return (Item.CHANGED, "") if pair.receipt == Receipt.CONFIRMED else (Item.SENT, "")


def _whole(items: Sequence[RunItem]) -> tuple[str, str]:
    """The state of a chat from those of its items: what is worst, or still under way."""
    for state in (Item.SENT, Item.FAILED, Item.CHANGED, Item.SKIPPED):
        if first := next((item for item in items if item.state == state), None):
            return state.value, first.reason
    return Place.ALREADY.value, ""


@dataclass
class Survey:
    """What of a number's runs is under way: how many chats, those of which nothing is open any more, and how many pairs of each run
    wait to be sent."""

    places: int = 0
    settled: list[int] = field(default_factory=list)
    waiting: Counter[int] = field(default_factory=Counter)


def survey(instance: Instance, runs: Iterable[Run]) -> Survey:
    """Look at all chats of these runs that are under way at a number. Three queries: there are never many."""
    places = {
        place.pk: place for place in RunChat.objects.filter(instance=instance, run__in=list(runs), state=Place.SENT)
    }
    items: dict[int, list[RunItem]] = {pk: [] for pk in places}
    for item in RunItem.objects.filter(place__in=places, state=Item.SENT):
        items[item.place_id].append(item)
    pairs = _pairs(places.values(), [item for mine in items.values() for item in mine])
    found = Survey(len(places))
    for pk, mine in items.items():
        own = pairs.get(places[pk].chat_id, {})
        outcomes = [_outcome(item, own.get(item.label_id))[0] for item in mine]
        if Item.SENT not in outcomes:
            found.settled.append(pk)
        found.waiting[places[pk].run_id] += sum(_is_queued(own.get(item.label_id)) for item in mine)
    return found


def _pairs(places: Iterable[RunChat], items: Iterable[RunItem]) -> dict[int, dict[int, ChatLabel]]:
    """Chat -> label -> pair, for the labels of these items."""
    found: dict[int, dict[int, ChatLabel]] = {}
    chats, labels = {place.chat_id for place in places}, {item.label_id for item in items}
    for pair in ChatLabel.objects.filter(chat__in=chats, label__in=labels):
        found.setdefault(pair.chat_id, {})[pair.label_id] = pair
    return found


def _is_queued(pair: ChatLabel | None) -> bool:
    return pair is not None and pair.receipt == Receipt.PENDING and not pair.waits_for_id and pair.held_at is None


@patient
def settle(pks: Sequence[int]) -> None:
    """Write down what became of these chats of runs. Safe to run twice."""
    rows = RunChat.objects.select_for_update(no_key=True).filter(pk__in=pks, state=Place.SENT).order_by("pk")
    places = list(rows.prefetch_related("items"))
    pairs = _pairs(places, [item for place in places for item in place.items.all()])
    for place in places:
        settle_place(place, list(place.items.all()), pairs.get(place.chat_id, {}))
