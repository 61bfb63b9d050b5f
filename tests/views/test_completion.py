"""What the query bar offers, as the page gets it."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Instance, Label, User
from tests.conftest import person

Labels = dict[str, Label]


def offered(client: Client, before: str, after: str = "", instance: str = "demo") -> list[str]:
    """The texts up to the cursor that can be chosen."""
    answer = client.get("/chats/complete/", {"instance": instance, "before": before, "after": after})
    assert answer.status_code == 200
    return re.findall(r'data-before="([^"]*)"', answer.content.decode())


def test_labels_and_stages_are_offered_with_their_swatch(client: Client, agent: User, labels: Labels) -> None:
    client.force_login(agent)
    assert offered(client, "words label:on") == ["words label:&quot;On hold&quot;"]
    assert offered(client, "stage:") == ["stage:&quot;New lead&quot;", "stage:Quoted", "stage:Paid"]
    html = client.get("/chats/complete/?instance=demo&before=label:vi").content.decode()
    assert ('class="sw c3"' in html, 'data-sure="1"' in html, 'data-whole="1"' in html) == (True, True, True)


def test_nothing_to_offer_is_an_empty_answer(client: Client, agent: User, labels: Labels) -> None:
    client.force_login(agent)
    assert client.get("/chats/complete/?instance=demo&before=label:zzz").content.strip() == b""


def test_only_people_who_see_the_number_are_offered(
    client: Client, admin: User, agent: User, other_number: Instance
) -> None:
    client.force_login(admin)
    assert offered(client, "assigned:", instance="other") == ["assigned:me", "assigned:nobody", "assigned:admin"]
    User.objects.filter(pk=agent.pk).update(is_active=False)
    assert "assigned:agent" not in offered(client, "assigned:a", instance="other")


def test_a_strangers_number_is_not_there(client: Client, stranger: User, other_number: Instance) -> None:
    client.force_login(stranger)
    assert client.get("/chats/complete/?instance=other&before=label:").status_code == 404


def test_the_login_comes_first(client: Client, number: Instance) -> None:
    assert client.get("/chats/complete/?before=label:").status_code == 302


def test_names_are_escaped(client: Client, agent: User, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(name='<b onclick="x">')
    client.force_login(agent)
    assert b"<b " not in client.get("/chats/complete/?instance=demo&before=label:").content


def test_the_same_queries_for_one_person_and_thirty(
    client: Client, agent: User, labels: Labels, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(agent)
    offered(client, "assigned:")
    with django_assert_num_queries(7):
        offered(client, "assigned:")
    for n in range(30):
        person(f"person{n}", "Agent")
    with django_assert_num_queries(7):
        assert len(offered(client, "assigned:")) == 20


@pytest.mark.parametrize("before", ["\x00", "label:\u202e", '"' * 50, "😀" * 3000, "-" * 9, "label:,,,,#"])
def test_any_text_is_answered(client: Client, agent: User, labels: Labels, before: str) -> None:
    client.force_login(agent)
    offered(client, before, before)
