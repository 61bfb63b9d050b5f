"""Runs with the product's settings, alone on a copy of a world: what its queries take, as JSON. Every query of a class is asked in
turn until each was asked a few times or the class has had its time."""

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from labelapp.models import Instance, Label, User  # noqa: E402
from labelapp.queries.facets import facets  # noqa: E402
from labelapp.queries.inbox import inbox_page, matching  # noqa: E402
from labelapp.queries.language.reading import read  # noqa: E402
from labelapp.queries.language.terms import Query  # noqa: E402
from labelapp.queries.orders import Cursor, Order  # noqa: E402
from labelapp.queries.scopes import Scope, scope_of  # noqa: E402
from tests.bench import classes, floors  # noqa: E402
from tests.bench.classes import Class  # noqa: E402
from tests.bench.figures import Spread  # noqa: E402

PAGE = 50
DEEP = 199 * PAGE
TIMES, LEAST = 24, 6
SECONDS = 4.0  # for one figure
Asked = list[tuple[Query, Order, Scope]]


def spread(what: list[Callable[[], object]]) -> list[float]:
    """p50 and p95 in milliseconds, each thing done once before it counts."""
    for each in what:
        each()
    taken: list[float] = []
    until = time.monotonic() + SECONDS
    for each in cycle(what):
        start = time.perf_counter()
        each()
        taken.append(time.perf_counter() - start)
        if len(taken) >= max(TIMES, len(what)) or (time.monotonic() > until and len(taken) >= max(LEAST, len(what))):
            break
    found = Spread.of(taken)
    return [found.p50, found.p95]


def anew(scope: Scope) -> Scope:
    """As at the next request: no word is looked up yet."""
    return Scope(scope.user, scope.numbers, scope.directory, scope.now)


def asked(of: Class, one: Scope, every: Scope) -> Asked:
    scope = every if of.everywhere else one
    found = [read(text, scope.vocabulary) for text in of.queries]
    assert not any(reading.problems for reading in found), of
    return [(reading.query, Order.of(of.order), scope) for reading in found]


def deep(query: Query, order: Order, scope: Scope) -> Cursor | None:
    """Where the 200th page begins, or the last one; None where there is only one."""
    keys = matching(scope, query, order, size=DEEP)
    return keys[-1] if len(keys) == DEEP else keys[-PAGE] if len(keys) > 2 * PAGE else None


def paged(of: Class, one: Scope, every: Scope) -> dict[str, object]:
    rows = asked(of, one, every)
    places = [(query, order, scope, deep(query, order, scope)) for query, order, scope in rows]
    far = [place for place in places if place[3] is not None]
    with CaptureQueriesContext(connection) as queries:
        inbox_page(anew(rows[0][2]), rows[0][0], rows[0][1])
    return {
        "name": of.name,
        "hard": of.is_hard,
        "keys": spread([lambda q=q, o=o, s=s: matching(anew(s), q, o, size=PAGE + 1) for q, o, s in rows]),
        "first": spread([lambda q=q, o=o, s=s: inbox_page(anew(s), q, o) for q, o, s in rows]),
        "deep": spread([lambda q=q, o=o, s=s, a=a: inbox_page(anew(s), q, o, a) for q, o, s, a in far])
        if far
        else None,
        "queries": len(queries),
    }


def counting(of: Class, one: Scope, every: Scope) -> dict[str, object]:
    rows = asked(of, one, every)
    return {
        "name": of.name,
        "hard": of.is_hard,
        "counts": spread([lambda q=q, s=s: facets(anew(s), q) for q, _o, s in rows]),
    }


def server() -> str:
    """Which database, in a few words."""
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('shared_buffers')")
        version, buffers = cursor.fetchone()
    return f"PostgreSQL {version.split()[0]} with {buffers} of shared_buffers"


def floor() -> list[float]:
    """A page of one common label by plain SQL: its index walked, its chats and their labels read."""
    label = Label.objects.get(name="topic 1", instance__slug="wide").pk
    with connection.cursor() as cursor:
        return spread([lambda: floors.labelled_rows(cursor, label)])


def figures() -> Iterator[tuple[str, object]]:
    user = User.objects.get(username="agent")
    numbers = list(Instance.objects.order_by("pk"))
    one, every = scope_of(user, numbers[:1]), scope_of(user, numbers)
    yield "database", server()
    yield "floor", floor()
    yield "filters", [paged(of, one, every) for of in told(classes.filters())]
    yield "searches", [paged(of, one, every) for of in told(classes.searches())]
    yield "facets", [counting(of, one, every) for of in told(classes.counted())]
    yield "scope", spread([lambda: scope_of(user, numbers[:1]).vocabulary])


def told(found: list[Class]) -> Iterator[Class]:
    for of in found:
        start = time.monotonic()
        yield of
        print(f"  {of.name}: {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelapp.settings")
    print(json.dumps(dict(figures())))
