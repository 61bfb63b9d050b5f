import pytest
from django.db import IntegrityError
from django.utils import timezone

from labelapp.models import Instance, Label, LabelGroup


def test_an_id_is_unique_among_the_living(number: Instance, labels: dict[str, Label]) -> None:
    Label.objects.filter(wa_id="4").update(deleted_at=timezone.now())
    again = Label.objects.create(instance=number, wa_id="4", name="New")
    assert list(Label.objects.living().filter(wa_id="4")) == [again]
    with pytest.raises(IntegrityError):
        Label.objects.create(instance=number, wa_id="4")


def test_two_numbers_have_their_own_ids(number: Instance, other_number: Instance) -> None:
    for instance in (number, other_number):
        Label.objects.create(instance=instance, wa_id="1")
    assert Label.objects.count() == 2


@pytest.mark.parametrize(("color", "css"), [(0, "c0"), (19, "c19"), (None, "cx")])
def test_colours_are_classes(color: int | None, css: str) -> None:
    assert Label(color_index=color).color_class == css


def test_a_colour_outside_the_palette_is_refused(number: Instance) -> None:
    with pytest.raises(IntegrityError):
        Label.objects.create(instance=number, wa_id="1", color_index=20)


def test_a_label_without_a_name_shows_its_id(number: Instance) -> None:
    ghost = Label.objects.create(instance=number, wa_id="31")
    assert (str(ghost), ghost.is_ghost) == ("#31", True)


def test_stages_come_first_then_groups_then_the_rest(number: Instance, labels: dict[str, Label]) -> None:
    needs = LabelGroup.objects.create(instance=number, name="Needs", position=0)
    Label.objects.filter(name="On hold").update(group=needs)
    assert [str(label) for label in Label.objects.in_order()] == ["New lead", "Quoted", "Paid", "On hold", "VIP"]


def test_only_free_groups_let_labels_live_together() -> None:
    assert [LabelGroup(kind=kind).is_exclusive for kind in ("free", "exclusive", "funnel")] == [False, True, True]
