"""Runs with the product's settings, on a database that is migrated and empty: fills it with the world. `build <chats>`."""

import os
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.db import connection, connections  # noqa: E402

from labelapp.actions.demo import make_people  # noqa: E402
from labelapp.models import Chat, Instance, Label, LabelGroup, User  # noqa: E402
from labelapp.sqlite import idle  # noqa: E402
from tests.bench.bulk import Load, into_postgres, into_sqlite  # noqa: E402
from tests.bench.shape import AWKWARD, NARROW, STAGES, WIDE, Shape  # noqa: E402
from tests.bench.world import FIELDS, Number, Rows  # noqa: E402

Table = tuple[str, list[str], tuple[Any, ...]]
URGENT = {"topic 12": 1, "topic 5": 2, "topic 3": 3}


def make_number(shape: Shape) -> Instance:
    """Connected and known, with nothing due: the run itself says where its provider is."""
    now = datetime.now(UTC)
    never_due = {"import_stage": Instance.ImportStage.ASSIGNMENTS, "import_due_at": None, "imported_at": now}
    return Instance.objects.create(
        slug=shape.slug,
        name=shape.slug.title(),
        base_url=f"http://127.0.0.1:9/{shape.slug}",
        instance_id="demo",
        credentials="",
        allow_private=True,
        status="WORKING",
        status_at=now,
        last_event_at=now,
        label_event_at=now,
        reconciled_at=now,
        polled_at=now,
        **never_due,
    )


def make_labels(number: Instance, shape: Shape) -> list[int]:
    """In the order of `shape.names`."""
    funnel = LabelGroup.objects.create(instance=number, name="Sales funnel", kind=LabelGroup.Kind.FUNNEL)
    rows = [
        Label(
            instance=number,
            wa_id=str(n),
            name=name,
            color_index=n % 20,
            position=n,
            known_at=number.imported_at,
            group=funnel if name in STAGES else None,
            urgency=URGENT.get(name) if shape.is_whole else None,
        )
        for n, name in enumerate(shape.names, 1)
    ]
    return [label.pk for label in Label.objects.bulk_create(rows)]


def tables() -> dict[str, Table]:
    """Of each model its table, all columns, and the values of those that do not differ between rows."""
    found = {}
    for name, given in FIELDS.items():
        model = apps.get_model("labelapp", name)
        rest = [f for f in model._meta.concrete_fields if f.column not in given.split() and not f.primary_key]
        values = tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)
        found[name] = (model._meta.db_table, [*given.split(), *(field.column for field in rest)], values)
    return found


def write(load: Load, rows: Rows, into: dict[str, Table]) -> None:
    for name, found in rows.items():
        table, columns, rest = into[name]
        load.write(table, columns, [(*row, *rest) for row in found])


def load_into() -> AbstractContextManager[Load]:
    """This process's own connection is closed: nobody else may look while the indexes are gone."""
    name = connection.settings_dict["NAME"]
    on_sqlite = connection.vendor == "sqlite"
    idle.MOST = 0
    connections.close_all()
    return into_sqlite(Path(name)) if on_sqlite else into_postgres(os.environ["DATABASE_URL"])


def count(number: Number) -> None:
    for label, held in number.held.items():
        Label.objects.filter(pk=label).update(chat_count=held)


def main(chats: int) -> None:
    make_people()
    people = list(
        User.objects.filter(username__in=["agent", "agent2", "lead"]).order_by("pk").values_list("pk", flat=True)
    )
    newest = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=1)
    numbers: list[Number] = []
    for shape, size in ((WIDE, chats), (NARROW, chats // 5)):
        number = make_number(shape)
        first = sum(before.chats for before in numbers)
        numbers.append(Number(shape, number.pk, make_labels(number, shape), people, size, newest, first))
    into = tables()
    with load_into() as load:
        for each in numbers:
            for rows in each.rows():
                write(load, rows, into)
    for each in numbers:
        count(each)
    assert Chat.objects.count() == sum(each.chats for each in numbers)
    assert set(AWKWARD) <= set(Label.objects.filter(chat_count__gt=0).values_list("name", flat=True))


if __name__ == "__main__":
    main(int(sys.argv[1]))
