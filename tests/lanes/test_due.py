"""What the push lane looks at next costs as much as there is due, however many chats carry labels."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labelapp.lanes.due import due_pairs
from labelapp.models import Instance


def test_it_is_found_by_what_is_due(number: Instance) -> None:
    """Not by walking the pairs of all labels of the number, as SQLite does where it may choose."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL goes by how many rows there are: with none any plan will do")
    with CaptureQueriesContext(connection) as asked:
        assert due_pairs(number, set()) == []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked.captured_queries[0]['sql']}")
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "pair_due" in plan
    assert "pair_by_label" not in plan
