from typing import Any

from cryptography.fernet import Fernet
from django.db import connection

from labelapp.models import Instance
from labelapp.models.fields import Locked
from tests.conftest import make_number
from tests.posted import fresh

TOKEN = "wawp-token-5f2e9c"


def column(number: Instance, name: str) -> str:
    """What lies in the database, past the field."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM labelapp_instance WHERE id = %s", [number.pk])  # noqa: S608
        return str(cursor.fetchone()[0])


def test_secrets_are_encrypted_at_rest(db: None) -> None:
    number = make_number("a", credentials=TOKEN, hmac_key="signing-key")
    secrets = {"credentials": TOKEN, "hmac_key": "signing-key", "hook_secret": number.hook_secret}
    for name, plain in secrets.items():
        assert plain not in column(number, name)
        assert column(number, name).startswith("gAAAA")
        assert getattr(fresh(number), name) == plain


def test_the_same_secret_looks_different_each_time(db: None) -> None:
    a, b = make_number("a", credentials=TOKEN), make_number("b", credentials=TOKEN)
    assert column(a, "credentials") != column(b, "credentials")


def test_empty_stays_empty(db: None) -> None:
    number = make_number("a", hmac_key="")
    assert (column(number, "hmac_key"), fresh(number).hmac_key) == ("", "")


def test_an_older_key_still_reads_and_the_newest_writes(db: None, settings: Any) -> None:
    number = make_number("a", credentials=TOKEN)
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    number = fresh(number)
    assert number.credentials == TOKEN
    number.save(update_fields=["credentials"])
    assert Fernet(new).decrypt(column(number, "credentials")).decode() == TOKEN


def test_a_lost_key_locks_and_does_not_break(db: None, settings: Any) -> None:
    number = make_number("a", credentials=TOKEN)
    before, keys = column(number, "credentials"), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    number = fresh(number)
    assert (number.credentials, number.locked, isinstance(number.hook_secret, Locked)) == ("", True, True)
    assert number.accepts_secret("") is False
    number.save()  # a page that saves the rest does not lose what it could not read
    assert column(number, "credentials") == before
    settings.ENCRYPTION_KEYS = keys
    assert fresh(number).credentials == TOKEN


def test_a_column_spoilt_by_hand_locks_too(db: None) -> None:
    number = make_number("a", credentials=TOKEN)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE labelapp_instance SET credentials = 'plain text é'")
    assert fresh(number).locked is True
