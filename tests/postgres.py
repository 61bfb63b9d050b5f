"""`make test-postgres`: the whole suite on PostgreSQL, or one sentence when no server can be reached."""

import os
import sys

import psycopg


def why_not(url: str) -> str:
    """Why the server at `url` can't be used, in PostgreSQL's words (they hold no password); empty when it can."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0].rstrip(".")
    return "" if row and row[0] else "the role may not create a database"


def main(arguments: list[str]) -> None:
    """Replaces this process by pytest when the server answers."""
    url = os.environ["TEST_POSTGRES_URL"]
    if reason := why_not(url):
        required = os.environ.get("REQUIRE_POSTGRES") == "1"
        print(
            f"The suite did not run on PostgreSQL: {reason}. "
            "Set TEST_POSTGRES_URL to a server and a role that may create databases."
        )
        sys.exit(1 if required else 0)
    os.environ["TEST_DATABASE_URL"] = url
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
