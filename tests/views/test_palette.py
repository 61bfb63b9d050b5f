"""The command palette: what it offers to whom."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Instance, Label, User

Labels = dict[str, Label]


def names(client: Client, query: str = "") -> dict[str, str]:
    """The options: id -> name."""
    html = client.get(f"/palette/?{query}").content.decode()
    return dict(re.findall(r'role="option"[^>]* id="([^"]+)"[^>]*? data-name="([^"]*)"', html))


def test_an_agent_finds_commands_pages_and_labels(client: Client, agent: User, labels: Labels) -> None:
    client.force_login(agent)
    found = names(client, "place=inbox&instance=demo")
    assert found["command-label"] == "Label the chat, or those selected"
    assert found["page-account.preferences"] == "Preferences"
    assert found[f"filter-{labels['VIP'].pk}"] == "VIP"
    assert "page-drift.index" not in found
    assert [name for name in found if name.startswith("to-")] == []  # one number is no choice


def test_a_label_leads_to_its_chats(client: Client, agent: User, labels: Labels) -> None:
    client.force_login(agent)
    html = client.get("/palette/").content.decode()
    assert 'href="/chats/?q=label:VIP&amp;instance=demo"' in html


def test_elsewhere_there_are_no_commands_for_a_chat(client: Client, agent: User, labels: Labels) -> None:
    client.force_login(agent)
    assert [name for name in names(client) if name.startswith("command-")] == ["command-help"]


def test_a_stranger_finds_nothing_of_a_number(
    client: Client, agent: User, labels: Labels, other_number: Instance
) -> None:
    Label.objects.create(instance=other_number, wa_id="1", name="Secret", known_at=timezone.now())
    client.force_login(agent)
    html = client.get("/palette/?place=inbox&instance=other").content.decode()
    assert ("Secret" in html, "Other" in html, "VIP" in html) == (False, False, True)


def test_an_admin_finds_every_number(client: Client, admin: User, number: Instance, other_number: Instance) -> None:
    client.force_login(admin)
    assert {"to-demo", "to-other"} <= set(names(client))


def test_on_the_list_of_all_numbers_a_name_leads_to_its_chats_in_all(
    client: Client, admin: User, labels: Labels, other_number: Instance
) -> None:
    Label.objects.create(instance=other_number, wa_id="1", name="vip", known_at=timezone.now())
    client.force_login(admin)
    html = client.get("/palette/?instance=all").content.decode()
    assert (html.count('id="filter-'), "Chats of all numbers with a label" in html) == (5, True)
    assert 'href="/chats/?q=label:VIP&amp;instance=all"' in html
    assert 'id="to-all" href="/chats/?instance=all"' in html


@pytest.mark.parametrize("instance", ["", "nowhere", "\0", "é" * 300])
def test_a_number_that_is_not_there_is_no_error(client: Client, agent: User, labels: Labels, instance: str) -> None:
    client.force_login(agent)
    assert client.get("/palette/", {"instance": instance}).status_code == 200


def test_without_any_number_there_are_pages(client: Client, agent: User) -> None:
    client.force_login(agent)
    assert set(names(client)) == {
        "command-help", "page-chats.index", "page-board.index", "page-saved.index", "page-account.preferences",
    }  # fmt: skip


@pytest.mark.parametrize("many", [1, 30])
def test_labels_cost_no_queries_each(
    client: Client, agent: User, labels: Labels, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(many):
        Label.objects.create(instance=labels["VIP"].instance, wa_id=f"x{n}", name=f"Label {n}", known_at=timezone.now())
    client.force_login(agent)
    with django_assert_num_queries(5):
        client.get("/palette/?place=inbox")


def test_anonymous_people_are_sent_to_the_login(client: Client, number: Instance) -> None:
    assert client.get("/palette/")["Location"].startswith("/login/")
