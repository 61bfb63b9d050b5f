"""The far side of the wire for the tests here."""

from tests.wire import far

__all__ = ["far"]
