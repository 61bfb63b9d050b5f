"""Which hooks are told of what, once each."""

import json
from typing import Any

import pytest

from labelapp.actions.actor import Actor
from labelapp.actions.outgoing_writing import write_sends
from labelapp.actions.run_starts import start
from labelapp.actions.run_targets import chosen
from labelapp.models import Fact, HookSend, Instance, Label, OutgoingHook, Source, User
from labelapp.models.reasons import Reason
from labelapp.queries.language.reading import read
from labelapp.queries.language.saved import save
from labelapp.queries.run_labels import Wanted
from labelapp.queries.scopes import scope_of
from tests.conftest import MakeChat
from tests.outgoing import kinds, make_hook, tell
from tests.posted import deliver, tagged, untagged, upserted

Labels = dict[str, Label]
FAR = "http://127.0.0.1:9/"


def bodies() -> list[dict[str, Any]]:

    return [json.loads(one) for one in HookSend.objects.order_by("pk").values_list("body", flat=True)]


def test_without_a_hook_nothing_is_written(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    assert (kinds(), Fact.objects.filter(handled_at=None).count()) == ([], 0)


def test_each_fact_is_told_once(number: Instance, admin: User, make_chat: MakeChat, labels: Labels) -> None:
    make_hook(admin, FAR)
    chat = make_chat()
    for _time in range(2):
        deliver(number, tagged(chat.jid, labels["VIP"].wa_id))
        tell(number)
    write_sends(number, list(Fact.objects.all()))
    assert kinds() == ["label.added"]


def test_a_stage_is_also_entered(number: Instance, admin: User, make_chat: MakeChat, labels: Labels) -> None:
    make_hook(admin, FAR)
    chat = make_chat()
    deliver(number, tagged(chat.jid, labels["Quoted"].wa_id))
    tell(number)
    assert kinds() == ["label.added", "stage.entered"]
    entered = bodies()[1]["data"]
    assert (entered["label"]["name"], entered["funnel"]["name"]) == ("Quoted", "Sales funnel")
    deliver(number, untagged(chat.jid, labels["Quoted"].wa_id, 100.0))
    tell(number)
    assert kinds()[2:] == ["label.removed"]
    assert bodies()[2]["data"]["chat"]["labels"] == []


def test_the_directory_is_told(number: Instance, admin: User) -> None:
    make_hook(admin, FAR)
    for step, name in enumerate(("Warm", "Hot")):
        deliver(number, upserted("77", name, 10.0 + step))
    tell(number)
    assert kinds() == ["label.created", "label.renamed"]
    assert (bodies()[1]["data"]["former_name"], bodies()[1]["data"]["label"]["name"]) == ("Warm", "Hot")


@pytest.mark.parametrize(("events", "told"), [(["label.removed"], []), (["stage.entered"], ["stage.entered"])])
def test_only_the_events_that_it_wants(
    number: Instance, admin: User, make_chat: MakeChat, labels: Labels, events: list[str], told: list[str]
) -> None:
    make_hook(admin, FAR, events=events)
    deliver(number, tagged(make_chat().jid, labels["Paid"].wa_id))
    tell(number)
    assert kinds() == told


def test_only_the_labels_that_it_names(number: Instance, admin: User, make_chat: MakeChat, labels: Labels) -> None:
    make_hook(admin, FAR).labels.set([labels["VIP"]])
    for name in ("VIP", "On hold"):
        deliver(number, tagged(make_chat().jid, labels[name].wa_id))
    tell(number)
    assert [one["data"]["label"]["name"] for one in bodies()] == ["VIP"]


def test_only_the_numbers_that_it_names(
    number: Instance, other_number: Instance, admin: User, make_chat: MakeChat, labels: Labels
) -> None:
    make_hook(admin, FAR).numbers.set([other_number])
    make_hook(admin, FAR, name="Mine").numbers.set([number])
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    assert list(HookSend.objects.values_list("hook__name", flat=True)) == ["Mine"]


def test_only_chats_that_its_query_finds(number: Instance, admin: User, make_chat: MakeChat, labels: Labels) -> None:
    scope = scope_of(admin, [number])
    terms = save(read('label:"On hold" -label:Paid', scope.vocabulary).query)
    make_hook(admin, FAR, terms=terms)
    held, paid = make_chat(labels=(labels["On hold"],)), make_chat(labels=(labels["On hold"], labels["Paid"]))
    for chat in (held, paid, make_chat()):
        deliver(number, tagged(chat.jid, labels["VIP"].wa_id))
    tell(number)
    assert [one["data"]["chat"]["id"] for one in bodies()] == [held.pk]


def test_a_query_about_a_label_that_is_gone_finds_nothing(
    number: Instance, admin: User, make_chat: MakeChat, labels: Labels
) -> None:
    scope = scope_of(admin, [number])
    make_hook(admin, FAR, terms=save(read("-label:Paid", scope.vocabulary).query))
    Label.objects.filter(name="Paid").update(deleted_at="2026-01-01T00:00Z")
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    assert kinds() == []


@pytest.mark.parametrize("fires", [False, True])
def test_a_run_fires_hooks_only_if_it_was_told_to(
    number: Instance, admin: User, make_chat: MakeChat, labels: Labels, fires: bool
) -> None:
    make_hook(admin, FAR)
    chat = make_chat()
    run = start(Actor.of(admin), chosen([chat.pk]), Wanted(("VIP",), ()), fires_rules=fires)
    Fact.objects.create(
        instance=number, kind="label.added", chat=chat, label=labels["VIP"], source=Source.BULK, actor=admin,
        cause=Reason.RUN(str(run.pk)),
    )  # fmt: skip
    tell(number)
    assert kinds() == (["label.added"] if fires else [])


def test_the_end_of_a_run_is_told_to_hooks_of_any_of_its_numbers(
    number: Instance, other_number: Instance, admin: User, make_chat: MakeChat, labels: Labels
) -> None:
    make_hook(admin, FAR).numbers.set([other_number])
    run = start(Actor.of(admin), chosen([make_chat().pk]), Wanted(("VIP",), ()))
    run.numbers.add(other_number)
    data = {"run": run.pk, "state": "done", "tally": {"changed": 3, "failed": 1}}
    Fact.objects.create(instance=number, kind="run.finished", source=Source.BULK, actor=admin, data=data)
    tell(number)
    assert bodies()[0]["data"]["run"] == {"id": run.pk, "state": "done", "changed": 3, "failed": 1}


def test_a_hook_that_is_off_is_told_nothing(number: Instance, admin: User, make_chat: MakeChat, labels: Labels) -> None:
    make_hook(admin, FAR, is_on=False)
    deliver(number, tagged(make_chat().jid, labels["VIP"].wa_id))
    tell(number)
    assert kinds() == []
    assert OutgoingHook.objects.count() == 1


@pytest.mark.parametrize("many", [1, 10])
def test_a_batch_costs_the_same_few_queries(
    number: Instance, admin: User, make_chat: MakeChat, labels: Labels, many: int, django_assert_max_num_queries: Any
) -> None:
    make_hook(admin, FAR)
    facts = [
        Fact.objects.create(instance=number, kind="label.added", chat=make_chat(), label=labels["VIP"], source="phone")
        for _n in range(many)
    ]
    with django_assert_max_num_queries(8):
        write_sends(number, facts)
    assert len(kinds()) == many
