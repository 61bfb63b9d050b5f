"""The second step of a cycle: chats that a label's list lacks are asked themselves."""

import time
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from labelapp.actions.cycle import Cycle, Stopped
from labelapp.actions.doubts import FEW
from labelapp.actions.findings import raise_finding
from labelapp.actions.listing import CALM, CHUNK
from labelapp.actions.readings import Answer, record_readings
from labelapp.actions.receipts import is_outage
from labelapp.actions.suspects import Asked, Suspect, chats_to_ask, judge
from labelapp.models import Chat, ChatLabel, Finding
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError

BATCH = 50  # chats asked between two records
ASK_SECONDS = 600  # the longest that a cycle asks chats; the next one goes on with those asked longest ago
AGAIN = timedelta(hours=1)  # many old doubts are asked again no sooner
BROKEN = 20  # so many chats in a row over which the server breaks, and it is not the chats
PROBES = 3  # chats of a list that are asked whether chats answer for themselves at all


def ask_chats(cycle: Cycle) -> None:
    """Sort the cycle's suspects into gone, missed, doubted and unasked. All stay unjudged where chats don't answer for themselves."""
    if not _are_mute(cycle):
        _ask(cycle)


def _are_mute(cycle: Cycle) -> bool:
    """Whether chats that a list names, asked themselves, all deny it: then what they deny says nothing in this cycle."""
    longest = max(cycle.listings.values(), key=lambda listing: len(listing.jids), default=None)
    if longest is None or len(longest.jids) < PROBES:
        return False
    lacking = [suspect.pair.pk for suspect in cycle.suspects[longest.label.pk]]
    named = ChatLabel.objects.filter(label=longest.label, **CALM).exclude(pk__in=lacking[:CHUNK])
    probes = [Suspect(pair, longest) for pair in named.order_by("-last_message_at", "pk")[:PROBES]]
    rows = [row for row in chats_to_ask(probes) if _ask_chat(cycle, row)]
    if len(rows) < PROBES or any(longest.label.wa_id in row.seen for row in rows):
        return False
    cycle.stands(raise_finding(cycle.instance, Finding.Kind.EMPTY, words=Reason.MUTE(), count=len(rows)))
    return True


def _ask(cycle: Cycle) -> None:
    asked: list[Asked] = []
    until = time.monotonic() + ASK_SECONDS
    rows = chats_to_ask(suspect for some in cycle.suspects.values() for suspect in _worth_asking(cycle, some))
    try:
        for done, row in enumerate(rows):
            row.suspects = cycle.believed(row.suspects)
            if not row.suspects:
                continue
            if time.monotonic() > until:
                _leave(cycle, row.suspects)
            elif _answers(cycle, row):
                asked.append(row)
            if len(asked) >= BATCH:
                _judge(cycle, asked)
                cycle.progress(len(cycle.listings) + done, len(cycle.listings) + len(rows))
    except (ProviderError, Stopped):
        _judge(cycle, asked)
        raise
    _judge(cycle, asked)


def _leave(cycle: Cycle, suspects: list[Suspect]) -> None:
    """There is no time left to ask: an old doubt stands, the others are for the next cycle."""
    cycle.doubted += [suspect for suspect in suspects if suspect.pair.doubted_at]
    cycle.unasked += [suspect for suspect in suspects if not suspect.pair.doubted_at]


def _worth_asking(cycle: Cycle, suspects: list[Suspect]) -> Iterable[Suspect]:
    """All but many old doubts about one label: that would be a call each, in every cycle, for a list that is not to be believed."""
    old = [suspect for suspect in suspects if suspect.pair.doubted_at]
    recent: set[int] = set()
    if len(old) > FEW:
        chats = Chat.objects.filter(assignments__label=old[0].listing.label, assignments__doubted_at__isnull=False)
        recent = set(chats.filter(labels_read_at__gt=cycle.started_at - AGAIN).values_list("pk", flat=True))
    for suspect in cycle.believed(suspects):
        if suspect.pair.doubted_at and suspect.pair.chat_id in recent:
            cycle.doubted.append(suspect)
        else:
            yield suspect


def _answers(cycle: Cycle, row: Asked) -> bool:
    """Ask the chat about its suspects. An empty list of a label that it names is wrong as a whole; a doubt about a chat that the
    server breaks over stands."""
    if not _ask_chat(cycle, row):
        cycle.report.mute += 1
        if row.is_broken:
            cycle.doubted += [suspect for suspect in row.suspects if suspect.pair.doubted_at]
        return False
    cycle.report.asked += 1
    for suspect in cycle.believed(row.suspects):
        if suspect.wa_id in row.seen and not suspect.listing.jids:
            cycle.find_empty(suspect.listing.label.pk)
    return True


def _ask_chat(cycle: Cycle, row: Asked) -> bool:
    """Ask the chat by each of its addresses. False when the provider can't say anything about it. Raises ProviderError for what
    concerns them all."""
    cycle.pause()
    row.asked_at = timezone.now()
    try:
        for jid in row.jids:
            row.seen |= {info.wa_id: info for info in cycle.client.chat_labels(jid)}
    except ProviderError as error:
        if is_outage(error):
            raise
        row.is_broken = not error.permanent
        cycle.broken = cycle.broken + 1 if row.is_broken else 0
        if cycle.broken >= BROKEN:
            raise
        if row.is_broken:
            cycle.gaps[row.chat.jid] = error
        return False
    cycle.broken = 0
    return True


def _judge(cycle: Cycle, asked: list[Asked]) -> None:
    if not asked:
        return
    verdicts = judge(asked)
    cycle.gone += verdicts.gone
    cycle.missed += verdicts.missed
    cycle.doubted += verdicts.doubted
    surprises = [Answer(row.chat.pk, row.seen.values(), row.asked_at or cycle.started_at) for row in verdicts.surprises]
    record_readings(cycle.instance, surprises)
    asked.clear()
