"""Who may change what at the same time. On SQLite transactions follow one after the other, and nothing here does anything."""

from django.db import connection, models
from django.db.models.functions import Cast

DIRECTORY = 77  # the first of an advisory lock's two numbers, the second is the instance


class HeldDirectory(models.Func):
    """Taken along while chats are locked: until the transaction ends no label of their number comes to its end."""

    function = "pg_advisory_xact_lock_shared"
    arity = 2
    output_field = models.TextField()

    def __init__(self) -> None:
        super().__init__(models.Value(DIRECTORY), Cast("instance_id", models.IntegerField()))


def hold_directory_alone(instance_pk: int) -> None:
    """Until the transaction ends nobody else changes what chats of this number carry: a label is about to come to its end.

    To be taken before any row is locked: others hold rows while they wait for it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [DIRECTORY, instance_pk])
