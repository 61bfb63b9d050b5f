"""An admin decides which account a number is; everybody sees that it is frozen."""

import pytest
from django.test import Client

from labelapp.actions.accounts import freeze
from labelapp.models import Instance, Label, User
from tests.posted import fresh

PAGE = "/settings/numbers/demo/account/"
RIVAL = "201999999999@c.us"


@pytest.fixture
def frozen(number: Instance, labels: dict[str, Label]) -> Instance:
    freeze(number, RIVAL, "Douro")
    return number


@pytest.mark.parametrize("path", ["/chats/", "/chats/number/?instance=demo", "/chats/held/"])
def test_everybody_sees_it(client: Client, agent: User, frozen: Instance, path: str) -> None:
    client.force_login(agent)
    html = client.get(path).content.decode()
    assert "Another WhatsApp account answers under Demo since" in html
    assert '<bdi dir="ltr">+201999999999</bdi> instead of <bdi dir="ltr">+201000000000</bdi>' in html
    assert "until an admin decides" in html
    assert PAGE not in html


@pytest.mark.parametrize("path", ["/chats/", "/labels/", "/settings/numbers/demo/", "/chats/held/"])
def test_an_admin_is_asked_on_every_page(client: Client, admin: User, frozen: Instance, path: str) -> None:
    client.force_login(admin)
    html = client.get(path).content.decode()
    assert "until you decide which account this number is" in html
    assert f'href="{PAGE}"' in html


def test_to_wait_for_the_known_account(client: Client, admin: User, frozen: Instance) -> None:
    client.force_login(admin)
    assert client.post(PAGE, {"decision": "keep", "rival": RIVAL}).headers["Location"] == "/settings/numbers/demo/"
    assert fresh(frozen).is_frozen
    html = client.get("/chats/").content.decode()
    assert "nothing is sent or taken over until" in html
    assert "Decided: waiting for it" in client.get(PAGE).content.decode()


def test_to_take_the_other_one_is_typed(client: Client, admin: User, frozen: Instance) -> None:
    client.force_login(admin)
    answer = client.post(PAGE, {"decision": "take", "typed": "dem", "rival": RIVAL})
    assert (answer.status_code, fresh(frozen).is_frozen) == (422, True)
    assert "That is not the short name of this number." in answer.content.decode()
    assert "All 5 labels of the known account leave this dashboard" in answer.content.decode()
    client.post(PAGE, {"decision": "take", "typed": "demo", "rival": RIVAL})
    assert (fresh(frozen).is_frozen, fresh(frozen).me_jid) == (False, RIVAL)


@pytest.mark.parametrize("seen", [{}, {"rival": ""}, {"rival": RIVAL}])
@pytest.mark.parametrize("decision", [{"decision": "keep"}, {"decision": "take", "typed": "demo"}])
def test_an_account_that_the_admin_did_not_see_is_asked_about_first(
    client: Client, admin: User, frozen: Instance, decision: dict[str, str], seen: dict[str, str]
) -> None:
    client.force_login(admin)
    assert client.get(PAGE).content.decode().count(f'name="rival" value="{RIVAL}"') == 2
    freeze(frozen, "201888888888@c.us", "Tejo")
    answer = client.post(PAGE, decision | seen)
    html = answer.content.decode()
    assert (answer.status_code, fresh(frozen).is_frozen, fresh(frozen).kept_at) == (409, True, None)
    assert "Another account answers by now. Nothing was done: look again." in html
    assert html.count('name="rival" value="201888888888@c.us"') == 2
    assert Label.objects.living().count() == 5


@pytest.mark.parametrize("data", [{}, {"decision": "burn"}])
def test_no_decision_is_none(client: Client, admin: User, frozen: Instance, data: dict[str, str]) -> None:
    client.force_login(admin)
    assert client.post(PAGE, data).status_code == 422
    assert fresh(frozen).is_frozen


def test_nothing_to_decide(client: Client, admin: User, number: Instance) -> None:
    client.force_login(admin)
    for response in (client.get(PAGE), client.post(PAGE, {"decision": "keep"})):
        assert response.status_code == 302
    messages = [str(message) for message in client.get("/chats/").context["messages"]]
    assert messages == ["There is nothing to decide any more: one known account answers."] * 2


def test_only_for_managers(client: Client, lead: User, frozen: Instance) -> None:
    assert client.get(PAGE).headers["Location"].startswith("/login/")
    client.force_login(lead)
    assert client.post(PAGE, {"decision": "keep"}).status_code == 403
    assert fresh(frozen).kept_at is None
