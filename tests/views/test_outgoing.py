"""The pages of outgoing hooks: forms, the test, the log with replay, secrets that stay secret, who may."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.models import HookSend, Instance, Label, OutgoingHook, User
from tests.conftest import MakeChat
from tests.hook_receiver import HookReceiver, receiver
from tests.outgoing import make_hook, send_all, tell
from tests.posted import deliver, tagged

Labels = dict[str, Label]
FORM = {"name": "CRM", "url": "https://crm.example/in?key=1", "events": ["label.added", "stage.entered"], "is_on": "on"}
INDEX, NEW = "/settings/hooks/", "/settings/hooks/new/"


@pytest.fixture
def desk(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def far() -> Iterator[HookReceiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def hook(admin: User, far: HookReceiver) -> OutgoingHook:
    return make_hook(admin, far.url)


def test_make_one(desk: Client, admin: User, number: Instance, labels: Labels) -> None:
    more = {"labels": [labels["VIP"].pk], "numbers": [number.pk], "query": "label:vip -label:paid"}
    answer = desk.post(NEW, FORM | more)
    hook = OutgoingHook.objects.get()
    assertRedirects(answer, f"/settings/hooks/{hook.pk}/")
    assert (hook.name, hook.url, hook.events) == ("CRM", FORM["url"], FORM["events"])
    assert (list(hook.labels.all()), list(hook.numbers.all()), hook.made_by) == ([labels["VIP"]], [number], admin)
    assert hook.secret.startswith("whsec_")
    assertContains(desk.get(f"/settings/hooks/{hook.pk}/"), "label:VIP -label:Paid")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"url": "http://crm.example/"}, "must begin with https://"),
        ({"url": "https://127.0.0.1/"}, "This is a private address"),
        ({"url": "https://a:b@crm.example/"}, "must not contain a name or a password"),
        ({"events": ["message.in"]}, "message.in is not one of the available choices"),
        ({"query": "label:nosuch"}, "This is not understood: nosuch"),
        ({"name": "crm"}, "There is a hook of this name already."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    desk: Client, admin: User, number: Instance, more: dict[str, str], words: str
) -> None:
    make_hook(admin, "https://x.example/")
    answer = desk.post(NEW, FORM | {"name": "Other"} | more)
    assertContains(answer, words, status_code=422)
    assert OutgoingHook.objects.count() == 1


def test_a_hook_for_rules_alone_wants_no_event(desk: Client) -> None:
    desk.post(NEW, FORM | {"events": []})
    hook = OutgoingHook.objects.get()
    assert hook.events == []
    assertContains(desk.get(f"/settings/hooks/{hook.pk}/"), "What rules ask a classifier is not listed here")


def test_change_one(desk: Client, hook: OutgoingHook) -> None:
    page = f"/settings/hooks/{hook.pk}/"
    assertRedirects(desk.post(page, FORM | {"is_on": "", "name": "Shop"}), page)
    hook.refresh_from_db()
    assert (hook.name, hook.is_on, hook.url, hook.events) == ("Shop", False, FORM["url"], FORM["events"])


def test_on_again_after_410(desk: Client, hook: OutgoingHook) -> None:
    OutgoingHook.objects.update(is_on=False, off_reason="gone")
    assertContains(desk.get(INDEX), "the receiver answered 410")
    desk.post(f"/settings/hooks/{hook.pk}/", FORM)
    hook.refresh_from_db()
    assert (hook.is_on, hook.off_reason) == (True, "")


def test_the_secret_is_shown_to_whoever_asks_and_nowhere_else(desk: Client, hook: OutgoingHook) -> None:
    for page in (INDEX, f"/settings/hooks/{hook.pk}/"):
        assertNotContains(desk.get(page), hook.secret)
    shown = desk.post(f"/settings/hooks/{hook.pk}/secret/")
    assertContains(shown, hook.secret)
    assert "no-store" in shown["Cache-Control"]


def test_the_list_shows_no_key_of_an_address(desk: Client, hook: OutgoingHook) -> None:
    assertNotContains(desk.get(INDEX), "key=1")


def test_the_list_is_in_the_order_of_the_names(desk: Client, admin: User) -> None:
    for name in ("Shop", "Accounts", "Desk"):
        make_hook(admin, "https://x.example/", name=name)
    assert [card.hook.name for card in desk.get(INDEX).context["cards"]] == ["Accounts", "Desk", "Shop"]


def test_a_new_secret(desk: Client, hook: OutgoingHook) -> None:
    desk.post(f"/settings/hooks/{hook.pk}/rotate/")
    now = OutgoingHook.objects.get()
    assert (now.old_secret, now.secret != hook.secret) == (hook.secret, True)
    assert now.keys == [now.secret, hook.secret]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("status", "words"), [(204, "The receiver answered 204."), (500, "The receiver answered 500.")]
)
def test_a_test_tells_what_came_of_it(
    desk: Client, hook: OutgoingHook, far: HookReceiver, status: int, words: str
) -> None:
    far.answers = [(status, {}, 0)]
    assertContains(desk.post(f"/settings/hooks/{hook.pk}/test/"), words)
    assert far.got[0].verified(hook.secret)["data"]["hook"] == "CRM"


@pytest.mark.django_db(transaction=True)
def test_the_log_and_its_replay(
    desk: Client, hook: OutgoingHook, far: HookReceiver, number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    far.answers = [(404, {}, 0)]
    deliver(number, tagged(make_chat(name="Mona").jid, labels["VIP"].wa_id))
    tell(number)
    send_all(number)
    HookSend.objects.update(outcome="failed", due_at=None, ended_at=hook.made_at)
    send = HookSend.objects.get()
    page = f"/settings/hooks/{hook.pk}/"
    shown = desk.get(page).content.decode()
    for words in ("label.added", "Mona", "The receiver answered 404.", "given up", "1 attempt", send.message_id):
        assert words in shown
    assertRedirects(desk.post(f"/settings/hooks/sends/{send.pk}/again/"), page)
    send_all(number)
    assert [got.id for got in far.got] == [send.message_id] * 2
    assertContains(desk.get(page), "delivered")


def test_a_hook_that_is_off_replays_nothing(desk: Client, hook: OutgoingHook, number: Instance) -> None:
    OutgoingHook.objects.update(is_on=False)
    send = HookSend.objects.create(
        hook=hook, instance=number, message_id="m", kind="x", body="{}", outcome="failed", ended_at=hook.made_at
    )
    answer = desk.post(f"/settings/hooks/sends/{send.pk}/again/", follow=True)
    assertContains(answer, "The hook is off.")
    assert HookSend.objects.get().outcome == "failed"


def test_delete_one(desk: Client, hook: OutgoingHook) -> None:
    page = f"/settings/hooks/{hook.pk}/delete/"
    assertContains(desk.get(page), "the log goes too")
    assertRedirects(desk.post(page), INDEX)
    assert OutgoingHook.objects.count() == 0


@pytest.mark.parametrize("who", ["agent", "lead", "stranger"])
def test_for_admins_alone(client: Client, request: pytest.FixtureRequest, hook: OutgoingHook, who: str) -> None:
    client.force_login(request.getfixturevalue(who))
    page = f"/settings/hooks/{hook.pk}/"
    assert [client.get(one).status_code for one in (INDEX, NEW, page)] == [403] * 3
    assert [client.post(page + one).status_code for one in ("test/", "secret/", "rotate/", "delete/")] == [403] * 4
    assert OutgoingHook.objects.get().secret == hook.secret


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_asks_the_same_few_queries(
    desk: Client, admin: User, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(many):
        make_hook(admin, "https://x.example/", name=f"Hook {n}")
    desk.get(INDEX)
    with django_assert_num_queries(4):
        assert desk.get(INDEX).content.decode().count("x.example") == many


def test_the_log_goes_on(desk: Client, hook: OutgoingHook, number: Instance) -> None:
    HookSend.objects.bulk_create(
        HookSend(
            hook=hook, instance=number, message_id=f"m{n}", kind="x", body="{}", outcome="taken", ended_at=hook.made_at
        )
        for n in range(35)
    )
    page = f"/settings/hooks/{hook.pk}/"
    first = desk.get(page).content.decode()
    assert (first.count('id="send-'), "Older messages" in first) == (30, True)
    older = HookSend.objects.order_by("-pk")[29].pk
    assert desk.get(f"{page}?before={older}").content.decode().count('id="send-') == 5
