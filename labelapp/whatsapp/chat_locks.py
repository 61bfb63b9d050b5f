"""One writer per chat within this process, for providers whose only write replaces a chat's whole list of labels."""

from threading import Lock
from weakref import WeakValueDictionary

_guard = Lock()
_locks: WeakValueDictionary[tuple[str, str, str], Lock] = WeakValueDictionary()


def lock_of(base_url: str, session: str, jid: str) -> Lock:
    """The lock of one chat of one number, the same for every client of that number. It is gone when nobody holds it."""
    with _guard:
        return _locks.setdefault((base_url, session, jid), Lock())
