"""What labelapp stores. Import models from here."""

from labelapp.models.assignments import ChatLabel, Receipt
from labelapp.models.chats import Chat, ChatAlias, ChatRead, Message
from labelapp.models.deliveries import HookDelivery, Outcome
from labelapp.models.instances import Instance
from labelapp.models.labels import Label, LabelGroup
from labelapp.models.ledger import Change, LedgerEntry, Source, Verb
from labelapp.models.people import User
from labelapp.models.workers import Heartbeat

__all__ = [
    "Change",
    "Chat",
    "ChatAlias",
    "ChatLabel",
    "ChatRead",
    "Heartbeat",
    "HookDelivery",
    "Instance",
    "Label",
    "LabelGroup",
    "LedgerEntry",
    "Message",
    "Outcome",
    "Receipt",
    "Source",
    "User",
    "Verb",
]
