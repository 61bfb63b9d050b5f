"""Classifiers outside, asked by rules: real posts to a receiver on loopback, and to the example as a process of its own."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from labelapp.actions import classifying
from labelapp.actions.classifying import claim_asks
from labelapp.actions.identity import learn_hidden_ids
from labelapp.actions.pruning import prune
from labelapp.lanes import classify
from labelapp.lanes.reach import Reach
from labelapp.models import Ask, Chat, Fact, Instance, Label, LedgerEntry, OutgoingHook, Rule, User
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.hook_receiver import HookReceiver, receiver
from tests.outgoing import make_hook
from tests.posted import fresh
from tests.ruled import carried, confirm, keys, make_rule, run_facts, say
from tests.stack import ROOT, answers, clean_environment, free_port, wait_until

Labels = dict[str, Label]
pytestmark = pytest.mark.django_db(transaction=True)
SAID = "this is terrible, I want my money back"


@pytest.fixture
def far() -> Iterator[HookReceiver]:
    with receiver() as one:
        yield one


@pytest.fixture
def hook(admin: User, far: HookReceiver) -> OutgoingHook:
    return make_hook(admin, far.url, name="Sentiment", events=[])


@pytest.fixture
def rule(number: Instance, labels: Labels, hook: OutgoingHook) -> Rule:
    """It lets the classifier put on two of the number's labels."""
    return make_rule(number, name="Moods", actions={"ask": hook.pk, "answers": keys(labels["VIP"], labels["On hold"])})


def told(chat: Chat, text: str = SAID, **more: Any) -> Fact:
    message = say(chat, text)
    return Fact.objects.create(
        instance=chat.instance, kind="message.in", chat=chat, message=message, source="phone", **more
    )


def hear(chat: Chat, text: str = SAID, **more: Any) -> None:
    """The customer writes, and the rules answer."""
    told(chat, text, **more)
    run_facts(chat.instance)


def ask_all(number: Instance, *, later: bool = False) -> int:
    """One look of the lane. `later`: once every pause is over."""
    if later:
        Ask.objects.filter(outcome="").update(due_at=timezone.now())
    return classify.run_due(fresh(number), Reach())


def last_error(rule: Rule) -> str:
    rule.refresh_from_db()
    return rule.last_error


def test_what_the_classifier_says_is_put_on(
    number: Instance, make_chat: MakeChat, labels: Labels, rule: Rule, hook: OutgoingHook, far: HookReceiver
) -> None:
    chat = make_chat(name="Mona Adel", labels=(labels["Paid"],))
    far.names("vip", "On hold")
    hear(chat, depth=1)
    assert (carried(chat), ask_all(number)) == ({"Paid"}, 1)
    assert carried(chat) == {"Paid", "VIP", "On hold"}
    asked = far.got[0].verified(hook.secret)
    assert (asked["type"], asked["data"]["message"]) == ("message.classify", {"text": SAID})
    assert asked["data"]["labels"] == ["VIP", "On hold"]
    assert asked["data"]["rule"] == {"id": rule.pk, "name": "Moods", "when": "message.in"}
    assert asked["data"]["chat"] == {"id": chat.pk, "kind": "person"}
    assert not any(hidden in far.got[0].body.decode() for hidden in ("Mona", chat.jid.partition("@")[0], "Paid"))
    for entry in LedgerEntry.objects.filter(verb="add"):
        assert (entry.source, entry.cause, entry.depth, entry.rule) == ("rule", "Moods", 2, rule)
    ask = Ask.objects.get()
    assert (ask.outcome, ask.reason, ask.body, ask.due_at) == ("answered", "", "", None)
    rule.refresh_from_db()
    assert (rule.fired, rule.changed, rule.error) == (1, 1, "")


def test_nothing_is_asked_twice_of_one_message(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver
) -> None:
    chat = make_chat()
    fact = told(chat)
    far.names("VIP", times=3)
    for _time in range(2):
        Fact.objects.filter(pk=fact.pk).update(handled_at=None)
        run_facts(number)
        ask_all(number, later=True)
    assert (len(far.got), Ask.objects.count()) == (1, 1)


def test_labels_that_are_on_change_nothing(
    number: Instance, make_chat: MakeChat, labels: Labels, rule: Rule, far: HookReceiver
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    far.names("VIP")
    hear(chat)
    ask_all(number)
    assert (LedgerEntry.objects.count(), Rule.objects.get().changed) == (0, 0)


def test_of_a_funnel_it_is_a_move(
    number: Instance, make_chat: MakeChat, labels: Labels, rule: Rule, far: HookReceiver
) -> None:
    Rule.objects.update(actions=rule.actions | {"answers": keys(labels["Paid"])})
    chat = make_chat(labels=(labels["Quoted"],))
    far.names("Paid")
    hear(chat)
    ask_all(number)
    assert carried(chat) == {"Paid"}


def test_what_a_classifier_puts_on_can_set_off_other_rules(
    number: Instance, make_chat: MakeChat, labels: Labels, rule: Rule, far: HookReceiver
) -> None:
    make_rule(number, "label.added", about={"labels": keys(labels["VIP"])}, actions={"stage": labels["Paid"].pk})
    chat = make_chat()
    far.names("VIP")
    hear(chat)
    ask_all(number)
    confirm(chat)
    run_facts(number)
    assert carried(chat) == {"VIP", "Paid"}
    assert LedgerEntry.objects.get(label=labels["Paid"]).depth == 2


@pytest.mark.parametrize("text", ["", "  \n"])
def test_what_says_nothing_is_not_asked_about(number: Instance, make_chat: MakeChat, rule: Rule, text: str) -> None:
    hear(make_chat(), text)
    assert Ask.objects.count() == 0


def test_a_hook_that_is_off_is_not_asked(number: Instance, make_chat: MakeChat, rule: Rule) -> None:
    OutgoingHook.objects.update(is_on=False)
    hear(make_chat())
    assert (Ask.objects.count(), Rule.objects.get().fired) == (0, 1)


JSON_WORDS = "The classifier's answer names no labels. It has to be JSON: {“labels”: […]}."


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html>hello</html>", JSON_WORDS),
        (200, b'{"labels": "VIP"}', JSON_WORDS),
        (200, b"", JSON_WORDS),
        (200, b'{"labels": ["VIP"]}' + b" " * 66_000, "The classifier's answer was longer than 64 KB."),
        (302, b"", "The classifier answered with a redirect (302), which is not followed."),
        (404, b"", "The classifier answered 404."),
    ],
)
def test_a_bad_answer_is_told_and_not_asked_for_again(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver, status: int, body: bytes, words: str
) -> None:
    far.answers, far.body = [(status, {"Location": far.url} if status == 302 else {}, 0)], body
    chat = make_chat()
    hear(chat)
    ask_all(number)
    ask = Ask.objects.get()
    assert (last_error(rule), carried(chat), len(far.got)) == (words, set(), 1)
    assert (ask.outcome, ask.body, ask.due_at) == ("failed", "", None)


def test_what_it_may_not_put_on_is_told_and_the_rest_is_put_on(
    number: Instance, make_chat: MakeChat, labels: Labels, rule: Rule, far: HookReceiver
) -> None:
    chat = make_chat()
    far.names("Paid", "VIP", "nonsense\0")
    hear(chat)
    ask_all(number)
    assert carried(chat) == {"VIP"}
    assert last_error(rule) == "The classifier named what this rule does not let it put on: Paid, nonsense"
    assert Ask.objects.get().outcome == "answered"


def test_no_content_is_no_label(number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver) -> None:
    hear(make_chat())
    ask_all(number)
    assert (last_error(rule), Ask.objects.get().outcome) == ("", "answered")


def test_a_private_address_hears_nothing(number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver) -> None:
    OutgoingHook.objects.update(allow_private=False)
    hear(make_chat())
    ask_all(number)
    assert last_error(rule) == "The classifier's name leads to a private address: nothing was sent."
    assert (far.got, Ask.objects.get().outcome) == ([], "failed")


def test_a_secret_that_can_not_be_read_is_told(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver
) -> None:
    hear(make_chat())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE labelapp_outgoinghook SET secret = 'nonsense'")
    ask_all(number)
    assert (last_error(rule), far.got) == ("The classifier's address or secret can't be read any more.", [])


def test_who_is_too_slow_is_asked_again(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifying, "SECONDS", 0.3)
    far.names("VIP")
    far.answers.insert(0, (200, {}, 2.0))
    chat = make_chat()
    hear(chat)
    ask_all(number)
    assert (last_error(rule), carried(chat)) == ("The classifier gave no answer in time.", set())
    assert ask_all(number) == 0  # not before its pause is over
    ask_all(number, later=True)
    assert carried(chat) == {"VIP"}
    assert len({got.id for got in far.got}) == 1


def test_the_limit_is_three_seconds() -> None:
    assert classifying.SECONDS == 3


def test_an_error_that_may_pass_is_tried_again_for_some_minutes(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver
) -> None:
    far.answers = [(503, {}, 0)] * 20
    hear(make_chat())
    pauses = []
    while Ask.objects.filter(outcome="").exists():
        ask_all(number, later=True)
        due = Ask.objects.get().due_at
        pauses.append(round((due - timezone.now()).total_seconds()) if due else None)
    assert pauses == [5, 10, 30, 60, 120, None]
    assert (last_error(rule), Ask.objects.get().outcome) == ("The classifier answered 503.", "failed")


def test_what_has_waited_too_long_is_dropped(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver
) -> None:
    late, fresh_one = make_chat(), make_chat()
    hear(late)
    Ask.objects.update(made_at=timezone.now() - timedelta(minutes=11))
    hear(fresh_one)
    far.names("VIP", times=2)
    assert ask_all(number) == 1
    assert (carried(late), carried(fresh_one)) == (set(), {"VIP"})
    assert last_error(rule) == "Messages had waited for the classifier for too long, and were left out."
    assert list(Ask.objects.order_by("pk").values_list("outcome", "body")) == [("failed", ""), ("answered", "")]


def test_a_process_that_dies_repeats_it_at_most(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver
) -> None:
    """It claims the question, asks it, and is killed before it can write what came of it."""
    chat = make_chat()
    hear(chat)
    far.names("VIP", times=2)
    (job,) = claim_asks(fresh(number), 4)
    job.run()
    assert ask_all(number) == 0  # it is claimed until the pause is over
    ask_all(number, later=True)
    assert len({got.id for got in far.got}) == 1
    assert (len(far.got), carried(chat), LedgerEntry.objects.count()) == (2, {"VIP"}, 1)


def test_two_that_claim_the_same_ask_it_once(number: Instance, make_chat: MakeChat, rule: Rule) -> None:
    hear(make_chat())
    assert [len(claim_asks(fresh(number), 4)) for _time in range(2)] == [1, 0]


def test_a_slow_classifier_leaves_room_for_another(
    number: Instance, make_chat: MakeChat, rule: Rule, admin: User, labels: Labels
) -> None:
    for _n in range(20):
        hear(make_chat())
    other = make_hook(admin, "http://127.0.0.1:9/", name="Other", events=[])
    make_rule(number, actions={"ask": other.pk, "answers": keys(labels["VIP"])})
    hear(make_chat())
    first = claim_asks(fresh(number), 4)
    assert [job.hook for job in first] == [rule.actions["ask"]] * 3
    assert other.pk in [job.hook for job in claim_asks(fresh(number), 1, first)]


def test_a_classifier_that_takes_its_time_holds_up_nobody_else(
    number: Instance, make_chat: MakeChat, labels: Labels, rule: Rule, far: HookReceiver
) -> None:
    """While it is waited for, no transaction is open: another chat's rules write at once, on SQLite too."""
    make_rule(number, "label.added", about={"labels": keys(labels["VIP"])}, actions={"add": keys(labels["On hold"])})
    slow, other = make_chat(), make_chat(labels=(labels["VIP"],))
    hear(slow)
    far.names("VIP")
    far.answers = [(200, {}, 1.5)]

    def lane() -> None:
        with closing(connection):
            ask_all(number)

    thread = threading.Thread(target=lane)
    thread.start()
    wait_until(lambda: far.got, told="the classifier is asked")
    Fact.objects.create(instance=number, kind="label.added", chat=other, label=labels["VIP"], source="agent")
    began = time.monotonic()
    run_facts(number)
    took, still = time.monotonic() - began, thread.is_alive()
    thread.join(20)
    assert (carried(other), still) == ({"VIP", "On hold"}, True)
    assert took < 1.5
    assert carried(slow) == {"VIP"}


@pytest.mark.parametrize("happens", [{"is_on": False}, {"paused_reason": "rule-dead:VIP"}])
def test_a_rule_that_stopped_meanwhile_puts_nothing_on(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver, happens: dict[str, Any]
) -> None:
    chat = make_chat()
    hear(chat)
    Rule.objects.update(**happens)
    far.names("VIP")
    ask_all(number)
    assert (carried(chat), Ask.objects.get().body) == (set(), "")


def test_a_label_that_died_meanwhile_is_not_put_on(
    number: Instance, make_chat: MakeChat, labels: Labels, rule: Rule, far: HookReceiver
) -> None:
    chat = make_chat()
    hear(chat)
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    far.names("VIP", "On hold")
    ask_all(number)
    assert carried(chat) == {"On hold"}
    assert last_error(rule) == "The classifier named what this rule does not let it put on: VIP"


def test_a_label_without_a_name_is_refused_and_told(
    number: Instance, make_chat: MakeChat, labels: Labels, rule: Rule, far: HookReceiver
) -> None:
    chat = make_chat()
    hear(chat)
    Label.objects.filter(pk=labels["VIP"].pk).update(known_at=None)
    far.names("VIP")
    ask_all(number)
    assert carried(chat) == set()
    assert last_error(rule).startswith("It could not be carried out: WhatsApp has not told the name of this label yet.")


def test_what_is_asked_goes_with_the_rule_and_with_the_hook(
    number: Instance, make_chat: MakeChat, rule: Rule, hook: OutgoingHook, far: HookReceiver
) -> None:
    hear(make_chat())
    hook.delete()
    assert (Ask.objects.count(), ask_all(number), far.got) == (0, 0, [])


def test_chats_that_turn_out_to_be_one_are_labelled_as_one(
    number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver
) -> None:
    gone, kept = make_chat(jid="10931@lid"), make_chat(jid="201555000001@c.us")
    hear(gone)
    learn_hidden_ids(number, [LidPair(gone.jid, kept.jid)])
    far.names("VIP")
    ask_all(number)
    assert (Ask.objects.get().chat, carried(kept)) == (kept, {"VIP"})


def test_a_number_that_is_frozen_waits(number: Instance, make_chat: MakeChat, rule: Rule, far: HookReceiver) -> None:
    hear(make_chat())
    Instance.objects.update(frozen_at=timezone.now())
    assert (ask_all(number), far.got) == (0, [])


def test_old_questions_are_forgotten(number: Instance, make_chat: MakeChat, rule: Rule) -> None:
    hear(make_chat())
    Ask.objects.update(made_at=timezone.now() - timedelta(days=2))
    prune()
    assert Ask.objects.count() == 0


def test_the_log_says_nothing_of_the_message(
    number: Instance, make_chat: MakeChat, rule: Rule, hook: OutgoingHook, far: HookReceiver,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)  # which tells every statement, with its values
    for names in (("VIP",), ("nonsense",)):
        far.names(*names)
        hear(make_chat())
        ask_all(number)
    assert not any(hidden in caplog.text for hidden in ("money", "terrible", hook.secret, "key=1"))


@pytest.fixture
def sentiment(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Starts examples/sentiment.py with a secret, and says where it listens."""
    started: list[subprocess.Popen[bytes]] = []

    def start(secret: str) -> str:
        port = free_port()
        command = [sys.executable, str(ROOT / "examples" / "sentiment.py"), "--port", str(port), "--label", "VIP"]
        with (tmp_path / "sentiment.log").open("wb") as log:
            environment = clean_environment(LABELAPP_HOOK_SECRET=secret)
            started.append(
                subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)  # noqa: S603
            )
        url = f"http://127.0.0.1:{port}/"
        wait_until(lambda: answers(url), told="the example listens")
        return url

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert (tmp_path / "sentiment.log").read_bytes() == b""


def test_the_example_finds_who_is_unhappy_in_four_languages(
    number: Instance,
    make_chat: MakeChat,
    labels: Labels,
    rule: Rule,
    hook: OutgoingHook,
    sentiment: Callable[[str], str],
) -> None:
    OutgoingHook.objects.update(url=sentiment(hook.secret))
    unhappy = [
        SAID,
        "الخدمة سيئة جدا وأريد فلوسي",
        "Que serviço péssimo, nunca mais!",
        "Es una estafa, quiero mi dinero",
    ]
    content = ["Thank you, not terrible at all", "شكرا جزيلا", "Muito obrigada!", "¿Cuánto cuesta el azul?"]
    for text in (*unhappy, *content):
        hear(make_chat(), text)
    while ask_all(number):
        pass
    tagged = [("VIP" in carried(chat)) for chat in Chat.objects.order_by("pk")]
    assert (tagged, last_error(rule)) == ([True] * 4 + [False] * 4, "")


def test_the_example_answers_nobody_who_does_not_know_the_secret(
    number: Instance, make_chat: MakeChat, rule: Rule, sentiment: Callable[[str], str]
) -> None:
    url = sentiment("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==")
    OutgoingHook.objects.update(url=url)
    chat = make_chat()
    hear(chat)
    ask_all(number)
    assert (last_error(rule), carried(chat)) == ("The classifier answered 401.", set())
    unsigned = httpx.post(url, content=json.dumps({"type": "message.classify"}))
    assert (unsigned.status_code, httpx.post(url, content=iter([b"x"])).status_code) == (401, 413)


def test_the_example_says_what_it_needs() -> None:
    command = [sys.executable, str(ROOT / "examples" / "sentiment.py")]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)  # noqa: S603
    assert (done.returncode, "LABELAPP_HOOK_SECRET" in done.stderr) == (2, True)


def test_the_example_ends_with_whoever_started_it() -> None:
    port = free_port()
    example = [sys.executable, str(ROOT / "examples" / "sentiment.py"), "--with-parent", "--port", str(port)]
    parent = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", f"import subprocess; subprocess.run({example!r})"],
        env=clean_environment(LABELAPP_HOOK_SECRET="whsec_c2VjcmV0"),
    )
    url = f"http://127.0.0.1:{port}/"
    wait_until(lambda: answers(url), told="the example listens")
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(20)
    wait_until(lambda: not answers(url), told="the example has ended")
