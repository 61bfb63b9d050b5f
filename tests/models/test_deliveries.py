"""The inbox has an index for what waits and one for what was parked: an inbox of a month is never walked for them."""

import pytest
from django.db import connection

from labelapp.models import HookDelivery, Instance


@pytest.mark.parametrize(
    ("which", "order", "index"),
    [
        ({"applied_at": None}, "id", "delivery_waiting"),
        ({"applied_at": None}, "-id", "delivery_waiting"),
        ({"outcome": "parked"}, "-id", "delivery_parked"),
        ({}, "-id", "delivery_walk"),
    ],
)
def test_the_planner_takes_the_narrow_index(number: Instance, which: dict[str, str], order: str, index: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by the contents of the table, and an empty one it simply reads")
    rows = HookDelivery.objects.filter(instance=number, **which).order_by(order)[:25]
    plan = rows.explain()
    assert f"INDEX {index} " in plan
    assert "TEMP B-TREE" not in plan
