"""What several tests here share. A test file that needs another desk has its own."""

import pytest
from django.test import Client

from labelapp.models import Instance, Label, User
from tests.ledgers import ago
from tests.wire import far

__all__ = ["far"]


@pytest.fixture
def desk(client: Client, admin: User, labels: dict[str, Label], number: Instance) -> Client:
    """An admin's browser, at a number that is known for long."""
    Instance.objects.filter(pk=number.pk).update(imported_at=ago(90 * 24))
    client.force_login(admin)
    return client
