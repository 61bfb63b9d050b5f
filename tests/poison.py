"""`python -m tests.poison on|off`, with the product's settings: while it is on, no message with this text can be stored."""

import sys

import django

TEXT = "poisonous"
REFUSE = {
    "sqlite": f"""CREATE TRIGGER poison BEFORE INSERT ON labelapp_message WHEN NEW.text = '{TEXT}'
        BEGIN SELECT RAISE(ABORT, 'this message is poison'); END""",
    "postgresql": f"""
        CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = 'this message is poison'; END$$;
        CREATE TRIGGER poison BEFORE INSERT ON labelapp_message
        FOR EACH ROW WHEN (NEW.text = '{TEXT}') EXECUTE FUNCTION poison()""",
}
ALLOW = {
    "sqlite": "DROP TRIGGER poison",
    "postgresql": "DROP TRIGGER poison ON labelapp_message; DROP FUNCTION poison()",
}


def main(switch: str) -> None:
    django.setup()
    from django.db import connection  # noqa: PLC0415  # the settings are named by now

    with connection.cursor() as cursor:
        cursor.execute((REFUSE if switch == "on" else ALLOW)[connection.vendor])


if __name__ == "__main__":
    main(sys.argv[1])
