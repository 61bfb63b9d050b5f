"""What names of labels say."""

import pytest

from labelapp.queries.names import nearly_same, passive


@pytest.mark.parametrize(
    ("one", "other"),
    [("Follow up", "follow-up"), ("Follow up", "Followup"), ("Pending payment", "Pending paymet"), ("Café", "CAFE"),
     ("Late delivery", "Delivery late"), ("متابعة", "متابعه")],
)  # fmt: skip
def test_names_that_nearly_say_the_same(one: str, other: str) -> None:
    assert nearly_same([one, "Quite different", other]) == [(0, 2)]


@pytest.mark.parametrize(
    ("one", "other"), [("Order 1", "Order 2"), ("Paid", "Unpaid"), ("VIP", "PIN"), ("🔥", "❄"), ("!", "?"), ("", "")]
)
def test_names_that_don_t(one: str, other: str) -> None:
    assert nearly_same([one, other]) == []


@pytest.mark.parametrize(
    ("name", "better"),
    [("Followed", "To follow up"), ("followed up", "To follow up"), ("CALLED", "To call"), ("Customer annoyed", ""),
     ("تم الرد", "يحتاج رد"), ("تم الدفع", "")],
)  # fmt: skip
def test_names_that_tell_what_was_done(name: str, better: str) -> None:
    assert passive(name) == better


@pytest.mark.parametrize(
    "name", ["To follow up", "VIP", "Red", "ID needed", "Interested", "متابعة", "", "ed", "Send invoice"]
)
def test_names_that_don_t_tell_that(name: str) -> None:
    assert passive(name) is None
