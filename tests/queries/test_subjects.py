"""What deliveries are about: chats by any address, labels living or dead."""

import json
from typing import Any

from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import ChatAlias, HookDelivery, Instance, Label
from labelapp.queries.subjects import Subject, lines
from tests.conftest import MakeChat
from tests.posted import deleted, event, said, tagged, untagged, upserted

Labels = dict[str, Label]


def subjects(number: Instance, *bodies: Any) -> list[Subject]:
    rows = [HookDelivery(pk=n, instance=number) for n in range(len(bodies))]
    return [line.subject for line in lines(rows, {n: json.dumps(body) for n, body in enumerate(bodies)})]


def test_chats_are_found_by_any_address_and_labels_by_id(
    number: Instance, labels: Labels, make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chat, vip = make_chat("301@c.us"), labels["VIP"].wa_id
    ChatAlias.objects.create(instance=number, jid="9@lid", chat=chat)
    with django_assert_num_queries(2):
        found = subjects(number, tagged("9@lid", vip), untagged("301@s.whatsapp.net", vip), said("301@c.us", "Hi", 1))
    assert [each.chat for each in found] == [chat] * 3
    assert [(each.on, each.tag.name if each.tag else "") for each in found] == [
        (True, "VIP"),
        (False, "VIP"),
        (None, ""),
    ]


def test_a_living_label_counts_more_than_a_dead_one_of_its_id(number: Instance, labels: Labels) -> None:
    Label.objects.create(instance=number, wa_id="4", name="Before", deleted_at=timezone.now())
    Label.objects.create(instance=number, wa_id="77", name="Gone", deleted_at=timezone.now())
    found = subjects(number, upserted("4", "x"), deleted("77"))
    assert [each.tag.name if each.tag else "" for each in found] == ["VIP", "Gone"]


def test_another_numbers_chats_and_labels_are_not_meant(
    number: Instance, other_number: Instance, make_chat: MakeChat
) -> None:
    make_chat("301@c.us", instance=other_number)
    Label.objects.create(instance=other_number, wa_id="4", name="Elsewhere")
    assert subjects(number, tagged("301@c.us", "4")) == [Subject(jid="301@c.us", wa_id="4", on=True)]


def test_the_rest_is_told_as_far_as_it_goes(number: Instance) -> None:
    status = event("session.status", {"status": "FAILED"})
    found = subjects(number, status, [status, status, status], [], {"event": "poll.vote"}, "text")
    assert found == [Subject(status="FAILED"), Subject(status="FAILED", more=2), Subject(), Subject(), Subject()]
