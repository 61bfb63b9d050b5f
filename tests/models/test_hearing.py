"""The pure core: what events say of a pair, in any order, any number of times, between wishes, calls and readings."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from labelapp.models import ChatLabel, Receipt
from labelapp.models.assignments import CLOCKS, OPEN
from labelapp.models.effects import Effect
from labelapp.models.fields import NEVER

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = START + timedelta(days=1)
Event = tuple[int, str, bool]  # emitted so many ms after START, id, on


def moment(ms: int) -> datetime:
    return START + timedelta(milliseconds=ms)


def hear(pair: ChatLabel, event: Event, *, now: datetime = LATER, read_at: datetime = NEVER) -> Effect:
    ms, key, on = event
    return pair.hear(on, at=moment(ms), event_id=key, received_at=now, read_at=read_at, now=now)


def state(pair: ChatLabel) -> tuple[object, ...]:
    return pair.wanted, pair.remote, pair.receipt, pair.event_at, pair.event_id, pair.due_at


# Several in one millisecond, as in a burst; ids are all different.
events = st.lists(
    st.tuples(st.integers(0, 5), st.text("abcdef", min_size=1, max_size=3), st.booleans()),
    min_size=1,
    max_size=12,
    unique_by=lambda event: event[1],
)


@given(events, st.data())
def test_any_order_and_any_repetition_give_the_same_pair(told: list[Event], data: st.DataObject) -> None:
    heard = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told)))))
    pair, in_order = ChatLabel(), ChatLabel()
    for event in heard:
        hear(pair, event)
    for event in sorted(told):
        hear(in_order, event)
    assert state(pair) == state(in_order)
    assert pair.wanted is max(told)[2]


@given(events)
def test_a_second_time_nothing_changes(told: list[Event]) -> None:
    pair = ChatLabel()
    for event in told:
        hear(pair, event)
    before = state(pair)
    assert {hear(pair, event) for event in told} <= {Effect.SAME, Effect.OLDER}
    assert state(pair) == before


@given(events, st.booleans(), st.sampled_from(OPEN))
def test_an_open_wish_is_never_changed_by_what_was_emitted_before_its_call(
    told: list[Event], wanted: bool, receipt: Receipt
) -> None:
    called = LATER - timedelta(minutes=1)
    pair = ChatLabel(wanted=wanted, receipt=receipt, wanted_at=called, called_at=called, sent_at=called)
    for event in told:
        hear(pair, event)
    assert (pair.wanted, pair.receipt) == (wanted, receipt)


@given(events, st.booleans())
def test_events_from_before_a_reading_are_asked_not_believed(told: list[Event], known: bool) -> None:
    """They may have been under way for long: the retries of a provider last up to a day and a half."""
    pair = ChatLabel(wanted=known, remote=known)
    for event in told:
        hear(pair, event, read_at=moment(5))
    assert pair.wanted is known
    assert (pair.due_at is not None) is any(on is not known for on in winners(told))


def winners(told: list[Event]) -> list[bool]:
    """The states that were the newest known at their time, in the order heard."""
    newest, found = (-1, ""), []
    for ms, key, on in told:
        if (ms, key) > newest:
            newest = ms, key
            found.append(on)
    return found


@given(st.booleans(), st.booleans(), st.integers(-3600, 3600))
def test_a_pair_is_confirmed_only_by_an_event_emitted_and_received_after_its_call(
    wanted: bool, on: bool, seconds: int
) -> None:
    called = START
    ended = called + timedelta(seconds=1)
    pair = ChatLabel(wanted=wanted, receipt=Receipt.SENT, wanted_at=called, called_at=called, sent_at=ended)
    at, received_at = called + timedelta(seconds=seconds), called + timedelta(seconds=max(seconds, -seconds))
    pair.hear(on, at=at, event_id="x", received_at=received_at, read_at=NEVER, now=received_at)
    believed = on == wanted and received_at > ended and at >= called - CLOCKS
    assert (pair.receipt == Receipt.CONFIRMED) is believed


@given(st.booleans(), st.booleans())
def test_without_a_time_nothing_is_taken_over(known: bool, on: bool) -> None:
    pair = ChatLabel(wanted=known, remote=known)
    pair.hear(on, at=None, event_id="x", received_at=LATER, read_at=NEVER, now=LATER)
    assert (pair.wanted, pair.due_at) == (known, LATER if on != known else None)


def test_without_a_time_no_doubt_is_settled() -> None:
    """Heard of the label that had the id before, after an event had said that this one came off."""
    pair = ChatLabel(wanted=True, remote=True)
    hear(pair, (5, "a", False), read_at=moment(5))
    pair.hear(True, at=None, event_id="b", received_at=LATER, read_at=NEVER, now=LATER)
    assert (pair.wanted, pair.due_at, pair.contradicted_at) == (True, LATER, LATER)


@given(events)
def test_a_clock_far_ahead_does_not_block_what_comes_later(told: list[Event]) -> None:
    """Whoever can't believe a time hands in None (see folding): the pair is asked and still hears the rest."""
    pair = ChatLabel()
    pair.hear(True, at=None, event_id="x", received_at=LATER, read_at=NEVER, now=LATER)
    for event in told:
        hear(pair, event)
    assert pair.wanted is max(told)[2]


@given(events, st.data())
def test_two_addresses_of_one_person_in_any_order(told: list[Event], data: st.DataObject) -> None:
    """A person carries what any of their addresses carries, and no event tells that: what is in doubt is asked, now or later."""
    places = {event: data.draw(st.booleans()) for event in told}
    truth = any(max(some)[2] for place in (True, False) if (some := [one for one in told if places[one] is place]))
    pair = ChatLabel()
    for ms, key, on in data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told))))):
        pair.hear(on, at=moment(ms), event_id=key, received_at=LATER, read_at=NEVER, now=LATER, shared=True)
        if pair.due_at and data.draw(st.booleans()):
            pair.take_over(truth, LATER, LATER)
    if pair.due_at:
        pair.take_over(truth, LATER, LATER)
    assert pair.wanted is truth


@given(st.booleans(), st.integers(-3600, 3600))
def test_a_wish_that_needed_no_call_is_sent_when_what_had_been_seen_was_out_of_date(on: bool, seconds: int) -> None:
    """The phone's change was under way when somebody wished the opposite, and it looked as if that was so already."""
    wished = START
    pair = ChatLabel(wanted=not on, remote=not on, wanted_at=wished, sent_at=wished, confirmed_at=wished)
    at = wished + timedelta(seconds=seconds)
    pair.hear(on, at=at, event_id="x", received_at=LATER, read_at=NEVER, now=LATER)
    if seconds <= 0:  # older than the wish
        assert (pair.wanted, pair.remote, pair.receipt, pair.due_at) == (not on, on, Receipt.PENDING, LATER)
    elif at <= wished + CLOCKS:
        assert (pair.wanted, pair.receipt, pair.due_at) == (not on, Receipt.CONFIRMED, LATER)
    else:
        assert (pair.wanted, pair.receipt) == (on, Receipt.CONFIRMED)


# Clocks that are ahead

clocks = st.lists(
    st.tuples(st.integers(1, 60_000), st.sampled_from([0, 0, 1_000, 240_000]), st.booleans()), min_size=1, max_size=8
)


@given(clocks, st.data())
def test_clocks_that_jump_ahead_block_nothing(told: list[tuple[int, int, bool]], data: st.DataObject) -> None:
    """Emitted so many ms after the one before, by a clock so many ms ahead, and received at once; each may be repeated later.
    What is in doubt is asked, sooner or later."""
    pair, ms, truth, sent = ChatLabel(), 0, False, []
    for key, (pause, ahead, on) in enumerate(told):
        ms, truth = ms + pause, on
        sent.append((ms + ahead, str(key), on))
        for event in [sent[-1], *data.draw(st.lists(st.sampled_from(sent), max_size=2))]:
            pair.hear(
                event[2],
                at=moment(event[0]),
                event_id=event[1],
                received_at=moment(ms),
                read_at=NEVER,
                now=moment(ms),
            )
            if pair.due_at and data.draw(st.booleans()):
                pair.take_over(truth, moment(ms), moment(ms))
    if pair.due_at:
        pair.take_over(truth, moment(ms), moment(ms))
    assert pair.wanted is truth


@given(events, st.integers(1, 5_000), st.data())
def test_a_clock_that_is_always_ahead_orders_as_a_right_one(told: list[Event], ahead: int, data: st.DataObject) -> None:
    """In whatever order they arrive; what is asked only confirms it."""
    pair = ChatLabel()
    for at, (ms, key, on) in enumerate(data.draw(st.permutations(told))):
        received_at = moment(6 + at)
        pair.hear(on, at=moment(ms + ahead), event_id=key, received_at=received_at, read_at=NEVER, now=received_at)
    assert pair.wanted is max(told)[2]


@given(st.booleans(), st.sampled_from([None, -3600, -6]), st.sampled_from([*OPEN, Receipt.FAILED]))
def test_what_may_be_older_than_the_call_is_no_word_on_what_came_of_it(
    on: bool, seconds: int | None, receipt: Receipt
) -> None:
    called = LATER - timedelta(minutes=1)
    at = None if seconds is None else called + timedelta(seconds=seconds)
    pair = ChatLabel(
        wanted=True,
        remote=not on,
        receipt=receipt,
        wanted_at=called,
        called_at=called,
        sent_at=called,
        remote_at=called,
    )
    pair.hear(on, at=at, event_id="old", received_at=LATER, read_at=called, now=LATER)
    assert not pair.is_seen_since_last_call  # so that neither this wish nor its undoing is taken for true
    assert (pair.wanted, pair.receipt) == (True, receipt)
