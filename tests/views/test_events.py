"""The page of business events: mappings made, changed, switched; an event tried; the log; only for those who may."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.actions.events import settle
from labelapp.models import BusinessEvent, ChatLabel, EventMapping, Instance, Label, LedgerEntry, StagePrune, User
from tests.conftest import MakeChat
from tests.events import make_event, make_mapping
from tests.ruled import carried, keys, make_rule

Labels = dict[str, Label]
HERE = "/events/?instance=demo"
NEW = "/events/new/?instance=demo"
TEST = "/events/test/?instance=demo"
JID = "201001234567@c.us"
PAID = {"id": "evt_1", "type": "payment.succeeded", "phone": "01001234567"}


@pytest.fixture
def desk(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def try_it(desk: Client, event: Any, **headers: str) -> Any:
    text = event if isinstance(event, str) else json.dumps(event)
    return desk.post(TEST, {"event": text}, headers={"HX-Request": "true"} | headers)


# Mappings


def test_a_mapping_is_made_and_is_on(desk: Client, number: Instance, labels: Labels, admin: User) -> None:
    sent = {
        "type": " payment.succeeded ",
        "stage": labels["Paid"].pk,
        "adds": keys(labels["VIP"]),
        "removes": keys(labels["On hold"]),
    }
    assertRedirects(desk.post(NEW, sent), HERE, fetch_redirect_response=False)
    mapping = EventMapping.objects.get()
    assert (mapping.type, mapping.stage, mapping.is_on, mapping.made_by) == (
        "payment.succeeded",
        labels["Paid"],
        True,
        admin,
    )
    assert (mapping.adds, mapping.removes) == (keys(labels["VIP"]), keys(labels["On hold"]))
    assertContains(desk.get(HERE), "payment.succeeded")


def test_the_form_shows_a_mapping_as_it_was_made(desk: Client, number: Instance, labels: Labels) -> None:
    mapping = make_mapping(number, stage=labels["Paid"], adds=(labels["VIP"],), removes=(labels["On hold"],))
    page = f"/events/{mapping.pk}/"
    form = desk.get(page).context["form"]
    again = {name: form[name].value() for name in form.fields}
    assertRedirects(desk.post(page, again | {"type": "order.paid"}), HERE, fetch_redirect_response=False)
    now = EventMapping.objects.get()
    assert (now.type, now.stage, now.adds, now.removes) == ("order.paid", mapping.stage, mapping.adds, mapping.removes)


@pytest.mark.parametrize(
    ("field", "more", "sentence"),
    [
        ("type", {"type": ""}, "Write the type, as the program does."),
        ("type", {"type": "payment succeeded"}, "A type has at most 80"),
        ("type", {"type": "x" * 81}, "at most 80 characters"),
        ("adds", {"adds": ["999999"]}, "It names a label that the number does not have any more."),
        ("stage", {"stage": "999999"}, "It names a label that the number does not have any more."),
        ("stage", {"stage": "VIP"}, "It names a label that the number does not have any more."),
        ("removes", {"removes": "stage"}, "added and removed at once"),
        ("__all__", {"stage": ""}, "Say what the event does"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_makes_nothing(
    desk: Client, number: Instance, labels: Labels, field: str, more: dict[str, Any], sentence: str
) -> None:
    known = {"stage": str(labels["Paid"].pk), "VIP": str(labels["VIP"].pk)}
    more = {name: known.get(value, value) if isinstance(value, str) else value for name, value in more.items()}
    answer = desk.post(NEW, {"type": "payment.succeeded", "stage": labels["Paid"].pk} | more)
    assert (answer.status_code, EventMapping.objects.count()) == (422, 0)
    assert sentence in " ".join(answer.context["form"].errors[field])


@pytest.mark.parametrize("field", ["adds", "removes", "stage"])
def test_a_deleted_label_is_refused_beside_its_field(
    desk: Client, number: Instance, labels: Labels, field: str
) -> None:
    Label.objects.update(deleted_at=timezone.now())
    answer = desk.post(NEW, {"type": "payment.succeeded", field: labels["Paid"].pk})
    assert (answer.status_code, EventMapping.objects.count()) == (422, 0)
    assertContains(answer, "It names a label that the number does not have any more.", status_code=422)
    assert list(answer.context["form"].errors) == [field]


def test_a_deleted_label_is_told_in_a_banner_until_it_is_mended(desk: Client, number: Instance, labels: Labels) -> None:
    mapping = make_mapping(number, stage=labels["Paid"], adds=(labels["VIP"],))
    assertNotContains(desk.get(HERE), "deleted in WhatsApp")
    Label.objects.filter(name="Paid").update(deleted_at=timezone.now())
    assertContains(desk.get(HERE), "rests: it names a label that was deleted in WhatsApp.")
    page = desk.get(f"/events/{mapping.pk}/")
    assertContains(page, "It rests: it names a label that was deleted in WhatsApp.")
    desk.post(f"/events/{mapping.pk}/switch/", {"state": "off"})
    answer = desk.post(f"/events/{mapping.pk}/switch/", {"state": "on"}, follow=True)
    assertContains(answer, "It names a label that the number does not have any more.")
    assert not EventMapping.objects.get().is_on
    desk.post(f"/events/{mapping.pk}/", {"type": "payment.succeeded", "adds": keys(labels["VIP"])})
    desk.post(f"/events/{mapping.pk}/switch/", {"state": "on"})
    assertNotContains(desk.get(HERE), "deleted in WhatsApp")


def test_on_and_off_twice_is_once(desk: Client, number: Instance, labels: Labels) -> None:
    mapping = make_mapping(number, stage=labels["Paid"])
    for state in ("off", "off", "on", "on"):
        desk.post(f"/events/{mapping.pk}/switch/", {"state": state})
        mapping.refresh_from_db()
        assert mapping.is_on is (state == "on")
    assert desk.post(f"/events/{mapping.pk}/switch/", {"state": "toggle"}).status_code == 400


def test_the_order(desk: Client, number: Instance, labels: Labels) -> None:
    made = [make_mapping(number, stage=labels["Paid"]) for _n in range(3)]
    order = [made[2].pk, made[0].pk, made[1].pk]
    for _time in range(2):
        desk.post("/events/order/?instance=demo", {"order": f"0:{','.join(map(str, order))}"})
    assert list(EventMapping.objects.values_list("pk", flat=True)) == order
    answer = desk.post("/events/order/?instance=demo", {"order": f"0:{order[0]}"}, follow=True)
    assertContains(answer, "The mappings have changed meanwhile.")
    assert desk.post("/events/order/?instance=demo", {"order": "x"}).status_code == 400


def test_a_mapping_is_deleted(desk: Client, number: Instance, labels: Labels) -> None:
    mapping = make_mapping(number, stage=labels["Paid"])
    for status in (302, 404):
        assert desk.post(f"/events/{mapping.pk}/delete/").status_code == status
    assert EventMapping.objects.count() == 0


def test_a_label_says_which_events_use_it(desk: Client, number: Instance, labels: Labels) -> None:
    make_mapping(number, "order.shipped", adds=(labels["VIP"],), stage=labels["Quoted"])
    for name in ("VIP", "Quoted"):
        assertContains(desk.get(f"/labels/{labels[name].pk}/"), "order.shipped")
    assertNotContains(desk.get(f"/labels/{labels['Paid'].pk}/"), "order.shipped")


# The test box


def test_an_event_is_tried_and_nothing_is_changed(
    desk: Client, number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(JID, name="Mariam", labels=(labels["Quoted"], labels["On hold"], labels["VIP"]))
    StagePrune.objects.create(stage=labels["Paid"], label=labels["On hold"])
    make_mapping(number, stage=labels["Paid"], adds=(labels["VIP"],))
    make_rule(number, "event", name="Hears", about={"event": "payment.succeeded"}, actions={"add": keys(labels["VIP"])})
    make_rule(number, "event", name="Deaf", about={"event": "other"}, actions={"add": keys(labels["VIP"])})
    before = list(ChatLabel.objects.order_by("pk").values())
    answer = try_it(desk, PAID)
    trial = answer.context["trial"]
    told = [(step.tag.name, step.on, step.is_so, step.because and step.because.name) for step in trial.steps]
    assert told == [
        ("VIP", True, True, None),
        ("Paid", True, False, None),
        ("Quoted", False, False, "Paid"),
        ("On hold", False, False, "Paid"),
    ]
    assert (trial.chat, [rule.name for rule in trial.rules]) == (chat, ["Hears"])
    assertContains(answer, "Mariam")
    assert (list(ChatLabel.objects.order_by("pk").values()), BusinessEvent.objects.count()) == (before, 0)
    settle(make_event(User.objects.get(), number, chat=chat))
    assert carried(chat) == {"VIP", "Paid"}  # as it was foreseen


def test_a_chat_that_is_there_already(desk: Client, number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    make_mapping(number, stage=labels["Paid"], removes=(labels["VIP"],))
    StagePrune.objects.create(stage=labels["Paid"], label=labels["On hold"])
    chat = make_chat(JID, labels=(labels["Paid"], labels["On hold"]))
    for named in (chat.pk, str(chat.pk), JID, "+201001234567"):
        steps = try_it(desk, {"type": "payment.succeeded", "chat": named}).context["trial"].steps
        assert [(step.tag.name, step.on, step.is_so) for step in steps] == [("Paid", True, True), ("VIP", False, True)]
    assert settle(make_event(User.objects.get(), number, chat=chat)).outcome == "unchanged"


def test_a_number_without_a_chat_an_unmapped_type_and_one_that_rests(
    desk: Client, number: Instance, labels: Labels
) -> None:
    answer = try_it(desk, PAID | {"data": {"a": 1}, "instance": "demo"})
    assertContains(answer, "would wait for one for 30 days")
    assertContains(answer, "Nothing is mapped to")
    assertContains(answer, "+201001234567")
    make_mapping(number, stage=labels["Paid"])
    Label.objects.filter(name="Paid").update(deleted_at=timezone.now())
    assertContains(try_it(desk, PAID), "rests: it names a label")


def test_without_a_script_the_whole_page_comes(desk: Client, number: Instance) -> None:
    answer = desk.post(TEST, {"event": json.dumps(PAID)})
    assertContains(answer, "Nothing is mapped to")
    assertContains(answer, "<h1>Business events</h1>")


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ("", "Paste an event."),
        ("{", "This is no JSON: look at line 1, column 2."),
        ("[" * 9000, "This is no JSON"),
        ("9" * 5000, "This is no JSON"),
        ("[]", "An event is an object"),
        ({"type": "a", "phone": "1", "colour": "red"}, "“colour” is no part of an event."),
        ({"phone": "01001234567"}, "type: at most 80"),
        ({"type": ["a"], "phone": "01001234567"}, "type: at most 80"),
        ({"type": "a"}, "Say either phone or chat."),
        ({"type": "a", "phone": "1", "chat": 1}, "Say either phone or chat."),
        ({"type": "a", "phone": "call me"}, "phone: this is no phone number."),
        ({"type": "a", "chat": 999}, "chat: this number has no such chat."),
        ({"type": "a", "chat": "9" * 40}, "chat: this number has no such chat."),
        ({"type": "a", "chat": "\0@@"}, "chat: this number has no such chat."),
        ({"type": "a", "chat": "someone"}, "chat: this number has no such chat."),
        ({"type": "a", "phone": "01001234567", "data": 1}, "data: an object"),
        ({"type": "a", "phone": "01001234567", "instance": "other"}, "about another number"),
    ],
)
def test_what_is_no_event_is_told_beside_the_field(desk: Client, number: Instance, event: Any, sentence: str) -> None:
    answer = try_it(desk, event)
    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["form"].errors["event"])


# The log


def test_the_log_and_its_filters(
    desk: Client, number: Instance, other_number: Instance, make_chat: MakeChat, labels: Labels, admin: User
) -> None:
    make_mapping(number, stage=labels["Paid"])
    chat = make_chat(JID, name="Mariam")
    settle(make_event(admin, number, chat=chat, external_id="done", data={"amount": "<b>12</b>"}))
    settle(make_event(admin, number, chat=chat, external_id="unmapped", type="other"))
    make_event(admin, number, (number, "1@c.us"), external_id="waits", phone="+15550100")
    make_event(admin, None, (number, "2@c.us"), (other_number, "2@c.us"), external_id="waits-at-both")
    make_event(admin, other_number, (other_number, "2@c.us"), external_id="elsewhere")

    def shown(**query: str) -> list[str]:
        told = desk.get(HERE, query_params={"instance": "demo"} | query).context["told"]
        return [one.event.external_id for one in told]

    assert shown() == ["waits-at-both", "waits", "unmapped", "done"]
    assert shown(show="unmatched") == ["waits-at-both", "waits"]
    assert shown(show="undone") == ["unmapped"]
    assert shown(show="nonsense") == shown()
    assert shown(before=str(BusinessEvent.objects.get(external_id="unmapped").pk)) == ["done"]
    page = desk.get(HERE)
    for words in ("Mariam", "+15550100", "waits for a chat", "nothing is mapped to it", "&lt;b&gt;12&lt;/b&gt;"):
        assertContains(page, words)
    assert {one.value: n for one, n in page.context["shows"]} == {"": None, "unmatched": 2, "undone": 1}


def test_one_is_tried_again(desk: Client, number: Instance, make_chat: MakeChat, labels: Labels, admin: User) -> None:
    chat = make_chat(JID)
    event = settle(make_event(admin, number, chat=chat))
    assertContains(desk.get(HERE), f"/events/received/{event.pk}/again/")
    make_mapping(number, stage=labels["Paid"])
    again = f"/events/received/{event.pk}/again/"
    assertContains(desk.post(again, follow=True), "carried out")
    assert carried(chat) == {"Paid"}
    assertContains(desk.post(again, follow=True), "There is nothing to do for this event.")
    assertNotContains(desk.get(HERE), again)


@pytest.mark.parametrize("many", [1, 30])
def test_more_of_all_cost_no_more_queries(
    desk: Client, number: Instance, make_chat: MakeChat, labels: Labels, admin: User, many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for _n in range(many):
        make_mapping(number, stage=labels["Paid"], adds=(labels["VIP"],))
        make_event(admin, number, chat=make_chat())
    with django_assert_num_queries(11):
        desk.get(HERE)


# Who may


def test_only_people_who_manage_rules(
    client: Client, agent: User, lead: User, admin: User, number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    mapping = make_mapping(number, stage=labels["Paid"])
    event = settle(make_event(admin, number, chat=make_chat(), type="other"))
    posts = [f"/events/{mapping.pk}/switch/", f"/events/{mapping.pk}/delete/", TEST, "/events/order/?instance=demo"]
    assert client.get(HERE)["Location"].startswith("/login/")
    for person in (agent, lead):
        client.force_login(person)
        for path in (HERE, NEW, f"/events/{mapping.pk}/"):
            assert client.get(path).status_code == 403
        for path in (*posts, f"/events/received/{event.pk}/again/"):
            assert client.post(path, {"state": "off"}).status_code == 403
    assert EventMapping.objects.get().is_on


def test_a_stranger_gets_404(client: Client, admin: User, other_number: Instance, make_chat: MakeChat) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_rules"))
    mapping = make_mapping(other_number)
    event = settle(make_event(admin, other_number, chat=make_chat(instance=other_number)))
    client.force_login(manager)
    for path in ("/events/?instance=other", f"/events/{mapping.pk}/", "/events/new/?instance=other"):
        assert client.get(path).status_code == 404
    for path in (f"/events/{mapping.pk}/switch/", f"/events/{mapping.pk}/delete/", "/events/order/?instance=other",
                 "/events/test/?instance=other", f"/events/received/{event.pk}/again/"):  # fmt: skip
        assert client.post(path, {"state": "off", "order": "0:1"}).status_code == 404
    assert (EventMapping.objects.get().is_on, LedgerEntry.objects.count()) == (True, 0)


def test_the_way_there(desk: Client, client: Client, number: Instance) -> None:
    for page in ("/rules/", "/settings/"):
        assertContains(desk.get(page), 'href="/events/')


def test_without_a_number(desk: Client, db: None) -> None:
    assertContains(desk.get("/events/"), "No number is connected yet")
    assertRedirects(desk.get("/events/new/"), "/events/", fetch_redirect_response=False)
