"""The parameters that several addresses have, with what the document says of them."""

from ninja import P, PathEx, QueryEx

PLAIN = r"^[^\u0000]+$"  # no database takes a NUL

ChatRef = PathEx[
    str,
    P(
        description="`17` (its key), `201001234567@c.us` (WhatsApp's address), `+201001234567`, or `phone:01001234567` as people "
        "write it at the connected number",
        min_length=1,
        max_length=120,
        pattern=PLAIN,
    ),
]
LabelRef = PathEx[
    str,
    P(
        description="`4` (its key), `wa_id:31` (WhatsApp's id) or `name:VIP`",
        min_length=1,
        max_length=220,
        pattern=PLAIN,
    ),
]
RunRef = PathEx[int, P(ge=1, le=10**18 - 1)]
Slug = QueryEx[
    str | None,
    P(description="the short name of one number; without it all that the token reaches", max_length=40, pattern=PLAIN),
]
Limit = QueryEx[int, P(ge=1, le=200, description="at most so many")]
Many = QueryEx[int, P(ge=1, le=1000, description="at most so many")]
BEFORE = "`next` of the page before"
Place = QueryEx[str | None, P(description=BEFORE, pattern=r"^[nwud][0-9]{1,6}-[0-9]{1,16}-[0-9]{1,18}$")]
Cursor = QueryEx[int | None, P(description=BEFORE, ge=1, le=10**18 - 1)]
Wait = QueryEx[int, P(ge=0, le=30, description="seconds to wait for WhatsApp's word")]
