"""Any text in the query bar gives a list, and marks what it does not understand."""

from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelapp.models import Label, User
from tests.conftest import MakeChat

PIECES = st.sampled_from(
    [
        "label:",
        "-",
        "stage:",
        "is:",
        "no:",
        "last:>",
        "age:stage<",
        "assigned:",
        "number:",
        "source:",
        "type:",
        "..",
        ",",
        "،",
    ]
    + [
        "VIP",
        "paid",
        "#1",
        "#",
        '"',
        "“",
        "\\",
        "2d",
        "99999w",
        "me",
        "unread",
        "label",
        " ",
        " ",
        ":",
        "é",
        "😀",
        "%",
        "_",
        "'",
        "\x00",
    ]
)
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=60)
FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)


def check(client: Client, text: str) -> None:
    page = client.get(f"/chats/?q={quote(text, errors='replace')}", headers={"HX-Request": "true", "HX-Target": "main"})
    html = page.content.decode()
    assert (page.status_code, 'id="rows"' in html) == (200, True)
    marked, noted = html.count("tok unknown"), html.count('id="problem-')
    assert noted >= bool(marked)


@pytest.fixture
def bar(client: Client, agent: User, labels: dict[str, Label], make_chat: MakeChat) -> Client:
    make_chat(name="Mariam", labels=(labels["VIP"], labels["Paid"]))
    client.force_login(agent)
    return client


@FUZZ
@given(TEXTS)
def test_any_text_gives_a_list(bar: Client, text: str) -> None:
    check(bar, text)


@pytest.mark.parametrize(
    "text", ["label:vpi", "nothing:x", "is:", "stage:paid..hot", "...", "last:soon", '"" ""', "age:>"]
)
def test_what_means_nothing_is_marked_on_its_token(bar: Client, text: str) -> None:
    html = bar.get("/chats/", {"q": text}).content.decode()
    assert html.count("tok unknown") >= 1
    assert 'aria-describedby="problem-0"' in html
    assert 'id="problem-0"' in html


def test_a_marked_token_says_what_may_have_been_meant(bar: Client) -> None:
    html = bar.get("/chats/", {"q": "label:vpi"}).content.decode()
    assert 'title="No label is called “vpi”. Did you mean VIP?"' in html


def test_a_token_can_be_changed_as_a_whole(bar: Client) -> None:
    html = bar.get("/chats/", {"q": "label:vip,paid -is:unread"}).content.decode()
    assert html.count('data-term="0" data-text="label:VIP,Paid"') == 2
    assert html.count('data-term="1" data-text="-is:unread"') == 1
