import pytest

from labelapp.whatsapp.jids import kind_of, normalise, phone_of


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("201001110001@c.us", "201001110001@c.us"),
        ("201001110001@s.whatsapp.net", "201001110001@c.us"),
        ("201001110001:73@s.whatsapp.net", "201001110001@c.us"),
        ("201001110001:5@c.us", "201001110001@c.us"),
        ("700000000000044:5@lid", "700000000000044@lid"),
        (" +201001110001 ", "201001110001@c.us"),
        ("201001110001", "201001110001@c.us"),
        ("201001110001@C.US", "201001110001@c.us"),
        ("5511955500001-1600000000@g.us", "5511955500001-1600000000@g.us"),
        ("status@broadcast", "status@broadcast"),
    ],
)
def test_one_spelling_per_chat(raw: str, stored: str) -> None:
    assert normalise(raw) == stored
    assert normalise(stored) == stored


@pytest.mark.parametrize(
    "raw", ["", "me", "123", "a b@c.us", "@c.us", "1@", "x" * 49 + "@c.us", "1@c.us\n2@c.us", "٣" * 9]
)
def test_what_is_no_address(raw: str) -> None:
    with pytest.raises(ValueError, match="not a chat address"):
        normalise(raw)


@pytest.mark.parametrize(
    ("jid", "kind", "phone"),
    [
        ("201001110001@c.us", "person", "+201001110001"),
        ("700000000000044@lid", "person", ""),
        ("120363000000000001@g.us", "group", ""),
        ("0@c.us", "other", ""),
        ("12l3@c.us", "person", ""),
        ("120363000000000009@newsletter", "other", ""),
        ("status@broadcast", "other", ""),
        ("13135550002@meta.ai", "other", ""),
    ],
)
def test_what_an_address_tells(jid: str, kind: str, phone: str) -> None:
    assert (kind_of(jid), phone_of(jid)) == (kind, phone)
