"""What is told of the directory and of runs: once, whoever changed it and however often it is heard of."""

from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from labelapp.actions.actor import Actor
from labelapp.actions.directory import create_label, delete_label, learn_label, update_label
from labelapp.actions.directory_reading import read_directory
from labelapp.actions.providers import client_for
from labelapp.actions.runs import cancel, finish
from labelapp.models import Fact, Instance, Label, User
from labelapp.whatsapp.types import LabelInfo
from tests.conftest import MakeChat
from tests.posted import deleted, deliver, just_now, run_push, tagged, upserted
from tests.runs import begin_run, carry_through
from tests.wire import FarSide

Labels = dict[str, Label]


@pytest.fixture
def filled(far: FarSide, labels: Labels) -> FarSide:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def told() -> list[tuple[str, int | None, str]]:
    return list(Fact.objects.order_by("pk").values_list("kind", "label", "source"))


def test_a_label_that_is_made_here_is_told_once_whatever_its_echo(
    admin: User, number: Instance, filled: FarSide
) -> None:
    label = create_label(Actor.of(admin), number, name="Warm", color=4)
    for _time in range(2):
        deliver(number, upserted(label.wa_id, "Warm", just_now(), 4))
    read_directory(number, client_for(number))
    assert told() == [("label.created", label.pk, "agent")]
    assert Fact.objects.get().actor == admin


def test_a_rename_here_is_told_once_with_the_former_name(
    admin: User, number: Instance, filled: FarSide, labels: Labels
) -> None:
    vip = labels["VIP"]
    update_label(Actor.of(admin), vip, name="V.I.P.", color=None, description="")
    deliver(number, upserted(vip.wa_id, "V.I.P.", just_now(), 3))
    assert told() == [("label.renamed", vip.pk, "agent")]
    assert Fact.objects.get().data == {"former": "VIP"}


def test_another_colour_is_no_rename(admin: User, filled: FarSide, labels: Labels) -> None:
    update_label(Actor.of(admin), labels["VIP"], name="VIP", color=7, description="")
    assert told() == []


def test_a_deletion_here_is_told_once(admin: User, number: Instance, filled: FarSide, labels: Labels) -> None:
    vip = labels["VIP"]
    delete_label(Actor.of(admin), vip)
    deliver(number, deleted(vip.wa_id, just_now()))
    assert told() == [("label.deleted", vip.pk, "agent")]


def test_what_the_phone_does_to_the_directory_is_told_once(number: Instance, labels: Labels) -> None:
    for _time in range(2):
        deliver(number, upserted("77", "New on the phone", 10.0))
    deliver(number, upserted("77", "Renamed there", 20.0))
    deliver(number, upserted("77", "New on the phone", 10.0, 3))  # late
    deliver(number, deleted("77", 30.0), deleted("77", 31.0))
    assert [(kind, source) for kind, _label, source in told()] == [
        ("label.created", "phone"),
        ("label.renamed", "phone"),
        ("label.deleted", "phone"),
    ]


def test_a_label_that_only_a_chat_has_named_is_told_once_it_has_a_name(number: Instance, make_chat: MakeChat) -> None:
    deliver(number, tagged(make_chat().jid, "88"))
    assert [kind for kind, *_rest in told()] == []
    deliver(number, upserted("88", "Named", just_now()))
    assert [kind for kind, *_rest in told()] == ["label.created"]


def test_what_an_import_finds_is_told_to_nobody(number: Instance, far: FarSide) -> None:
    number.import_stage = Instance.ImportStage.LABELS
    number.save(update_fields=["import_stage"])
    far.labels = {"1": {"name": "VIP", "color": 1}}
    read_directory(number, client_for(number))
    assert (Label.objects.count(), told()) == (1, [])


@pytest.mark.django_db(transaction=True)
def test_two_that_learn_the_same_at_once_tell_it_once(number: Instance, labels: Labels) -> None:
    ready = Barrier(4)

    def learn() -> None:
        try:
            ready.wait(20)
            with transaction.atomic():
                learn_label(number, LabelInfo(labels["VIP"].wa_id, "V.I.P.", 3))
            with transaction.atomic():
                learn_label(number, LabelInfo("99", "Brand new", 3))
        finally:
            connection.close()

    threads = [Thread(target=learn) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(kind for kind, *_rest in told()) == ["label.created", "label.renamed"]


def test_a_run_is_told_once_when_it_ends(
    number: Instance, lead: User, make_chat: MakeChat, filled: FarSide, labels: Labels
) -> None:
    chats = [make_chat() for _n in range(2)]
    run = begin_run(lead, chats)
    carry_through(run, number)
    assert [finish(run) for _time in range(2)] == [False, False]
    fact = Fact.objects.get(kind="run.finished")
    assert (fact.instance, fact.source, fact.actor, fact.data["run"]) == (number, "bulk", lead, run.pk)
    assert (fact.data["state"], fact.data["tally"]["changed"]) == ("done", 2)


def test_a_run_that_was_stopped_is_told_too(number: Instance, lead: User, make_chat: MakeChat, labels: Labels) -> None:
    run = begin_run(lead, [make_chat()])
    cancel(Actor.of(lead), run)
    run_push(number)
    carry_through(run, number)
    assert Fact.objects.get(kind="run.finished").data["state"] == "cancelled"
