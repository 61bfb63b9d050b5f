"""By what chats are found: the one place that writes `ChatText`. Messages fold themselves (`FoldedField`)."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from labelapp.models import Chat, ChatAlias, ChatText, Message
from labelapp.models.folded import chat_text


def write_texts(chats: Iterable[int]) -> None:
    """Write anew by what these chats (primary keys) are found, in the transaction that changed a name, an address, a preview or
    which messages are stored. Four queries for any number, the last only where a text differs. Safe to run twice."""
    pks = list(chats)
    if not pks:
        return
    known = dict(ChatText.objects.filter(chat__in=pks).values_list("chat_id", "text"))
    jids: dict[int, list[str]] = defaultdict(list)
    for pk, jid in ChatAlias.objects.filter(chat__in=pks).order_by("pk").values_list("chat_id", "jid"):
        jids[pk].append(jid)
    said = Message.objects.filter(chat=OuterRef("pk"), at=OuterRef("last_message_at"))
    rows = Chat.objects.filter(pk__in=pks).values_list(
        "pk", "name", "jid", "last_message_sender", "last_message_text", Exists(said)
    )
    texts = [
        ChatText(
            chat_id=pk,
            text=chat_text(name, jids[pk] or [jid], "" if is_stored else f"{sender} {preview}"),
            has_preview=bool(preview) and not is_stored,
        )
        for pk, name, jid, sender, preview, is_stored in rows
    ]
    ChatText.objects.bulk_create(
        [text for text in texts if known.get(text.pk) != text.text],
        update_conflicts=True,
        unique_fields=["chat"],
        update_fields=["text", "has_preview"],
    )


def write_new(chats: Iterable[Chat]) -> None:
    """Write by what chats are found that were just made: they have one address and no messages. One query."""
    texts = [ChatText(chat=chat, text=chat_text(chat.name, [chat.jid], "")) for chat in chats]
    ChatText.objects.bulk_create(texts, ignore_conflicts=True)


def found_by_preview(chats: Iterable[int]) -> set[int]:
    """Those of the chats whose text holds a preview. Once a stored message moves them that is not what they show any more."""
    return set(ChatText.objects.filter(chat__in=list(chats), has_preview=True).values_list("chat_id", flat=True))
