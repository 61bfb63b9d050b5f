"""What each field and value of the language means, in a few words: for completion, and the table of the manual."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIELD_WORDS: dict[str, Promise] = {
    "label": _("carries this label"),
    "no": _("has no label, or no stage"),
    "stage": _("is at this stage, or between two: lead..won"),
    "age": _("how long it has been at its stage"),
    "is": _("its state: unanswered, failed and others"),
    "last": _("when the last message was"),
    "assigned": _("who looks after it"),
    "type": _("a person or a group"),
    "source": _("who put a label on"),
    "number": _("of this WhatsApp number"),
}
VALUE_WORDS: dict[tuple[str, str], Promise] = {
    ("is", "unanswered"): _("the customer waits for an answer"),
    ("is", "unread"): _("unanswered, and you have not looked"),
    ("is", "pending"): _("a change waits for WhatsApp"),
    ("is", "failed"): _("a change could not be applied"),
    ("is", "held"): _("a change waits for somebody's word"),
    ("is", "conflict"): _("two labels where one is allowed"),
    ("is", "archived"): _("in WhatsApp's archive"),
    ("type", "person"): _("a chat with one person"),
    ("type", "group"): _("a WhatsApp group"),
    ("source", "agent"): _("somebody in labelapp"),
    ("source", "phone"): _("on the phone"),
    ("source", "rule"): _("a rule"),
    ("source", "bulk"): _("a run over many chats"),
    ("source", "api"): _("a program"),
    ("source", "event"): _("a business event"),
    ("source", "reconcile"): _("a comparison with WhatsApp"),
    ("source", "import"): _("there before labelapp"),
    ("no", "label"): _("without any label"),
    ("no", "stage"): _("at no stage of a funnel"),
    ("assigned", "me"): _("you"),
    ("assigned", "nobody"): _("nobody yet"),
    ("last", ">"): _("longer ago than that"),
    ("last", "<"): _("more recent than that"),
    ("age", ">"): _("longer at its stage than that"),
    ("age", "<"): _("shorter at its stage than that"),
}
