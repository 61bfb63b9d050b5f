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
    }
    assert str(error) == "No."


@pytest.mark.parametrize(
    ("status", "permanent", "gone"), [(404, True, True), (404, False, False), (422, True, False), (None, True, False)]
)
def test_gone(status: int | None, permanent: bool, gone: bool) -> None:
    assert ProviderError("x", status=status, permanent=permanent).gone is gone
