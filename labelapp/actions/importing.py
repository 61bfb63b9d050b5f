"""The first import of a number: directory, chats, assignments. Resumable after a crash at any point, safe to repeat."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from labelapp.actions.accounts import observe_session
from labelapp.actions.actor import Actor
from labelapp.actions.addresses import chats_at
from labelapp.actions.directory_reading import read_directory
from labelapp.actions.findings import vanish_unseen
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.listing import adopt_listing, compare_listing, count_listing, read_list
from labelapp.actions.messages import keep_messages, message_row, move_chat, read_archive
from labelapp.actions.notices import enter, note
from labelapp.actions.providers import reason
from labelapp.actions.readiness import FROZEN, NotConnected, check_session
from labelapp.actions.texts import write_texts
from labelapp.models import Change, Chat, ChatAlias, Finding, Instance, Label, Message, Source, Verb
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import ChatInfo, MessageInfo

PAGE = 100
IMPORT = Actor(None, Source.IMPORT)
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
    """Go on with the import where it stands; True when it is done. Raises ProviderError or NotConnected, the place kept for the
    next try.

    Who answers is asked before each stage, and nothing is written any more once the number was frozen or begun anew.
    """
    steps = {
        Instance.ImportStage.WAITING: _begin,
        Instance.ImportStage.LABELS: _read_labels,
        Instance.ImportStage.CHATS: _read_chats,
        Instance.ImportStage.ASSIGNMENTS: _read_assignments,
    }
    while instance.import_stage != Instance.ImportStage.DONE:
        if stop():
            return False
        if instance.import_stage != Instance.ImportStage.WAITING:
            check_session(instance, client)
        steps[Instance.ImportStage(instance.import_stage)](instance, client, stop)
    return True


def record_trouble(instance: Instance, error: ProviderError | NotConnected, *, pause: float = 0) -> None:
    """Keep why the import does not go on, for people to see, and leave it alone for `pause` seconds."""
    offline = "" if instance.is_working else Reason.OFFLINE(instance.status)  # a frozen number says so itself
    words = reason(error) if isinstance(error, ProviderError) else offline
    later = {"import_due_at": timezone.now() + timedelta(seconds=pause)} if pause else {}
    with suppress(NotConnected):  # the trouble of an import that is none any more
        _save(instance, import_error=words, **later)


def _save(instance: Instance, **values: object) -> None:
    """Raises NotConnected, nothing written, when the import is not where this one left it: the number was frozen or begun anew."""
    with transaction.atomic():
        if not _here(instance).update(**values):
            raise NotConnected(FROZEN)
        note(instance, Change.Kind.INSTANCE)
    for field, value in values.items():
        setattr(instance, field, value)


def _here(instance: Instance) -> QuerySet[Instance]:
    """The number while it is the same account's and at the same place of the import as `instance`."""
    same = {field: getattr(instance, field) for field in ("pk", "me_jid", "import_stage", "import_cursor")}
    return Instance.objects.filter(frozen_at=None, **same)


def _begin(instance: Instance, client: Provider, stop: Stop) -> None:
    asked_at = timezone.now()
    if observe_session(instance, client.session(), asked_at):
        _save(instance, import_stage=Instance.ImportStage.LABELS)


def _read_labels(instance: Instance, client: Provider, stop: Stop) -> None:
    read_directory(instance, client)
    _save(instance, import_stage=Instance.ImportStage.CHATS, import_cursor=0, import_done=0, import_total=0)


def _read_chats(instance: Instance, client: Provider, stop: Stop) -> None:
    """Page through the overview. A provider may ignore paging: stop when a page brings nothing that this pass has not met."""
    met: set[str] = set()
    while not stop():
        asked_at = timezone.now()
        infos = client.chats(limit=PAGE, offset=instance.import_cursor)
        fresh = [info for info in infos if info.jid not in met]
        if not fresh:
            break
        met.update(info.jid for info in fresh)
        with transaction.atomic():
            store_chats(instance, fresh, asked_at)
            done = instance.import_done + len(fresh)
            _save(instance, import_cursor=instance.import_cursor + PAGE, import_done=done, import_error="")
    else:
        return
    read_hidden_ids(instance, client)
    total = Label.objects.filter(instance=instance).living().count()
    _save(instance, import_stage=Instance.ImportStage.ASSIGNMENTS, import_cursor=0, import_done=0, import_total=total)


def store_chats(instance: Instance, infos: Iterable[ChatInfo], asked_at: datetime) -> list[Chat]:
    """Make or refresh chats from overview rows as of `asked_at`, in a transaction. Returns those that are new or look different now.

    Last messages that no event has told of are kept and told, except by an import.
    """
    infos, now = list(infos), timezone.now()
    jids = {info.jid: info.name for info in infos}
    known = set(ChatAlias.objects.filter(instance=instance, jid__in=jids).values_list("jid", flat=True))
    by_jid = chats_at(instance, jids)
    moved: dict[int, Chat] = {}
    heard: list[Message] = []
    new: dict[int, Chat] = {}
    for info in infos:
        chat = by_jid[info.jid]
        before = (chat.last_message_at, chat.name)
        if info.name:
            chat.name = info.name[:200]
        if info.last_message and _is_newer(chat, info.last_message, now):
            at = min(info.last_message.at or now, now)
            move_chat(chat, info.last_message, at)
            heard += [message_row(chat, info.last_message, at)] if info.last_message.wa_id else []
        elif before != (chat.last_message_at, chat.name):
            chat.save(update_fields=["name"])
        if info.jid not in known:
            new[chat.pk] = chat
        if info.jid not in known or before != (chat.last_message_at, chat.name):
            moved[chat.pk] = chat
    if heard and instance.import_stage == Instance.ImportStage.DONE:
        keep_messages(instance, heard, new)
    write_texts(moved)
    moved |= {chat.pk: chat for chat in read_archive(instance, infos, asked_at)}
    return list(moved.values())


def _is_newer(chat: Chat, last: MessageInfo, now: datetime) -> bool:
    """Whether the chat's last message is news. One from the future counts as written when it was first seen."""
    if last.at is None or last.at <= chat.last_message_at:
        return False
    is_shown = (chat.last_message_text, chat.last_message_from_me) == (last.text[:200], last.from_me)
    return last.at <= now or not is_shown


def read_hidden_ids(instance: Instance, client: Provider) -> None:
    """Learn which hidden ids (@lid) belong to chats that we know, so that their labels land on one row. Not every provider tells.

    Contradictions that were found before and are not among them any more vanish; no mapping at all says nothing of them.
    """
    met: set[str] = set()
    began_at = timezone.now()
    try:
        while fresh := [p for p in client.lids(limit=500, offset=len(met)) if p.lid not in met]:
            met.update(pair.lid for pair in fresh)
            learn_hidden_ids(instance, fresh)
    except ProviderError as error:
        if not error.permanent:
            raise
    else:
        if met:
            vanish_unseen(instance, Finding.Kind.IDENTITY, began_at)


def _read_assignments(instance: Instance, client: Provider, stop: Stop) -> None:
    """The chats of each label, label by label in the order of their ids."""
    labels = Label.objects.filter(instance=instance, pk__gt=instance.import_cursor).living().select_related("instance")
    actor = Actor(None, Source.PHONE, Reason.COMPARED()) if instance.imported_at else IMPORT
    for label in labels.order_by("pk"):
        if stop():
            return
        listing = read_list(client, label)
        if not _here(instance).exists():
            raise NotConnected(FROZEN)
        adopt_listing(actor, listing, compare_listing(listing).news)
        count_listing(listing)
        with transaction.atomic():
            done = instance.import_done + 1
            _save(instance, import_cursor=label.pk, import_done=done, import_error="")
    with transaction.atomic():
        _finish(instance)


def _finish(instance: Instance) -> None:
    if instance.imported_at is None:
        enter(IMPORT, Verb.IMPORT, instance=instance)
    _save(
        instance,
        import_stage=Instance.ImportStage.DONE,
        import_due_at=None,
        import_error="",
        imported_at=instance.imported_at or timezone.now(),
        reconciled_at=timezone.now(),
    )
    note(instance, Change.Kind.LABELS)
