"""EXISTS along a walk."""

from django.db.models import Exists


class Asked(Exists):
    """EXISTS that is asked row by row, and no more often than rows are wanted. OFFSET keeps PostgreSQL from making a join of it: it
    takes labels for independent and would collect all carriers of both beforehand."""

    template = "EXISTS(%(subquery)s OFFSET 0)"
