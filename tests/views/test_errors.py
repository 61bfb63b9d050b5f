"""Pages for what went wrong: styled, in words, without a database; one sentence for htmx."""

from urllib.parse import unquote

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory
from django.utils.translation import override
from pytest_django.asserts import assertContains

from labelapp.models import Instance, User
from labelapp.views import errors

HTMX = {"HX-Request": "true"}


def test_pages_need_no_database() -> None:
    """No database fixture: a query would fail the test."""
    request = RequestFactory().get("/x")
    answers = [
        errors.bad_request(request, SuspiciousOperation()),
        errors.forbidden(request, PermissionError()),
        errors.not_found(request, LookupError()),
        errors.csrf_failure(request, "no cookie"),
        errors.server_error(request),
    ]
    assert [answer.status_code for answer in answers] == [400, 403, 404, 403, 500]
    for answer in answers:
        assertContains(answer, "app.css", status_code=answer.status_code)
        assertContains(answer, "<h1>", status_code=answer.status_code)


def test_pages_turn_with_the_language() -> None:
    with override("ar"):
        answer = errors.not_found(RequestFactory().get("/x"), LookupError())
    assertContains(answer, '<html lang="ar" dir="rtl">', status_code=404)


def test_the_page_for_faults_is_no_fault_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(template: str) -> str:
        raise ValueError("Missing staticfiles manifest entry")

    monkeypatch.setattr(errors, "render_to_string", broken)
    answer = errors.server_error(RequestFactory().get("/x"))
    assert (answer.status_code, answer.content.decode()) == (500, errors.BARE)
    assert "can't be shown" in caplog.text


def test_a_wrong_address_is_a_styled_404(client: Client, agent: User) -> None:
    client.force_login(agent)
    assertContains(client.get("/nowhere/"), "Nothing here", status_code=404)


def test_htmx_gets_one_sentence(client: Client, agent: User) -> None:
    client.force_login(agent)
    answer = client.get("/settings/", headers=HTMX)
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/plain; charset=utf-8")
    assert (
        answer.content.decode()
        == unquote(answer.headers["X-Said"])
        == "You may not do this. Ask an admin of your team."
    )
    assert client.get("/nowhere/", headers=HTMX).content.decode() == "This does not exist, or it is not for you to see."


def test_csrf_failure_reloads_an_htmx_page(agent: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    answer = client.post("/language/", {"language": "ar"}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (403, "true")
    agent.refresh_from_db()
    assert agent.language == ""


def test_csrf_failure_of_a_form_says_what_to_do(agent: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(agent)
    answer = client.post("/language/", {"language": "ar"})
    assertContains(answer, "load the page again", status_code=403)
    assert "HX-Refresh" not in answer.headers


def test_a_fault_in_a_view_is_a_styled_500(client: Client, agent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret detail")

    client.force_login(agent)
    client.raise_request_exception = False
    monkeypatch.setattr("labelapp.views.account.PreferencesForm", broken)
    answer = client.get("/preferences/")
    assertContains(answer, "Something broke on our side", status_code=500)
    assert b"secret detail" not in answer.content


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("connection is closed")])
def test_a_storage_that_does_not_answer_is_503(
    agent: User, monkeypatch: pytest.MonkeyPatch, error: Exception, client: Client
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise error

    client.force_login(agent)
    client.raise_request_exception = False
    monkeypatch.setattr(Instance.objects, "visible_to", away)
    answer = client.get("/chats/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assertContains(answer, "does not answer", status_code=503)
    answer = client.get("/chats/", headers=HTMX)
    assert unquote(answer.headers["X-Said"]) == "The storage does not answer. Please try again in a moment."


def test_a_session_that_can_not_be_written_is_503(
    client: Client, agent: User, number: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise OperationalError("database is locked")

    client.force_login(agent)
    monkeypatch.setattr(Session, "save", away)
    assert client.get("/chats/?instance=demo").status_code == 503


def test_any_other_error_is_500(client: Client, agent: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ValueError("ours")

    client.force_login(agent)
    client.raise_request_exception = False
    monkeypatch.setattr(Instance.objects, "visible_to", broken)
    assert client.get("/chats/").status_code == 500
