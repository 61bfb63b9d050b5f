"""Columns that are encrypted at rest, and the value "never" for times that are sorted by."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def never() -> datetime:
    """The default of times that are never null because lists are sorted by them."""
    return NEVER


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def fernet() -> MultiFernet:
    """The cipher of ENCRYPTION_KEYS: the first key encrypts, all of them decrypt."""
    return _fernet(tuple(settings.ENCRYPTION_KEYS))


@lru_cache(maxsize=256)
def _plain(keys: tuple[str, ...], value: str) -> str:
    """The text behind a value. Every page reads the rows of its numbers, with their secrets: each is decrypted once in a process."""
    return _fernet(keys).decrypt(value.encode()).decode()


class Locked(str):
    """A secret that none of our keys can read: looks empty, and is written back as it was."""

    ciphertext: str

    def __new__(cls, ciphertext: str) -> "Locked":
        value = super().__new__(cls, "")
        value.ciphertext = ciphertext
        return value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Text that only the holder of ENCRYPTION_KEYS can read. A value that can't be decrypted reads as `Locked("")`, never an error."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        if not value:
            return value
        try:
            return _plain(tuple(settings.ENCRYPTION_KEYS), value)
        except InvalidToken:
            return Locked(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Locked):
            return value.ciphertext
        return fernet().encrypt(str(value).encode()).decode() if value else value
