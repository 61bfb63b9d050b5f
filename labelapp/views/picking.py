"""What the picker of a chat and that of many have in common."""

from collections.abc import Mapping

from labelapp.models import Instance, User
from labelapp.models.labels import SLOTS
from labelapp.queries.recents import recent


def frame(user: User, options: Mapping[str, int], home: Instance | None, used: int | None) -> dict[str, object]:
    """`options`: name -> key of what can be picked. `home`: the number that a new label would be for, if it is one."""
    return {
        "recents": recent(user, options),
        "home": home,
        "used": used,
        "is_full": used is not None and used >= SLOTS,
    }
