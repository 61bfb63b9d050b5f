"""Why a wish failed: stored as a code and the provider's words, told in the reader's language."""

from contextlib import suppress
from datetime import datetime
from enum import StrEnum

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


class Reason(StrEnum):
    """What stands before the colon of a stored reason."""

    DELETED = "deleted"
    NOT_THERE = "not-there"
    SILENT = "silent"
    TOKEN = "token"  # noqa: S105  # a code, no secret
    KEYS = "keys"
    SAID = "said"
    STAGE = "stage"
    ACCOUNT = "account"
    RIVAL = "rival"
    BACK = "back"
    KEPT = "kept"
    TAKEN = "taken"
    RELEASED = "released"
    DROPPED = "dropped"
    COMPARED = "compared"
    LISTS = "lists"
    SHORT = "short"
    EMPTY = "empty"
    MUTE = "mute"
    MANY = "many"
    STRAY = "stray"
    OFFLINE = "offline"
    PUSHED = "pushed"
    PULLED = "pulled"
    ONE = "one"
    TAKEN_UP = "taken-up"
    TWO_PEOPLE = "two-people"
    ASKING = "asking"
    RENAMED = "renamed"
    PART = "part"
    UNDONE = "undone"
    AWAY = "away"
    RUN = "run"
    STREAK = "streak"
    OUTAGE = "outage"
    LEFT = "left"
    CUT_OFF = "cut-off"
    MISSING = "missing"
    UNNAMED = "unnamed"
    REMOVED = "removed"
    HIDDEN = "hidden"
    NEWER = "newer"
    STOPPED = "stopped"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    ARRANGED = "arranged"
    GROUP_MADE = "group-made"
    GROUP_CHANGED = "group-changed"
    GROUP_DELETED = "group-deleted"
    PUBLISHED = "published"
    UNDELETED = "undeleted"
    STRANGERS = "strangers"
    PASSED = "passed"
    TAKEN_OFF = "taken-off"
    MADE_REDUNDANT = "redundant"
    STAYS = "stays"
    POLICY = "policy"
    PRUNES = "prunes"
    RULE_DEAD = "rule-dead"
    RULE_DEEP = "rule-deep"
    RULE_PAIR = "rule-pair"
    RULE_BROKE = "rule-broke"
    EVENT = "event"
    RULE_PERSON = "rule-person"
    RULE_HOOK = "rule-hook"
    ASK_SLOW = "ask-slow"
    ASK_AWAY = "ask-away"
    ASK_PRIVATE = "ask-private"
    ASK_LOCKED = "ask-locked"
    ASK_REDIRECT = "ask-redirect"
    ASK_STATUS = "ask-status"
    ASK_LONG = "ask-long"
    ASK_JSON = "ask-json"
    ASK_LABELS = "ask-labels"
    ASK_LATE = "ask-late"
    TIMER_OFF = "timer-off"
    TIMER_TURN = "timer-turn"
    TIMER_CALL = "timer-call"
    TIMER_CLEARED = "timer-cleared"
    TIMER_CAME = "timer-came"
    TIMER_TOLD = "timer-told"
    TIMER_LOST = "timer-lost"
    TIMER_ANEW = "timer-anew"
    TIMER_BROKE = "timer-broke"

    def __call__(self, words: str = "") -> str:
        """The stored form, at most 300 characters."""
        return f"{self.value}:{words}"[:300]


PARTS = "\x1f"  # between the parts of a timer's words: names hold any other character
TIMED = (Reason.TIMER_OFF, Reason.TIMER_TURN, Reason.TIMER_CALL)


def timed(code: Reason, until: datetime, name: str = "", by: str = "") -> str:
    """What a timer was set to (one of TIMED), as it is stored. `name`: the label or the person, `by`: the program or rule that set it."""
    return code(PARTS.join((until.isoformat(timespec="seconds"), name, by)))


def _timed(code: str, words: str) -> str:
    """The sentence of such a reason, in the reader's time zone."""
    at, name, by = (*words.split(PARTS), "", "")[:3]
    with suppress(ValueError):  # written otherwise than `timed` does: as it stands
        local = timezone.localtime(datetime.fromisoformat(at))
        at = formats.date_format(local, pgettext("date format", "j M Y, H:i"))
    values = {"time": at, "name": name}
    said = {
        Reason.TIMER_OFF: _("Until %(time)s, then it comes off."),
        Reason.TIMER_TURN: _("Until %(time)s, then it turns into “%(name)s”."),
        Reason.TIMER_CALL: _("Until %(time)s, then %(name)s is told."),
    }[Reason(code)] % values
    return f"{said} ({by})" if by else said


def sentence(stored: str) -> str:
    """A stored reason as a sentence in the active language; a text of unknown form as it is."""
    code, colon, words = stored.partition(":")
    if code in TIMED:
        return _timed(code, words)
    nested = sentence(words) if code in (Reason.STREAK, Reason.OUTAGE, Reason.UNDELETED, Reason.STAYS) else ""
    words = words.rstrip(". ")
    texts = {
        Reason.DELETED: _("The label was deleted in WhatsApp."),
        Reason.NOT_THERE: _("WhatsApp said done, but the change is not there."),
        Reason.SILENT: _("The provider does not answer (%(words)s).") % {"words": words},
        Reason.TOKEN: _("The provider refuses the access token: %(words)s") % {"words": words},
        Reason.KEYS: _(
            "The phone has not given this connection the keys that label changes need. "
            "Link the number again at the provider. (%(words)s)"
        )
        % {"words": words},
        Reason.SAID: _("The provider says: %(words)s") % {"words": words},
        Reason.STAGE: _("The new stage could not be set."),
        Reason.ACCOUNT: _("The number belongs to another WhatsApp account now."),
        Reason.RIVAL: _("Another WhatsApp account answered: %(words)s") % {"words": words},
        Reason.BACK: _("The known WhatsApp account is back: %(words)s") % {"words": words},
        Reason.KEPT: _("The number stays with the WhatsApp account %(words)s") % {"words": words},
        Reason.RELEASED: _("The change had waited for long and was sent after all."),
        Reason.DROPPED: _("The change had waited for long and was taken back."),
        Reason.TAKEN: _("The number goes on with the WhatsApp account %(words)s") % {"words": words},
        Reason.COMPARED: _("Found by comparing with WhatsApp's lists."),
        Reason.LISTS: _("The label's list of chats lacks this one, but the chat's own labels still name it."),
        Reason.SHORT: _("The label's list of chats lacks some whose own labels still name it."),
        Reason.EMPTY: _("WhatsApp's list is empty, although chats carry the label here."),
        Reason.MUTE: _("Chats that WhatsApp's lists name answer that they carry no label."),
        Reason.STRAY: _("A change for a deleted label had reached the new label that got its id."),
        Reason.MANY: _("More would come off at once than looks right."),
        Reason.TWO_PEOPLE: _("WhatsApp says that these are one person, which would join two chats: %(words)s")
        % {"words": words},
        Reason.PUSHED: _("WhatsApp differed, and was told again."),
        Reason.PULLED: _("WhatsApp differed, and its state was taken over."),
        Reason.ONE: _("Only one of these labels may be on a chat."),
        Reason.TAKEN_UP: _("Ignoring it was undone."),
        Reason.ASKING: _(
            "WhatsApp gave this label another name (before: %(words)s). Its chats are asked first whether it is still the same label."
        )
        % {"words": words},
        Reason.RENAMED: _(
            "WhatsApp gave this label another name (before: %(words)s), and nothing tells whether it is still the same label. "
            "Try again if it is meant."
        )
        % {"words": words},
        Reason.PART: _("Some labels or chats could not be read: %(words)s") % {"words": words},
        Reason.UNDONE: _("A change was undone."),
        Reason.AWAY: _("%(words)s may not see this number any more.") % {"words": words},
        Reason.RUN: _("Run %(words)s") % {"words": words},
        Reason.STREAK: _("It stopped by itself: several chats in a row failed. The last reason: %(words)s")
        % {"words": nested},
        Reason.OUTAGE: _("It stopped by itself: the number could not be reached for long. %(words)s")
        % {"words": nested},
        Reason.LEFT: _("It stopped by itself: %(words)s may not change these chats any more.") % {"words": words},
        Reason.CUT_OFF: _("It was cut off while it was being prepared. Nothing was changed."),
        Reason.MISSING: _("The number has no label “%(words)s”.") % {"words": words},
        Reason.UNNAMED: _("WhatsApp has not told the name of this label yet."),
        Reason.REMOVED: _("The number was removed."),
        Reason.HIDDEN: _("You may not see the number."),
        Reason.STOPPED: _("The run was stopped before its turn came."),
        Reason.NEWER: _("Somebody has changed it since."),
        Reason.ARCHIVED: _("Archived here."),
        Reason.UNARCHIVED: _("Taken out of the archive."),
        Reason.ARRANGED: _("Put in another order."),
        Reason.GROUP_MADE: _("Made the group “%(words)s”.") % {"words": words},
        Reason.GROUP_CHANGED: _("Changed the group “%(words)s”.") % {"words": words},
        Reason.GROUP_DELETED: _("Deleted the group “%(words)s”.") % {"words": words},
        Reason.PUBLISHED: _("Published to the number."),
        Reason.UNDELETED: _("All chats are moved, but the label could not be deleted. %(words)s") % {"words": nested},
        Reason.STRANGERS: _(
            "WhatsApp names chats with the label that labelapp does not know yet. Go on once they are here."
        ),
        Reason.PASSED: _("Another stage was chosen before this one had arrived."),
        Reason.TAKEN_OFF: _("The new stage was taken off again."),
        Reason.MADE_REDUNDANT: _("The stage “%(words)s” makes it redundant.") % {"words": words},
        Reason.STAYS: _("The old stage could not be taken off: %(words)s") % {"words": nested},
        Reason.PRUNES: _("Comes off when a chat enters this stage: %(words)s") % {"words": words}
        if words
        else _("Nothing else comes off when a chat enters this stage."),
        Reason.POLICY: _("Only one of these labels may be on a chat: the group's rule decided."),
        Reason.RULE_DEAD: _("It names a label that was deleted in WhatsApp: %(words)s") % {"words": words},
        Reason.RULE_DEEP: _("Too many rules had answered each other: it did nothing. (%(words)s)") % {"words": words},
        Reason.RULE_PAIR: _("Another rule had done the opposite a moment before: “%(words)s” was left as it was.")
        % {"words": words},
        Reason.RULE_BROKE: _("It could not be carried out: %(words)s") % {"words": words},
        Reason.EVENT: _("Business event %(words)s") % {"words": words},
        Reason.RULE_PERSON: _("It tells somebody who may not see the number: %(words)s") % {"words": words},
        Reason.RULE_HOOK: _("Its outgoing hook was deleted, or is not about this number any more."),
        Reason.ASK_SLOW: _("The classifier gave no answer in time."),
        Reason.ASK_AWAY: _("There was no connection to the classifier."),
        Reason.ASK_PRIVATE: _("The classifier's name leads to a private address: nothing was sent."),
        Reason.ASK_LOCKED: _("The classifier's address or secret can't be read any more."),
        Reason.ASK_REDIRECT: _("The classifier answered with a redirect (%(words)s), which is not followed.")
        % {"words": words},
        Reason.ASK_STATUS: _("The classifier answered %(words)s.") % {"words": words},
        Reason.ASK_LONG: _("The classifier's answer was longer than 64 KB."),
        Reason.ASK_JSON: _("The classifier's answer names no labels. It has to be JSON: {“labels”: […]}."),
        Reason.ASK_LABELS: _("The classifier named what this rule does not let it put on: %(words)s")
        % {"words": words},
        Reason.ASK_LATE: _("Messages had waited for the classifier for too long, and were left out."),
        Reason.TIMER_CLEARED: _("The timer was taken away."),
        Reason.TIMER_CAME: _("Its time had come."),
        Reason.TIMER_TOLD: _("%(words)s was told.") % {"words": words} if words else _("Nobody could be told."),
        Reason.TIMER_LOST: _("The label had come off before."),
        Reason.TIMER_ANEW: _("The label had come off and was put on again."),
        Reason.TIMER_BROKE: _("It could not be done: %(words)s") % {"words": words},
        Reason.OFFLINE: _("The number is not connected (%(words)s).") % {"words": words},
    }
    return texts.get(code, stored) if colon else stored  # type: ignore[call-overload]  # a code that is no Reason: `stored`
