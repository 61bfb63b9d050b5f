"""The calls of the push lane: what each asks of the provider, and what its answer shows. How it ends is recorded there."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from labelapp.actions.identity import read_labels
from labelapp.actions.listing import Listing, read_list
from labelapp.models import ChatLabel, Instance, Receipt
from labelapp.models.fields import NEVER
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import LabelInfo

Said = list[LabelInfo] | Listing | None


@dataclass
class Job:
    """A call that was handed to the pool, and the pair it is for."""

    pair: ChatLabel
    reads: bool
    addresses: list[str]
    keep: frozenset[str]  # the other labels that are known to be on the chat
    asked_at: datetime = NEVER
    lists: bool = False  # the reading is of all chats that carry the label

    def call(self, client: Provider) -> Said:
        """The call to the provider; what it showed of the chat, if it did. Touches no database: it runs in the pool.

        A person's two addresses carry labels of their own: one is enough to add a label, off it has to come at both.
        """
        if self.lists:
            return read_list(client, self.pair.label)
        if self.reads:
            return read_labels(client, self.addresses)
        wa_id = self.pair.label.wa_id
        if self.pair.wanted:
            return client.add_label(self.addresses[0], wa_id, keep=self.keep, force=self.pair.forced)
        shown = [client.remove_label(jid, wa_id, keep=self.keep) for jid in self.addresses]
        return shown[0] if len(shown) == 1 else None

    def calls(self, client: Provider) -> int:
        """How many places in the number's pace it takes."""
        if self.reads:
            return 1 if self.lists else len(self.addresses)
        again = self.pair.forced and client.calls_a_change > 1  # off first, then on
        return client.calls_a_change * (1 + again if self.pair.wanted else len(self.addresses))

    def shows(self, answer: list[LabelInfo] | None) -> bool | None:
        """Whether the label was on the chat after the write; None when the provider was not asked."""
        return None if answer is None else self.pair.label.wa_id in {info.wa_id for info in answer}


def seen_beside(instance: Instance, pair: ChatLabel) -> frozenset[str]:
    """The ids of the chat's other labels, seen or just sent, where the provider can only replace the whole list."""
    if instance.provider != Instance.Provider.WAHA:
        return frozenset()
    there = Q(remote=True, receipt=Receipt.CONFIRMED) | Q(wanted=True, receipt=Receipt.SENT)
    others = ChatLabel.objects.filter(there, chat=pair.chat_id, label__deleted_at=None).exclude(pk=pair.pk)
    return frozenset(others.values_list("label__wa_id", flat=True))
