"""Who asks for a change, and how a change is refused."""

from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext_lazy as _

from labelapp.models import Source, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who (None: nobody in person), by which way in, and the cause in words. Every action takes one and checks permissions itself.

    grants   what a program or a rule may do beside what its person may, e.g. "apply_labels"
    depth    how many rules one after the other led to this
    rule     the key of the one that asks
    """

    user: User | None
    source: Source
    cause: str = ""
    grants: frozenset[str] = frozenset()
    depth: int = 0
    rule: int | None = None

    @classmethod
    def of(cls, user: Any, cause: str = "") -> Self:
        """A logged-in person at the screen."""
        return cls(user=user, source=Source.AGENT, cause=cause)

    def may(self, permission: str) -> bool:
        """Whether the actor holds a permission, e.g. "apply_labels". What comes from the provider itself may all."""
        if self.source in (Source.PHONE, Source.RECONCILE, Source.IMPORT):
            return True
        if permission in self.grants:
            return True
        return self.user is not None and self.user.has_perm(f"labelapp.{permission}")

    def must(self, permission: str) -> None:
        """Raise NotAllowed without the permission."""
        if not self.may(permission):
            raise NotAllowed(_("You may not do this. Ask an admin of your team."))


class Refused(Exception):
    """A change that was not made, with a sentence for whoever asked and the HTTP status that fits it."""

    status = 422

    def __init__(self, message: Any, *, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if status is not None:
            self.status = status


class NotAllowed(Refused):
    """The actor lacks the permission."""

    status = 403
