"""What WAHA's lists prove about labels that a chat's own list lacks. Some engines lose labels for a while, lists and all."""

import time
from collections.abc import Sequence
from typing import Protocol

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import LabelInfo


class Lists(Protocol):
    """The three lists of labels."""

    def labels(self) -> list[LabelInfo]: ...

    def chat_labels(self, jid: str) -> list[LabelInfo]: ...

    def label_chats(self, wa_id: str) -> list[str]: ...


def ids(labels: Sequence[LabelInfo]) -> list[str]:
    return [label.wa_id for label in labels]


def labels_before(client: Lists, jid: str, keep: frozenset[str]) -> list[str]:
    """The ids on the chat. An error when ids of `keep` may be missing by mistake: writing the list back would take them off."""
    try:
        there = ids(client.chat_labels(jid))
        must_be_off(client, jid, there, sorted(keep.difference(there)))
    except ProviderError as error:
        error.timed_out = False  # nothing was written yet
        raise
    return there


def once_without(client: Lists, jid: str, wa_id: str, pauses: Sequence[float]) -> list[str]:
    """The ids on the chat once its list lacks this one, looked at after each pause (seconds).

    An error while it still shows it: what is written now would not be sent. Tried again later, the caller finds it gone.
    """
    for pause in pauses:
        time.sleep(pause)
        if wa_id not in (now := ids(client.chat_labels(jid))):
            return now
    raise ProviderError("The provider's list still shows the label that was to be put on anew.")


def must_be_off(client: Lists, jid: str, there: list[str], missing: Sequence[str]) -> None:
    """Raise ProviderError unless these labels are off the chat, whose list was read as `there`: the label's own lists must say so.

    An empty one counts only where the chat's list stays as it is and the list of some other label is not empty. Else nothing
    can be known now (`unsure`): with all lists empty the engine has lost its labels.
    """
    lists = [carriers(client, wa_id) for wa_id in missing]
    if any(jid in chats for chats in lists):
        raise ProviderError("The provider's list of this chat's labels is shorter than what is known.")
    if all(lists):
        return
    if ids(client.chat_labels(jid)) != there or not (any(lists) or _lists_some(client, there)):
        raise ProviderError(
            "The provider's lists are empty or changing: they may lack labels of this chat.", unsure=True
        )


def carriers(client: Lists, wa_id: str) -> list[str]:
    """The chats of a label; none where it was deleted."""
    try:
        return client.label_chats(wa_id)
    except ProviderError as error:
        if error.gone:
            return []
        raise


def _lists_some(client: Lists, first: Sequence[str]) -> bool:
    """Whether the list of any label has a chat in it, these first; as a rule one call tells."""
    if any(carriers(client, wa_id) for wa_id in first):
        return True
    return any(carriers(client, wa_id) for wa_id in ids(client.labels()) if wa_id not in first)
