import pytest

from labelapp.whatsapp.shapes import decode, find_list, flag, listed, objects


@pytest.mark.parametrize(
    "body", [b"", b"NaN", b'{"a": Infinity}', b"[" * 200_000, b"\xff\xfe\xfa", b"9" * 5000, b"{'a': 1}"]
)
def test_decode_refuses(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(body)


ROWS: list[object] = [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    "answer",
    [
        ROWS,
        {"0": {"id": 1}, "1": {"id": 2}},
        {"success": True, "data": ROWS},
        {"success": True, "data": {"1": {"id": 2}, "0": {"id": 1}}},
        {"labels": ROWS},
        {"data": {"labels": ROWS}},
        {"result": ROWS},
        {"success": True, "data": {"result": {"labels": ROWS}}},
    ],
)
def test_the_list_in_an_answer(answer: object) -> None:
    assert find_list(answer, "labels") == ROWS


@pytest.mark.parametrize(
    "answer", [None, {}, {"success": True}, {"data": None}, {"data": {}}, "[]", 5, {"chats": ROWS}]
)
def test_no_list_in_an_answer(answer: object) -> None:
    assert find_list(answer, "labels") is None


def test_keys_are_put_in_order_as_numbers() -> None:
    assert listed({"10": "c", "9": "b", "0": "a"}) == ["a", "b", "c"]


def test_the_thing_comes_before_its_wrapper() -> None:
    answer = {"status": "success", "data": {"session": {"status": "WORKING"}}}
    assert [row.get("status") for row in objects(answer, "session")] == ["WORKING", None, "success"]


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (True, True),
        (1, True),
        ("1", True),
        ("TRUE", True),
        (False, False),
        (0, False),
        ("no", False),
        (None, None),
        ([], None),
    ],
)
def test_flag(value: object, meaning: bool | None) -> None:
    assert flag(value) is meaning
