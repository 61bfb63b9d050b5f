import pytest

from labelapp.whatsapp.errors import ProviderError


def test_an_error_is_mild_unless_told() -> None:
    error = ProviderError("No.")
    assert vars(error) == {
        "message": "No.",
        "permanent": False,
        "refused": False,
        "retry_after": None,
        "status": None,
        "unreachable": False,
        "timed_out": False,
        "asleep": False,
        "unsure": False,
    }
    assert str(error) == "No."


@pytest.mark.parametrize(
    ("status", "permanent", "gone"), [(404, True, True), (404, False, False), (422, True, False), (None, True, False)]
)
def test_gone(status: int | None, permanent: bool, gone: bool) -> None:
    assert ProviderError("x", status=status, permanent=permanent).gone is gone


@pytest.mark.parametrize(
    ("status", "unsure", "busy"), [(429, False, True), (503, False, True), (500, False, False), (None, True, True)]
)
def test_busy(status: int | None, unsure: bool, busy: bool) -> None:
    """Nothing was done, and nobody is to blame: it does not count as an attempt."""
    assert ProviderError("x", status=status, unsure=unsure).busy is busy
