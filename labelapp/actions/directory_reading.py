"""The mirror of the label directory, brought up to date from the provider's listing. A short list is no proof (design rule 5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from labelapp.actions.directory import is_gone, learn_label, remove_label
from labelapp.actions.readiness import check_session, hold_account
from labelapp.actions.renames import Verdict, ask_again, ask_directory, judge, settle
from labelapp.actions.reuse import kept_by_chats
from labelapp.actions.transactions import patient
from labelapp.models import ChatLabel, Instance, Label
from labelapp.models.holds import hold_directory_alone
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import LabelInfo
from labelapp.whatsapp.waha_lists import carriers

AGAIN = timedelta(minutes=1)  # until the reading that decides about a label which this one lacks
APART = timedelta(seconds=30)  # at least, between the two


def read_directory(instance: Instance, client: Provider) -> None:
    """Bring the mirror of the directory up to date. Raises ProviderError, and NotConnected when another account answers.

    A label that is missing from the list is deleted here only when two readings lack it and the provider denies it in every other
    way too (`_is_denied`): a directory that is short for a moment buries nothing. An empty list deletes nothing, because an engine
    that lost its labels knows no id either; only the last label of an account goes, when no chat carries it. A label whose id turns
    out to be another one's now is deleted too (`renames`).
    """
    asked_at = timezone.now()
    infos = client.labels()
    living = {label.wa_id: label for label in Label.objects.filter(instance=instance).living()}
    denied = [one for one in _missing(instance, living, infos) if one.seen_at < asked_at and _is_denied(client, one)]
    is_last = client.asks_by_id and not infos  # nothing hangs on it, see `_missing`
    gone = [label for label in denied if is_last or _was_missing(label, living, infos, asked_at)]
    judged = [(label, judge(client, label)) for label in _named_otherwise(living, infos)]
    is_reused = any(verdict is Verdict.ANOTHER for _label, verdict in judged)
    if gone or is_reused or _differs(living, infos):
        check_session(instance, client)
    _take_over(instance, infos, gone, judged, asked_at)
    if is_reused:  # whatever was said of the new one before now counts as said of the old one
        Instance.objects.filter(pk=instance.pk).update(reconcile_due_at=timezone.now())
    for label, _verdict in judged:
        ask_again(label, asked_at)
    if len(denied) > len(gone):
        ask_directory(instance.pk, asked_at + AGAIN)


def _named_otherwise(living: dict[str, Label], infos: Iterable[LabelInfo]) -> list[Label]:
    """Labels whose name changed, now or lately, and may be another one's."""
    named = [(living[info.wa_id], info.name) for info in infos if info.name and info.wa_id in living]
    return [one for one, name in named if not one.is_ghost and (one.questioned_at or one.name != name)]


@patient
def _take_over(
    instance: Instance,
    infos: Sequence[LabelInfo],
    dead: Sequence[Label],
    judged: Sequence[tuple[Label, Verdict]],
    asked_at: datetime,
) -> None:
    if dead or judged:
        hold_directory_alone(instance.pk)
    for label in dead:
        remove_label(label, asked_at)
    for label, verdict in judged:
        settle(label, verdict, asked_at)
    same = {label.wa_id for label, verdict in judged if verdict.keeps_row}
    for info in infos:  # a listing is newer than every event that was emitted before it was asked for
        learn_label(instance, info, at=asked_at, is_same=info.wa_id in same)
    hold_account(instance)
    due = Instance.objects.filter(pk=instance.pk, directory_due_at__lte=asked_at)
    due.update(directory_due_at=None)


def compare_directory(instance: Instance, client: Provider) -> list[str]:
    """What `read_directory` would change, a line for each label, nothing written. Raises ProviderError."""
    infos = client.labels()
    living = {label.wa_id: label for label in Label.objects.filter(instance=instance).living()}
    lines = [f"+ label {info.wa_id} {info.name}" for info in infos if info.wa_id not in living]
    for info in infos:
        label = living.get(info.wa_id)
        if label and info.name and (label.name, label.color_index) != (info.name, info.color):
            lines.append(f"~ label {info.wa_id} {label.name} ({label.color_index}) -> {info.name} ({info.color})")
    gone = [label for label in _missing(instance, living, infos) if _is_denied(client, label)]
    return [*lines, *(f"- label {label.wa_id} {label.name}" for label in gone)]


def _differs(living: dict[str, Label], infos: Sequence[LabelInfo]) -> bool:
    """Whether the listing brings anything new: it may be another account's."""
    known = {(label.wa_id, label.name, label.color_index) for label in living.values()}
    return not known.issuperset((info.wa_id, info.name, info.color) for info in infos)


def _missing(instance: Instance, living: dict[str, Label], infos: Sequence[LabelInfo]) -> list[Label]:
    """Living labels that a listing lacks and that may be gone, if the provider denies them otherwise as well."""
    listed = {info.wa_id for info in infos}
    missing = [label for wa_id, label in living.items() if wa_id not in listed]
    if listed:
        return missing
    carried = ChatLabel.objects.shown().filter(label__instance=instance)
    return missing if len(missing) == 1 and not carried.exists() else []


def _is_denied(client: Provider, label: Label) -> bool:
    """Whether the provider denies a label that its list lacks: asked for it by id or, where it can't be asked so, for its chats; and
    asked for the labels of the chats that were seen with it. False when it can't be known."""
    try:
        is_denied = is_gone(client, label) if client.asks_by_id else not carriers(client, label.wa_id)
        return is_denied and not kept_by_chats(client, label)
    except ProviderError:
        return False


def _was_missing(label: Label, living: dict[str, Label], infos: Sequence[LabelInfo], asked_at: datetime) -> bool:
    """Whether an earlier reading, well before this one, lacked the label too: it saw all others that are listed now, and they
    were last seen well after it. An event about one of them is no reading."""
    seen = [living[info.wa_id].seen_at for info in infos if info.name and info.wa_id in living]
    return bool(seen) and label.seen_at + APART < min(seen) <= asked_at - APART
