"""The far side of the wire for the tests here."""

import pytest

from labelapp.actions.actor import Actor
from labelapp.models import User
from tests.wire import far

__all__ = ["far"]


@pytest.fixture
def boss(admin: User) -> Actor:
    """Somebody who manages numbers."""
    return Actor.of(admin)
