"""Django's admin: people can be edited, rows can be looked at, secrets are nowhere."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from labelapp.models import ChatLabel, HookDelivery, Instance, Label, LedgerEntry, Source, User, Verb
from tests.conftest import MakeChat

LISTS = ["user", "instance", "labelgroup", "label", "chat", "chatlabel", "ledgerentry", "hookdelivery"]


@pytest.fixture
def root(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.com", "root-secret-1"))
    return client


@pytest.fixture
def rows(number: Instance, labels: dict[str, Label], make_chat: MakeChat) -> None:
    for n in range(3):
        chat = make_chat(labels=(labels["VIP"], labels["Paid"]))
        LedgerEntry.objects.create(instance=number, chat=chat, label=labels["VIP"], verb=Verb.ADD, source=Source.PHONE)
        headers = {"X-Webhook-Hmac": "signature-9", "Content-Type": "application/json", "Cookie": "c=1"}
        HookDelivery.objects.create(instance=number, dedupe_key=str(n), headers=headers, body='{"event": "x"}')


@pytest.mark.parametrize("name", LISTS)
def test_lists_show_rows_with_a_bounded_number_of_queries(
    root: Client, rows: None, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(8):
        assertContains(root.get(f"/admin/labelapp/{name}/"), 'id="result_list"')


def test_a_number_is_shown_without_its_secrets(root: Client, number: Instance) -> None:
    Instance.objects.update(hmac_key="hmac-secret-5", old_hook_secret="old-secret-5")
    page = root.get(f"/admin/labelapp/instance/{number.pk}/change/")
    assertContains(page, "Demo")
    for secret in ("demo-token", number.hook_secret, "hmac-secret-5", "old-secret-5"):
        assertNotContains(page, secret)


def test_a_delivery_is_shown_with_its_headers_masked(root: Client, rows: None) -> None:
    delivery = HookDelivery.objects.first()
    assert delivery
    page = root.get(f"/admin/labelapp/hookdelivery/{delivery.pk}/change/")
    assertContains(page, "application/json")
    assertNotContains(page, "signature-9")
    assertNotContains(page, "c=1")


@pytest.mark.parametrize("name", [name for name in LISTS if name != "user"])
def test_rows_are_to_look_at_only(root: Client, rows: None, name: str) -> None:
    assert root.get(f"/admin/labelapp/{name}/add/").status_code == 403
    pair = ChatLabel.objects.first()
    assert pair
    assert root.post(f"/admin/labelapp/chatlabel/{pair.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ChatLabel.objects.filter(pk=pair.pk).exists()


def test_people_are_made_with_a_role_and_edited(root: Client, admin: User) -> None:
    role = admin.groups.get()
    new = {"username": "nadia", "email": "", "usable_password": "true", "password1": "quite-long-and-new"}
    answer = root.post("/admin/labelapp/user/add/", new | {"password2": "quite-long-and-new", "groups": [role.pk]})
    made = User.objects.get(username="nadia")
    assert (answer.status_code, list(made.groups.all()), made.check_password("quite-long-and-new")) == (
        302,
        [role],
        True,
    )
    assertContains(root.get(f"/admin/labelapp/user/{made.pk}/change/"), 'name="time_zone"')


def test_only_staff(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get("/admin/").status_code == 302
    User.objects.update(is_staff=True)  # staff without Django's own permissions sees no rows
    assert client.get("/admin/labelapp/instance/").status_code == 403
