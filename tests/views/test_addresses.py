"""Addresses of the list, those from before the language too."""

import pytest
from django.http import QueryDict

from labelapp.queries.language.writing import write
from labelapp.queries.orders import Order
from labelapp.views.addresses import list_address, read_address
from tests.queries.language.words import SALES, vocabulary


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("", ""),
        ("instance=demo&order=depth", ""),
        ("q=label:vip+x", "label:VIP x"),
        ("label=14", "label:VIP"),
        ("label=14&label=13", "label:VIP,Paid"),
        ("label=14&label=13&match=all", "label:VIP label:Paid"),
        ("label=14&not=13&q=big+order", 'label:VIP -label:Paid "big order"'),
        ("nolabel=1&unanswered=1&kind=group", "no:label is:unanswered type:group"),
        ("label=16", "label:#31"),
        ("label=99&not=x", "label:99 -label:x"),
        ("label=", "label:?"),
        ("match=all&kind=robot&unanswered=yes&nolabel=on&q=%00", ""),
    ],
)
def test_an_address_is_read(address: str, text: str) -> None:
    assert write(read_address(QueryDict(address), vocabulary(SALES)).query) == text


@pytest.mark.parametrize("value", ["999999", "x", "-1", "1.5", "٣", "9" * 40, "1\x00"])
def test_a_label_that_is_not_there_is_a_problem(value: str) -> None:
    params = QueryDict(mutable=True)
    params["label"] = value
    assert [each.code for each in read_address(params, vocabulary(SALES)).problems] == ["label"]


def test_an_address_is_written_short() -> None:
    assert list_address("", "demo") == "instance=demo"
    assert list_address('label:"on hold",#3 é', "demo", Order.WAITING, after="w0-1-2") == (
        "q=label:%22on+hold%22,%233+%C3%A9&instance=demo&order=waiting&after=w0-1-2"
    )
