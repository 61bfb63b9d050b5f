"""Rules over HTTP: listed, made, changed, switched, put in order; only by those who may."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.models import Instance, Label, LedgerEntry, OutgoingHook, Rule, RuleSet, Run, User
from tests.conftest import MakeChat
from tests.outgoing import make_hook
from tests.ruled import keys, make_rule, say, words

Labels = dict[str, Label]
HERE = "/rules/?instance=demo"
NEW = "/rules/new/?instance=demo"


@pytest.fixture
def desk(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def hook(admin: User) -> OutgoingHook:
    return make_hook(admin, "https://crm.example/in?key=1", events=[])


def sent(**more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"name": "Urgent words", "trigger": "message.in", "mode": "any", "words": "asap, help"}
    return values | {key: value for key, value in more.items() if value is not None}


def test_a_rule_is_made_and_is_on(desk: Client, number: Instance, labels: Labels, admin: User) -> None:
    answer = desk.post(NEW, sent(add=keys(labels["VIP"]), per_chat=1, cooldown=5, chat="person"))
    assertRedirects(answer, HERE, fetch_redirect_response=False)
    rule = Rule.objects.get()
    assert (rule.name, rule.is_on, rule.per_chat, rule.cooldown, rule.made_by) == ("Urgent words", True, 1, 300, admin)
    assert rule.conditions == {"chat": "person", "text": {"mode": "any", "entries": ["asap", "help"]}}
    assert (rule.actions, rule.trigger_data) == ({"add": keys(labels["VIP"])}, {})
    assertContains(desk.get(HERE), "Urgent words")


def test_what_it_adds_can_come_off_again(desk: Client, number: Instance, labels: Labels) -> None:
    desk.post(NEW, sent(add=keys(labels["VIP"]), lasts=90, lasts_unit="m"))
    rule = Rule.objects.get()
    assert rule.actions == {"add": keys(labels["VIP"]), "lasts": 5400}
    assertContains(desk.get(HERE), "<span>for 90 minutes</span>")
    form = desk.get(f"/rules/{rule.pk}/").context["form"]
    assert (form["lasts"].value(), form["lasts_unit"].value()) == (90, "m")


def test_the_form_shows_a_rule_as_it_was_written(desk: Client, number: Instance, labels: Labels, agent: User) -> None:
    every = sent(
        trigger="unanswered", wait=2, wait_unit="d", has=keys(labels["VIP"]), lacks=keys(labels["Paid"]),
        hours_from="22:00", hours_until="06:00", days=[0, 4], outside="on", query="stage:quoted -label:vip",
        stage=labels["Paid"].pk, remove=keys(labels["On hold"]), assign=agent.pk,
    )  # fmt: skip
    desk.post(NEW, every)
    rule = Rule.objects.get()
    assert rule.trigger_data == {"seconds": 172_800}
    Label.objects.filter(pk=labels["VIP"].pk).update(name="Very important")
    before = Rule.objects.values("trigger_data", "conditions", "actions").get()
    form = desk.get(f"/rules/{rule.pk}/").context["form"]
    assert form["query"].value() == 'stage:Quoted -label:"Very important"'
    again = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)}
    assertRedirects(desk.post(f"/rules/{rule.pk}/", again), HERE, fetch_redirect_response=False)
    after = Rule.objects.values("trigger_data", "conditions", "actions").get()
    before["conditions"].pop("query"), after["conditions"].pop("query")
    assert after == before


def test_a_rule_that_hears_an_event_says_which(desk: Client, number: Instance, labels: Labels) -> None:
    desk.post(NEW, sent(trigger="event", words="", event="payment.succeeded", add=keys(labels["VIP"])))
    rule = Rule.objects.get()
    assert (rule.trigger, rule.trigger_data) == ("event", {"event": "payment.succeeded"})
    assertContains(desk.get(HERE), "payment.succeeded")
    assert desk.get(f"/rules/{rule.pk}/").context["form"]["event"].value() == "payment.succeeded"
    assertContains(desk.get(f"/rules/{rule.pk}/trial/"), "be tried on the past")


def test_whom_a_rule_tells_is_written_and_read(
    desk: Client, number: Instance, labels: Labels, agent: User, agent2: User, hook: OutgoingHook
) -> None:
    tells = {"notify": [agent.pk, agent2.pk], "urgent": "on", "hook": hook.pk, "ask": hook.pk}
    desk.post(NEW, sent(**tells, answers=keys(labels["VIP"], labels["Paid"])))
    rule = Rule.objects.get()
    does = {"notify": [agent.pk, agent2.pk], "urgent": True, "hook": hook.pk, "ask": hook.pk}
    assert rule.actions == does | {"answers": keys(labels["VIP"], labels["Paid"])}
    shown = desk.get(HERE)
    for told in ("tells Agent Demo, Agent2 Demo, urgently", "calls CRM", "asks CRM for VIP, Paid"):
        assertContains(shown, told)
    assertNotContains(shown, "key=1")
    form = desk.get(f"/rules/{rule.pk}/").context["form"]
    again = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "", False)}
    desk.post(f"/rules/{rule.pk}/", again)
    assert Rule.objects.get().actions == rule.actions


def test_labels_of_no_classifier_and_urgency_of_nobody_are_not_kept(
    desk: Client, number: Instance, labels: Labels
) -> None:
    desk.post(NEW, sent(add=keys(labels["VIP"]), urgent="on", answers=keys(labels["Paid"])))
    assert Rule.objects.get().actions == {"add": keys(labels["VIP"])}


def test_a_hook_that_is_off_is_named_as_such(desk: Client, number: Instance, hook: OutgoingHook) -> None:
    make_rule(number, actions={"hook": hook.pk})
    OutgoingHook.objects.update(is_on=False)
    assertContains(desk.get(HERE), "calls CRM (it is off)")


def test_whom_a_rule_may_tell_is_offered(
    desk: Client,
    number: Instance,
    other_number: Instance,
    labels: Labels,
    admin: User,
    stranger: User,
    hook: OutgoingHook,
) -> None:
    number.people.add(admin)
    make_hook(admin, "https://x.example/", name="Elsewhere").numbers.set([other_number])
    form = desk.get(NEW).context["form"]
    assert [pk for pk, _name in form.fields["notify"].choices] == [admin.pk]
    assert [name for _pk, name in form.fields["hook"].choices] == ["none", "CRM"]
    for field, value in (("notify", [stranger.pk]), ("hook", "999"), ("ask", "999")):
        answer = desk.post(NEW, sent(**{field: value}))
        assert "Select a valid choice" in " ".join(answer.context["form"].errors[field])


def test_what_is_told_to_nobody_any_more_is_in_a_banner(desk: Client, number: Instance, hook: OutgoingHook) -> None:
    rule = make_rule(number, name="Campaigns", actions={"hook": hook.pk})
    assertNotContains(desk.get(HERE), "run. ")
    hook.delete()
    answer = desk.get(HERE)
    assertContains(answer, "Its outgoing hook was deleted, or is not about this number any more.")
    assert answer.context["lines"][0].is_paused
    answer = desk.post(f"/rules/{rule.pk}/switch/", {"state": "on"}, follow=True)
    assertContains(answer, "Its outgoing hook was deleted")


@pytest.mark.parametrize(
    ("field", "more", "sentence"),
    [
        ("name", {"name": " "}, "Give the rule a name."),
        ("words", {"mode": "regex", "words": "("}, "This is no regular expression"),
        ("words", {"mode": "regex", "words": "a*"}, "fits every message"),
        ("words", {"words": "!!"}, "no letter or digit"),
        ("trigger", {"trigger": "full moon"}, "full moon"),
        ("labels", {"trigger": "stage.entered", "words": ""}, "Choose the label."),
        ("words", {"trigger": "chat.created"}, "in messages only"),
        ("wait", {"trigger": "unanswered"}, "Say how long"),
        ("event", {"trigger": "event", "words": "", "event": "two words"}, "A type has at most 80"),
        ("words", {"trigger": "event", "event": "payment.succeeded"}, "in messages only"),
        ("query", {"query": "colour:red"}, "means nothing in this filter"),
        ("query", {"query": "assigned:me"}, "A rule is nobody"),
        ("query", {"query": "is:unread"}, "A rule is nobody"),
        ("add", {"add": ["999999"]}, "Select a valid choice"),
        ("hours_from", {"hours_from": "10:00"}, "Give both times"),
        ("lasts", {"lasts": "400", "lasts_unit": "d"}, "Say how long: from a minute to a year."),
        ("lasts", {"lasts": "0"}, "greater than or equal to 1"),
        ("lasts", {"lasts": "2", "add": [], "assign": "nobody"}, "Choose the labels that come off again."),
        ("__all__", {"add": []}, "Say what the rule does"),
        ("answers", {"ask": "HOOK"}, "Choose the labels that the classifier may put on."),
        (
            "ask",
            {"ask": "HOOK", "answers": "VIP", "trigger": "chat.created", "words": ""},
            "Only a message can be classified",
        ),
    ],
)
def test_bad_input_is_told_beside_its_field_and_makes_nothing(
    desk: Client, number: Instance, labels: Labels, hook: OutgoingHook, field: str, more: dict[str, Any], sentence: str
) -> None:
    meant = {"HOOK": hook.pk, "VIP": keys(labels["VIP"])}
    more = {name: meant.get(value, value) if isinstance(value, str) else value for name, value in more.items()}
    answer = desk.post(NEW, sent(add=keys(labels["VIP"])) | more)
    assert (answer.status_code, Rule.objects.count()) == (422, 0)
    assert sentence in " ".join(answer.context["form"].errors[field])


def test_a_name_is_taken_once(desk: Client, number: Instance, labels: Labels) -> None:
    make_rule(number, name="urgent WORDS", actions={"add": keys(labels["VIP"])})
    assertContains(
        desk.post(NEW, sent(add=keys(labels["VIP"]))), "There is a rule of this name already.", status_code=422
    )


def test_on_and_off_twice_is_once(desk: Client, number: Instance, labels: Labels) -> None:
    rule = make_rule(number, on=False, actions={"add": keys(labels["VIP"])})
    for state in ("on", "on", "off", "off"):
        desk.post(f"/rules/{rule.pk}/switch/", {"state": state})
        rule.refresh_from_db()
        assert rule.is_on is (state == "on")
    assert desk.post(f"/rules/{rule.pk}/switch/", {"state": "toggle"}).status_code == 400


def test_a_rule_that_cannot_run_is_not_switched_on(desk: Client, number: Instance, labels: Labels) -> None:
    rule = make_rule(number, on=False, actions={"add": keys(labels["VIP"])})
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    answer = desk.post(f"/rules/{rule.pk}/switch/", {"state": "on"}, follow=True)
    assertContains(answer, "names a label that the number does not have any more")
    assert not Rule.objects.get().is_on


def test_a_dead_label_is_told_in_a_banner(desk: Client, number: Instance, labels: Labels) -> None:
    make_rule(number, name="Important", actions={"add": keys(labels["VIP"])})
    assertNotContains(desk.get(HERE), "deleted in WhatsApp")
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    assertContains(desk.get(HERE), "rests: it names a label that was deleted in WhatsApp.")


def test_the_order_and_how_they_go_together(desk: Client, number: Instance, labels: Labels) -> None:
    rules = [make_rule(number, actions={"add": keys(labels["VIP"])}) for _n in range(3)]
    order = [rules[2].pk, rules[0].pk, rules[1].pk]
    for _time in range(2):
        desk.post("/rules/order/?instance=demo", {"order": f"0:{','.join(map(str, order))}"})
    assert list(Rule.objects.values_list("pk", flat=True)) == order
    answer = desk.post("/rules/order/?instance=demo", {"order": f"0:{order[0]}"}, follow=True)
    assertContains(answer, "The rules have changed meanwhile.")
    assert desk.post("/rules/order/?instance=demo", {"order": "x"}).status_code == 400
    for mode in ("first", "first", "all"):
        desk.post("/rules/match/?instance=demo", {"match": mode})
        assert RuleSet.objects.filter(first_only=True).exists() is (mode == "first")
    assert desk.post("/rules/match/?instance=demo", {"match": "some"}).status_code == 400


def test_a_rule_is_deleted_and_what_it_did_stays(
    desk: Client, number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    rule = make_rule(number, actions={"add": keys(labels["VIP"])})
    LedgerEntry.objects.create(
        instance=number, chat=make_chat(), label=labels["VIP"], verb="add", source="rule", rule=rule
    )
    for status in (302, 404):
        assert desk.post(f"/rules/{rule.pk}/delete/").status_code == status
    assert LedgerEntry.objects.get().rule is None


def test_ready_made_rules(desk: Client, number: Instance, labels: Labels) -> None:
    assertContains(desk.get(HERE), "needs a label “Urgent”")
    Label.objects.filter(pk=labels["VIP"].pk).update(name="urgent")
    for key in ("urgent", "urgent", "first-stage"):
        assert desk.post("/rules/start/?instance=demo", {"key": key}).status_code == 302
    assert list(Rule.objects.values_list("name", "is_on", "actions")) == [
        ("Urgent words", True, {"add": [labels["VIP"].pk]}),
        ("New chats", True, {"stage": labels["New lead"].pk}),
    ]
    assert desk.post("/rules/start/?instance=demo", {"key": "magic"}).status_code == 400


def test_counters_errors_and_guards_are_shown(
    desk: Client, number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    rule = make_rule(
        number,
        fired=12,
        changed=7,
        error="rule-broke:no luck",
        guard="rule-pair:VIP",
        actions={"add": keys(labels["VIP"])},
    )
    chat = make_chat()
    entry = {"instance": number, "chat": chat, "label": labels["VIP"]}
    LedgerEntry.objects.create(**entry, verb="add", source="rule", rule=rule)
    LedgerEntry.objects.create(**entry, verb="remove", source="agent")
    answer = desk.get(HERE)
    (line,) = answer.context["lines"]
    assert (line.rule.fired, line.rule.changed, line.undone) == (12, 7, 1)
    assertContains(answer, "It could not be carried out: no luck")
    assertContains(answer, "Another rule had done the opposite")


@pytest.mark.parametrize(("tells", "queries"), [(False, 11), (True, 14)])
@pytest.mark.parametrize("many", [1, 30])
def test_more_rules_cost_no_more_queries(
    desk: Client, number: Instance, labels: Labels, agent: User, hook: OutgoingHook, many: int, tells: bool, queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    does = {"notify": [agent.pk], "hook": hook.pk} if tells else {}
    for _n in range(many):
        make_rule(number, conditions=words("help"), actions={"add": keys(labels["VIP"]), **does})
    with django_assert_num_queries(queries):
        desk.get(HERE)


def test_only_people_who_manage_rules(
    client: Client, agent: User, lead: User, number: Instance, labels: Labels
) -> None:
    rule = make_rule(number, actions={"add": keys(labels["VIP"])})
    assert client.get(HERE)["Location"].startswith("/login/")
    for person in (agent, lead):
        client.force_login(person)
        assertNotContains(client.get("/chats/"), 'href="/rules/"')
        for path in (HERE, NEW, f"/rules/{rule.pk}/"):
            assert client.get(path).status_code == 403
        for path in ("switch", "delete"):
            assert client.post(f"/rules/{rule.pk}/{path}/", {"state": "off"}).status_code == 403
    assert Rule.objects.get().is_on


def test_a_stranger_gets_404(client: Client, admin: User, other_number: Instance) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_rules"))
    rule = make_rule(other_number, actions={"add": [1]})
    client.force_login(manager)
    assert client.get("/rules/?instance=other").status_code == 404
    assert client.get(f"/rules/{rule.pk}/").status_code == 404
    for path in (f"/rules/{rule.pk}/switch/", f"/rules/{rule.pk}/delete/", "/rules/order/?instance=other",
                 "/rules/match/?instance=other", "/rules/start/?instance=other"):  # fmt: skip
        assert client.post(path, {"state": "off", "match": "all", "order": "0:1", "key": "urgent"}).status_code == 404
    assert Rule.objects.get().is_on


def test_a_dry_run_becomes_a_run(desk: Client, number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    rule = make_rule(number, conditions=words("help"), actions={"add": keys(labels["VIP"])})
    for text in ("Help <b>me</b>", "hello", "HELP"):
        say(make_chat(), text, at=timezone.now())
    answer = desk.get(f"/rules/{rule.pk}/trial/")
    assertNotContains(answer, "Nobody is told")
    assertContains(answer, "It would have touched 2 of 3 chats in the last 30 days.")
    assertContains(answer, "<mark>Help</mark> &lt;b&gt;me&lt;/b&gt;")
    assert LedgerEntry.objects.count() == 0
    begun = desk.post(f"/rules/{rule.pk}/apply/")
    run = Run.objects.get()
    assertRedirects(begun, f"/runs/{run.pk}/", fetch_redirect_response=False)
    assert (run.adds, run.purpose, run.fires_rules, run.chats.count()) == (["VIP"], rule.name, False, 2)


def test_a_dry_run_that_finds_nobody_or_cannot_be_made(
    desk: Client, number: Instance, make_chat: MakeChat, labels: Labels, agent: User
) -> None:
    nobody = make_rule(number, conditions=words("help"), actions={"add": keys(labels["VIP"])})
    assertContains(desk.get(f"/rules/{nobody.pk}/trial/"), "It would have touched 0 of 0 chats")
    assertContains(desk.post(f"/rules/{nobody.pk}/apply/", follow=True), "There is no chat to change.")
    timed = make_rule(number, "unanswered", about={"seconds": 60}, actions={"add": keys(labels["VIP"])})
    assertContains(desk.get(f"/rules/{timed.pk}/trial/"), "be tried on the past")
    telling = make_rule(number, conditions=words("help"), actions={"notify": [agent.pk]})
    assertContains(desk.get(f"/rules/{telling.pk}/trial/"), "Nobody is told and no classifier is asked")
    unclear = make_rule(number, conditions={"query": [{"text": "colour:red"}]}, actions={"add": keys(labels["VIP"])})
    say(make_chat(), "x", at=timezone.now())
    assertContains(desk.get(f"/rules/{unclear.pk}/trial/"), "means nothing any more")
    assert Run.objects.count() == 0


def test_a_label_says_which_rules_use_it(desk: Client, number: Instance, labels: Labels) -> None:
    make_rule(number, name="Very important", actions={"add": keys(labels["VIP"])})
    make_rule(number, name="Unreadable", actions={"add": "x"})
    assertContains(desk.get(f"/labels/{labels['VIP'].pk}/"), "Very important")
    assertNotContains(desk.get(f"/labels/{labels['Paid'].pk}/"), "Very important")
