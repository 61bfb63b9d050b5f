import pytest

from labelapp.whatsapp.answers import every, one, rows_of, shown_label, some
from labelapp.whatsapp.errors import ProviderError


def number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def test_some_and_every() -> None:
    assert some(number, [1, "x", 0]) == [1, 0]
    assert some(number, []) == every(number, []) == []
    assert every(number, [1, 2]) == [1, 2]


@pytest.mark.parametrize(
    "call", [lambda: some(number, ["x"]), lambda: every(number, [1, "x"]), lambda: rows_of({}, "labels")]
)
def test_what_is_no_usable_list(call: object) -> None:
    with pytest.raises(ProviderError, match=r"^The answer holds .+\.$"):
        call()  # type: ignore[operator]


def test_one_label() -> None:
    found = one(shown_label, {"id": "of the wrapper", "data": {"label": {"id": 5, "name": None}}}, "label")
    assert found is not None
    assert (found.wa_id, found.name) == ("5", "")
    assert one(shown_label, {"id": "5"}, "label") is None
