"""The order by urgency over HTTP."""

import pytest
from django.test import Client
from pytest_django.asserts import assertRedirects

from labelapp.models import Instance, Label, LedgerEntry, User

Labels = dict[str, Label]
HERE = "/labels/urgency/?instance=demo"


@pytest.fixture
def desk(client: Client, admin: User) -> Client:
    """An admin's browser."""
    client.force_login(admin)
    return client


def ranked(number: Instance) -> list[str]:
    found = Label.objects.filter(instance=number, urgency__isnull=False).order_by("urgency")
    return list(found.values_list("name", flat=True))


def send(desk: Client, order: str, path: str = HERE) -> int:
    return desk.post(path, {"order": order}).status_code


def test_a_post_carries_the_whole_order_and_a_repeat_changes_nothing(
    desk: Client, number: Instance, labels: Labels
) -> None:
    order = f"{labels['VIP'].pk},{labels['Paid'].pk}"
    for _n in range(2):
        assertRedirects(desk.post(HERE, {"order": order}), "/labels/?instance=demo", fetch_redirect_response=False)
    assert (ranked(number), LedgerEntry.objects.count()) == (["VIP", "Paid"], 2)
    assert (send(desk, ""), ranked(number)) == (302, [])


def test_the_page_shows_the_order_and_the_steps_from_it(desk: Client, labels: Labels) -> None:
    vip, paid = labels["VIP"].pk, labels["Paid"].pk
    send(desk, f"{vip},{paid}")
    html = desk.get("/labels/?instance=demo").content.decode()
    for pk, way, value in ((paid, "up", f"{paid},{vip}"), (vip, "down", f"{paid},{vip}"), (vip, "up", f"{vip},{paid}")):
        assert f'name="order" value="{value}" id="{way}-{pk}"' in html
    assert f'id="up-{vip}" aria-disabled="true"' in html
    assert f'value="{vip},{paid},{labels["Quoted"].pk}"' in html


@pytest.mark.parametrize("order", ["x", "1;2", "1,,2", "-1", "9" * 19, "٣", ",".join(["1"] * 101), None])
def test_what_is_no_order_is_400(desk: Client, number: Instance, labels: Labels, order: str | None) -> None:
    answer = desk.post(HERE, {} if order is None else {"order": order})
    assert (answer.status_code, ranked(number)) == (400, [])


def test_a_label_that_is_gone_meanwhile_is_told(desk: Client, number: Instance, labels: Labels) -> None:
    answer = desk.post(HERE, {"order": f"{labels['VIP'].pk},999999"}, follow=True)
    assert "The labels have changed meanwhile" in answer.content.decode()
    assert ranked(number) == []


def test_only_people_who_manage_labels(
    client: Client, agent: User, lead: User, number: Instance, labels: Labels
) -> None:
    assert client.post(HERE, {"order": ""})["Location"].startswith("/login/")
    for person in (agent, lead):
        client.force_login(person)
        assert send(client, str(labels["VIP"].pk)) == 403
    assert ranked(number) == []


def test_a_stranger_gets_404(client: Client, admin: User, other_number: Instance) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_labels"))
    hidden = Label.objects.create(instance=other_number, wa_id="1", name="Hidden", known_at=other_number.imported_at)
    client.force_login(manager)
    for slug in ("other", "nowhere", "all", "", "%00"):
        assert send(client, str(hidden.pk), f"/labels/urgency/?instance={slug}") == 404
    assert ranked(other_number) == []


# One label at a time, as Hygiene offers it


def test_a_label_becomes_the_last_of_the_urgent_ones_and_once(desk: Client, number: Instance, labels: Labels) -> None:
    send(desk, str(labels["VIP"].pk))
    for _n in range(2):
        answer = desk.post(f"/labels/{labels['Paid'].pk}/urgent/")
        assertRedirects(answer, "/hygiene/?instance=demo", fetch_redirect_response=False)
    assert (ranked(number), LedgerEntry.objects.count()) == (["VIP", "Paid"], 2)
    assert desk.get(f"/labels/{labels['Quoted'].pk}/urgent/").status_code == 405
    assert "“Paid” is in the order by urgency." in desk.get("/hygiene/?instance=demo").content.decode()


def test_a_dead_label_does_not_become_urgent(desk: Client, number: Instance, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=number.imported_at)
    answer = desk.post(f"/labels/{labels['VIP'].pk}/urgent/", follow=True)
    assert "The labels have changed meanwhile" in answer.content.decode()
    assert ranked(number) == []


def test_who_may_mark_a_label_as_urgent(
    client: Client, admin: User, agent: User, lead: User, number: Instance, other_number: Instance, labels: Labels
) -> None:
    path = f"/labels/{labels['VIP'].pk}/urgent/"
    assert client.post(path)["Location"].startswith("/login/")
    for person in (agent, lead):
        client.force_login(person)
        assert client.post(path).status_code == 403
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_labels"))
    hidden = Label.objects.create(instance=other_number, wa_id="1", name="Hidden", known_at=other_number.imported_at)
    client.force_login(manager)
    assert client.post(f"/labels/{hidden.pk}/urgent/").status_code == 404
    assert ranked(number) + ranked(other_number) == []
