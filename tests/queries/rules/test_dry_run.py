"""A dry run counts what a person would count who read everything."""

import random
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from labelapp.models import Chat, Instance, Label, LedgerEntry, Message, Rule
from labelapp.models.folded import fold
from labelapp.queries.rules import dry_run as module
from labelapp.queries.rules.dry_run import Trial, can_be_tried, dry_run
from tests.conftest import MakeChat
from tests.ruled import keys, make_rule, say, words

Labels = dict[str, Label]
SAID = ("Hello", "I need HELP", "asap please", "Ajuda, por favor", "no hurry", "مساعده", "helpful", "thanks a lot")
LOOKED_FOR = ("help", "asap", "مساعدة", "ajuda")


@pytest.fixture
def history(number: Instance, make_chat: MakeChat, labels: Labels) -> list[Chat]:
    """Forty chats, and two hundred messages of the last forty days."""
    chance, now = random.Random(7), timezone.now()  # noqa: S311
    chats = [make_chat(jid=f"2012000{n:04}@{'g' if n % 5 == 0 else 'c'}.us") for n in range(40)]
    for _n in range(200):
        at = now - timedelta(days=chance.uniform(0, 40))
        say(chance.choice(chats), chance.choice(SAID), at=at, from_me=chance.random() < 0.3)
    for chat in chance.sample(chats, 12):
        LedgerEntry.objects.create(instance=number, chat=chat, label=labels["VIP"], verb="add", source="agent")
    return chats


def counted_by_hand(rule: Rule, *, persons_only: bool) -> tuple[int, set[int]]:
    """Chats with a message of the customer in thirty days, and those where one says a word that is looked for."""
    wanted = {fold(word) for word in LOOKED_FOR}
    looked, found = set(), set()
    for message in Message.objects.select_related("chat"):
        if message.from_me or message.at < timezone.now() - timedelta(days=30):
            continue
        looked.add(message.chat_id)
        if wanted & set(fold(message.text).split()) and not (persons_only and message.chat.is_group):
            found.add(message.chat_id)
    return len(looked), found


@pytest.mark.parametrize("persons_only", [False, True])
def test_the_figures_are_those_of_a_count_by_hand(
    number: Instance, history: list[Chat], labels: Labels, persons_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = words(*LOOKED_FOR) | ({"chat": "person"} if persons_only else {})
    rule = make_rule(number, conditions=asked, actions={"add": keys(labels["VIP"])})
    looked, found = counted_by_hand(rule, persons_only=persons_only)
    for chunk in (7, 1000):
        monkeypatch.setattr(module, "CHUNK", chunk)
        trial = dry_run(rule)
        assert (trial.looked, set(trial.found), trial.is_part) == (looked, found, False)
    people = set(LedgerEntry.objects.values_list("chat", flat=True)) & set(
        Message.objects.filter(from_me=False, at__gte=Now() - timedelta(days=30)).values_list("chat", flat=True)
    )
    assert (set(trial.by_hand), trial.agreed) == (people, len(people & found))
    assert trial.precision == round(100 * len(people & found) / len(found))
    assert trial.recall == round(100 * len(people & found) / len(people))


def test_the_last_message_of_each_chat_is_shown_with_its_words(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    rule = make_rule(number, conditions=words("help"), actions={"add": keys(labels["VIP"])})
    chat, now = make_chat(), timezone.now()
    say(chat, "help!", at=now - timedelta(hours=2))
    say(chat, "please HELP me", at=now - timedelta(hours=1))
    (sample,) = dry_run(rule).samples
    assert (sample.text, [sample.text[a:b] for a, b in sample.spans]) == ("please HELP me", ["HELP"])


def test_a_query_and_labels_are_asked_as_of_now(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    query = [{"field": "label", "any": [{"name": "VIP", "labels": keys(labels["VIP"])}]}]
    rule = make_rule(
        number, conditions={"query": query, "lacks": keys(labels["Paid"])}, actions={"add": keys(labels["On hold"])}
    )
    vip, plain, paid = (
        make_chat(labels=(labels["VIP"],)),
        make_chat(),
        make_chat(labels=(labels["VIP"], labels["Paid"])),
    )
    for chat in (vip, plain, paid):
        say(chat, "x", at=timezone.now())
    trial = dry_run(rule)
    assert (trial.looked, list(trial.found)) == (3, [vip.pk])


def test_labels_that_came_and_went(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    rule = make_rule(
        number, "label.removed", about={"labels": keys(labels["VIP"])}, actions={"add": keys(labels["Paid"])}
    )
    one, other = make_chat(), make_chat()
    for chat, label, verb in ((one, "VIP", "remove"), (other, "VIP", "add"), (other, "On hold", "remove")):
        LedgerEntry.objects.create(instance=number, chat=chat, label=labels[label], verb=verb, source="agent")
    trial = dry_run(rule)
    assert (trial.looked, list(trial.found)) == (2, [one.pk])


def test_only_the_newest_are_looked_at_and_that_is_said(
    number: Instance, history: list[Chat], labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    rule = make_rule(number, conditions=words("help"), actions={"add": keys(labels["VIP"])})
    newest = Message.objects.filter(from_me=False).order_by("-at")[:10]
    trial = dry_run(rule)
    assert (trial.is_part, trial.looked) == (True, len({message.chat_id for message in newest}))


def test_what_time_alone_brings_cannot_be_tried(number: Instance, labels: Labels) -> None:
    rule = make_rule(number, "unanswered", about={"seconds": 60}, actions={"add": keys(labels["VIP"])})
    assert not can_be_tried(rule)
    assert (Trial().precision, Trial().recall) == (None, None)
