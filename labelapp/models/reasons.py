"""Why a wish failed: stored as a code and the provider's words, told in the reader's language."""

from enum import StrEnum

from django.utils.translation import gettext as _


class Reason(StrEnum):
    """What stands before the colon of a stored reason."""

    DELETED = "deleted"
    NOT_THERE = "not-there"
    SILENT = "silent"
    TOKEN = "token"  # noqa: S105
    SAID = "said"
    STAGE = "stage"

    def __call__(self, words: str = "") -> str:
        """The stored form, at most 300 characters."""
        return f"{self.value}:{words}"[:300]


def sentence(stored: str) -> str:
    """A stored reason as a sentence in the active language; a text of unknown form as it is."""
    code, colon, words = stored.partition(":")
    words = words.rstrip(". ")
    texts = {
        Reason.DELETED: _("The label was deleted in WhatsApp."),
        Reason.NOT_THERE: _("WhatsApp said done, but the change is not there."),
        Reason.SILENT: _("The provider does not answer (%(words)s).") % {"words": words},
        Reason.TOKEN: _("The provider refuses the access token: %(words)s") % {"words": words},
        Reason.SAID: _("The provider says: %(words)s") % {"words": words},
        Reason.STAGE: _("The new stage could not be set."),
    }
    return texts.get(code, stored) if colon else stored  # type: ignore[call-overload]
