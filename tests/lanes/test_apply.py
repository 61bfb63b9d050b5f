from labelapp.actions.deliveries import BATCH
from labelapp.lanes import apply
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, HookDelivery, Instance
from tests.posted import said, store
from tests.wire import FarSide

MANY = 2 * BATCH + 3


def test_all_that_waits_is_applied_without_a_call(number: Instance, far: FarSide) -> None:
    store(number, [said(f"2015550{n:05}@c.us", "Hello", n) for n in range(MANY)])
    assert apply.run_due(number, Reach()) == MANY
    assert (Chat.objects.count(), far.calls) == (MANY, [])
    assert apply.run_due(number, Reach()) == 0


def test_stopping_leaves_the_rest_for_later(number: Instance) -> None:
    store(number, [said(f"2015550{n:05}@c.us", "Hello", n) for n in range(MANY)])
    asked = iter([False])
    assert apply.run_due(number, Reach(), lambda: next(asked, True)) == BATCH
    assert HookDelivery.objects.filter(applied_at=None).count() == MANY - BATCH
