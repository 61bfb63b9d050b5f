"""What labelapp stores. Import models from here."""

from labelapp.models.asks import Ask
from labelapp.models.assignments import ChatLabel, Receipt
from labelapp.models.chats import Chat, ChatAlias, ChatRead, ChatText, Looker, MergedChat, Message
from labelapp.models.clashes import ClashLook
from labelapp.models.deliveries import Heard, HookDelivery, Outcome
from labelapp.models.events import BusinessEvent, EventAddress, EventMapping
from labelapp.models.facts import Fact
from labelapp.models.findings import Finding
from labelapp.models.instances import Instance
from labelapp.models.labels import Label, LabelGroup
from labelapp.models.ledger import Change, LedgerEntry, Source, Verb
from labelapp.models.moves import Move, StagePrune
from labelapp.models.notices import Notice, NoticeSettings, Subscription
from labelapp.models.outgoing import HookSend, OutgoingHook
from labelapp.models.people import User
from labelapp.models.rules import Rule, RuleFiring, RuleSet
from labelapp.models.runs import Run, RunChat, RunItem
from labelapp.models.saved import SavedView, ViewPin
from labelapp.models.timers import LabelTimer
from labelapp.models.tokens import ApiToken, KeptAnswer
from labelapp.models.workers import Heartbeat

__all__ = [
    "ApiToken",
    "Ask",
    "BusinessEvent",
    "Change",
    "Chat",
    "ChatAlias",
    "ChatLabel",
    "ChatRead",
    "ClashLook",
    "ChatText",
    "EventAddress",
    "EventMapping",
    "Fact",
    "Finding",
    "Heard",
    "Heartbeat",
    "HookDelivery",
    "HookSend",
    "Instance",
    "KeptAnswer",
    "Label",
    "LabelGroup",
    "LabelTimer",
    "LedgerEntry",
    "Looker",
    "MergedChat",
    "Message",
    "Move",
    "Notice",
    "NoticeSettings",
    "Outcome",
    "OutgoingHook",
    "Receipt",
    "Rule",
    "RuleFiring",
    "RuleSet",
    "Run",
    "RunChat",
    "RunItem",
    "SavedView",
    "Source",
    "StagePrune",
    "Subscription",
    "User",
    "Verb",
    "ViewPin",
]
