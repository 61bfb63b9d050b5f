"""What a delivery did to the mirror, or why it did nothing: stored as a code and words, told in the reader's language."""

from enum import StrEnum

from django.utils.translation import gettext as _


class Effect(StrEnum):
    """What stands before the colon of a stored effect."""

    CHANGED = "changed"  # the mirror took it over
    CONFIRMED = "confirmed"  # it settled a wish of ours
    NOTED = "noted"  # seen at the provider, the open wish decides
    DOUBTED = "doubted"  # the chat is asked instead
    SAME = "same"  # nothing new in it
    OLDER = "older"  # something younger is known
    DEAD = "dead"  # of a label that was deleted since
    UNKNOWN = "unknown"  # of a label that the directory has not shown yet
    IGNORED = "ignored"  # of a kind that is not mirrored, words: why

    def __call__(self, words: str = "") -> str:
        """The stored form, at most 300 characters."""
        return f"{self.value}:{words}"[:300]


class Clock(StrEnum):
    """What an effect's words say of the time that the event told."""

    AHEAD = "clock"
    NO_TIME = "no time"


def effect_sentence(stored: str) -> str:
    """A stored effect in sentences in the active language; a text of unknown form as it is."""
    code, colon, words = stored.partition(":")
    clocks = {
        Clock.AHEAD: _("The sender's clock is ahead: the time that it told was not believed."),
        Clock.NO_TIME: _("It told no time that can be true."),
    }
    texts = {
        Effect.CHANGED: _("Taken over."),
        Effect.CONFIRMED: _("Confirmed a change that was made here."),
        Effect.NOTED: _("Noted; the change that was made here still decides."),
        Effect.DOUBTED: _("In doubt: the chat was read again instead."),
        Effect.SAME: _("Nothing new: the mirror said so already."),
        Effect.OLDER: _("Older than what is known."),
        Effect.DEAD: _("About a label that was deleted since."),
        Effect.UNKNOWN: _("About a label that the directory has not shown yet."),
        Effect.IGNORED: _("Not mirrored (%(words)s).") % {"words": words},
    }
    if not colon or code not in texts:
        return stored
    doubt = clocks[Clock(words)] if words in tuple(Clock) and code != Effect.IGNORED else ""
    return " ".join(filter(None, (texts[Effect(code)], doubt)))
