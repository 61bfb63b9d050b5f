"""Clashes that come about after the page was looked at are found by the next look, and the screens are told once."""

from datetime import timedelta

from django.utils import timezone

from labelapp.actions.clashes import look_for_clashes, notice_clashes
from labelapp.models import Change, ClashLook, Instance, Label
from labelapp.models.fields import NEVER
from tests.conftest import MakeChat
from tests.posted import fresh

Labels = dict[str, Label]


def test_a_new_clash_is_looked_for_and_told_once(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    since = timezone.now() - timedelta(minutes=5)
    make_chat(labels=(labels["Quoted"], labels["Paid"]))
    look_for_clashes(fresh(number))
    notice_clashes(number, since)
    assert Change.objects.count() == 0  # it was found
    second = make_chat(labels=(labels["Quoted"], labels["Paid"]))
    second.assignments.update(wanted_at=timezone.now())
    for _time in range(2):
        notice_clashes(number, since)
    assert list(Change.objects.values_list("kind", flat=True)) == ["instance"]
    assert ClashLook.objects.get().at == NEVER
    look_for_clashes(fresh(number))
    notice_clashes(number, since)
    assert (Change.objects.count(), ClashLook.objects.get().waiting) == (1, 2)
