"""The first import of a number: directory, chats, assignments. Resumable after a crash at any point, safe to repeat."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.directory import read_directory
from labelapp.actions.messages import move_chat
from labelapp.actions.notices import enter, note
from labelapp.actions.providers import reason
from labelapp.models import Change, Chat, ChatAlias, ChatLabel, Instance, Label, Receipt, Source, Verb
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.jids import kind_of
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import ChatInfo, LidPair

PAGE = 100
CHUNK = 500  # chats per transaction and query
Stop = Callable[[], bool]


def start_import(instance: Instance) -> None:
    """Have the number imported again. What is known stays, open wishes are not touched; an import that is under way goes on."""
    fresh = {
        "import_stage": Instance.ImportStage.WAITING,
        "import_cursor": 0,
        "import_done": 0,
        "import_total": 0,
        "import_error": "",
        "import_due_at": timezone.now(),
    }
    Instance.objects.filter(pk=instance.pk, import_stage=Instance.ImportStage.DONE).update(**fresh)
    note(instance, Change.Kind.INSTANCE)


def run_import(instance: Instance, client: Provider, stop: Stop = lambda: False) -> bool:
    """Go on with the import where it stands; True when it is done. Raises ProviderError, the place kept for the next try."""
    steps = {
        Instance.ImportStage.WAITING: _begin,
        Instance.ImportStage.LABELS: _read_labels,
        Instance.ImportStage.CHATS: _read_chats,
        Instance.ImportStage.ASSIGNMENTS: _read_assignments,
    }
    while instance.import_stage != Instance.ImportStage.DONE:
        if stop():
            return False
        steps[Instance.ImportStage(instance.import_stage)](instance, client, stop)
    return True


def record_trouble(instance: Instance, error: ProviderError) -> None:
    """Keep what the provider said while importing, for people to see."""
    _save(instance, import_error=reason(error))


def _save(instance: Instance, **values: object) -> None:
    for field, value in values.items():
        setattr(instance, field, value)
    instance.save(update_fields=list(values))
    note(instance, Change.Kind.INSTANCE)


def _begin(instance: Instance, client: Provider, stop: Stop) -> None:
    session = client.session()
    _save(
        instance,
        status=session.status[:40],
        status_at=timezone.now(),
        me_jid=session.me_jid[:80],
        me_name=session.me_name[:200],
        import_stage=Instance.ImportStage.LABELS,
    )


def _read_labels(instance: Instance, client: Provider, stop: Stop) -> None:
    read_directory(instance, client)
    _save(instance, import_stage=Instance.ImportStage.CHATS, import_cursor=0, import_done=0, import_total=0)


def _read_chats(instance: Instance, client: Provider, stop: Stop) -> None:
    """Page through the overview. A provider may ignore paging: stop when a page brings nothing that this pass has not met."""
    met: set[str] = set()
    while not stop():
        infos = client.chats(limit=PAGE, offset=instance.import_cursor)
        fresh = [info for info in infos if info.jid not in met]
        if not fresh:
            break
        met.update(info.jid for info in fresh)
        with transaction.atomic():
            store_chats(instance, fresh)
            done = instance.import_done + len(fresh)
            _save(instance, import_cursor=instance.import_cursor + PAGE, import_done=done, import_error="")
    else:
        return
    _read_hidden_ids(instance, client)
    total = Label.objects.filter(instance=instance).living().count()
    _save(instance, import_stage=Instance.ImportStage.ASSIGNMENTS, import_cursor=0, import_done=0, import_total=total)


def store_chats(instance: Instance, infos: Iterable[ChatInfo]) -> list[Chat]:
    """Make or refresh chats from overview rows, in a transaction. Returns those whose place in the list changed."""
    infos = list(infos)
    by_jid = chats_at(instance, {info.jid: info.name for info in infos})
    moved = []
    for info in infos:
        chat = by_jid[info.jid]
        before = (chat.last_message_at, chat.name, chat.archived)
        if info.name:
            chat.name = info.name[:200]
        if info.archived is not None:
            chat.archived = info.archived
        if info.last_message and info.last_message.at and info.last_message.at > chat.last_message_at:
            move_chat(chat, info.last_message, min(info.last_message.at, timezone.now()))
        elif before != (chat.last_message_at, chat.name, chat.archived):
            chat.save(update_fields=["name", "archived"])
        if before != (chat.last_message_at, chat.name, chat.archived):
            moved.append(chat)
    return moved


def chats_at(instance: Instance, names: dict[str, str]) -> dict[str, Chat]:
    """The chats at these addresses (address -> name), made where they were never seen. In a transaction; a few queries for any number."""
    found = _by_address(instance, names)
    missing = [jid for jid in names if jid not in found]
    if missing:
        rows = [
            Chat(
                instance=instance,
                jid=jid,
                name=names[jid][:200],
                kind=Chat.Kind.GROUP if kind_of(jid) == "group" else Chat.Kind.PERSON,
            )
            for jid in missing
        ]
        Chat.objects.bulk_create(rows, ignore_conflicts=True)
        made = Chat.objects.filter(instance=instance, jid__in=missing)
        ChatAlias.objects.bulk_create(
            [ChatAlias(instance=instance, jid=chat.jid, chat=chat) for chat in made], ignore_conflicts=True
        )
        found |= _by_address(instance, missing)
    return found


def _by_address(instance: Instance, jids: Iterable[str]) -> dict[str, Chat]:
    """Address -> locked chat, one object per chat however many of its addresses are asked for."""
    rows = dict(ChatAlias.objects.filter(instance=instance, jid__in=list(jids)).values_list("jid", "chat_id"))
    locked = Chat.objects.select_for_update().filter(pk__in=set(rows.values())).order_by("pk")
    chats = {chat.pk: chat for chat in locked}
    return {jid: chats[pk] for jid, pk in rows.items()}


def _read_hidden_ids(instance: Instance, client: Provider) -> None:
    """Learn which hidden ids (@lid) belong to chats that we know, so that their labels land on one row. Not every provider tells."""
    met: set[str] = set()
    try:
        while fresh := [p for p in client.lids(limit=500, offset=len(met)) if p.lid not in met]:
            met.update(pair.lid for pair in fresh)
            learn_hidden_ids(instance, fresh)
    except ProviderError as error:
        if not error.permanent:
            raise


@transaction.atomic
def learn_hidden_ids(instance: Instance, pairs: Iterable[LidPair]) -> None:
    """Note hidden ids as further addresses of chats that we know by number. An id that has a chat of its own keeps it."""
    known = {pair.pn: pair.lid for pair in pairs if pair.pn}
    chats = _by_address(instance, known)
    rows = [ChatAlias(instance=instance, jid=lid, chat=chats[pn]) for pn, lid in known.items() if pn in chats]
    ChatAlias.objects.bulk_create(rows, ignore_conflicts=True)


def _read_assignments(instance: Instance, client: Provider, stop: Stop) -> None:
    """The chats of each label, label by label in the order of their ids."""
    labels = Label.objects.filter(instance=instance, pk__gt=instance.import_cursor).living().order_by("pk")
    for label in labels:
        if stop():
            return
        asked_at = timezone.now()
        jids = [jid for jid in client.label_chats(label.wa_id) if kind_of(jid) != "other"]
        adopt_assignments(label, jids, asked_at)
        with transaction.atomic():
            done = instance.import_done + 1
            _save(instance, import_cursor=label.pk, import_done=done, import_error="")
    with transaction.atomic():
        _finish(instance)


def _finish(instance: Instance) -> None:
    if instance.imported_at is None:
        enter(Actor(None, Source.IMPORT), Verb.IMPORT, instance=instance)
    _save(
        instance,
        import_stage=Instance.ImportStage.DONE,
        import_due_at=None,
        import_error="",
        imported_at=instance.imported_at or timezone.now(),
        reconciled_at=timezone.now(),
    )
    note(instance, Change.Kind.LABELS)


def adopt_assignments(label: Label, jids: Sequence[str], asked_at: datetime) -> int:
    """Take over which chats carry a label. Only adds: an absence proves nothing. Open and failed wishes keep what is wanted.

    In short transactions: a label can be on very many chats. Safe to run twice. Returns how many chats were new to the label.
    """
    chunks = [jids[start : start + CHUNK] for start in range(0, len(jids), CHUNK)]
    new = sum(_adopt_chunk(label, chunk, asked_at) for chunk in chunks)
    with transaction.atomic():
        label = Label.objects.select_for_update().get(pk=label.pk)  # a click must not count meanwhile
        label.chat_count = ChatLabel.objects.filter(label=label, wanted=True).count()
        label.seen_at = max(label.seen_at, asked_at)
        label.save(update_fields=["chat_count", "seen_at"])
    return new


@transaction.atomic
def _adopt_chunk(label: Label, jids: Iterable[str], asked_at: datetime) -> int:
    chats = {chat.pk: chat for chat in chats_at(label.instance, dict.fromkeys(jids, "")).values()}
    known = set(ChatLabel.objects.filter(label=label, chat__in=chats).values_list("chat_id", flat=True))
    new = [
        ChatLabel(
            chat=chat,
            label=label,
            last_message_at=chat.last_message_at,
            wanted=True,
            remote=True,
            remote_at=asked_at,
            receipt=Receipt.CONFIRMED,
        )
        for pk, chat in chats.items()
        if pk not in known
    ]
    ChatLabel.objects.bulk_create(new, ignore_conflicts=True)
    settled = ChatLabel.objects.filter(label=label, chat__in=known, receipt=Receipt.CONFIRMED, wanted=False)
    return len(new) + settled.filter(wanted_at__lt=asked_at).update(wanted=True, remote=True, remote_at=asked_at)
