"""A world that was built by bulk copy is one that the product could have written."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlunsplit

import pytest
from django.conf import settings

from tests.bench import homes
from tests.chaos.database import Database, Postgres, Sqlite
from tests.stack import differing_copies, free_port

pytestmark = pytest.mark.faults
CHATS = 400
INDEXES = {
    "SQLite": "SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL",
    "PostgreSQL": """SELECT indexname FROM pg_indexes WHERE schemaname = 'public'
                     UNION ALL SELECT conname FROM pg_constraint WHERE contype = 'f'""",
}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made: Database = Sqlite(tmp_path)
    if not settings.ON_SQLITE:
        given = settings.DATABASES["default"]
        user = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
        server = urlunsplit(("postgres", f"{user}@{given['HOST']}:{given['PORT'] or 5432}", "/postgres", "", ""))
        made = Postgres(server, f"labelapp_build_{free_port()}")
    yield made
    made.drop()


def test_a_built_world_is_whole(database: Database, tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(tmp_path), **database.settings, **homes.settings()}
    homes.run("manage.py", "migrate", "--verbosity", "0", **environment)
    before = sorted(database.read(INDEXES[database.name]))
    homes.run("-m", "tests.bench.build", str(CHATS), **environment)
    assert sorted(database.read(INDEXES[database.name])) == before
    assert differing_copies(environment) == []
    assert database.read("SELECT count(*) FROM labelapp_chat") == [(CHATS + CHATS // 5,)]
