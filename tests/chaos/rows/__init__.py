"""The rows of the fault matrix, in the order in which they play."""

from tests.chaos.rows import (
    account,
    bodies,
    clicks,
    deliveries,
    identity,
    kills,
    lists,
    provider,
    reuse,
    stale,
    storage,
)

ROWS = [
    deliveries.SHUFFLE,
    deliveries.REPLAY,
    kills.KILLS,
    kills.BETWEEN,
    provider.ROW,
    lists.BLIND,
    lists.LOSE,
    lists.SHORT,
    identity.ROW,
    reuse.ROW,
    stale.ROW,
    clicks.ROW,
    storage.ROW,
    bodies.ROW,
    account.ROW,
]
