from typing import Any

import pytest

from labelapp.actions.demo import PASSWORD, PEOPLE, connect_demo, group_labels, make_people
from labelapp.models import Instance, Label, LabelGroup, User
from tests.wire import FarSide


@pytest.fixture
def demo(settings: Any) -> None:
    settings.DEMO = True


def test_the_demos_people_are_made_once(db: None, demo: None) -> None:
    for _twice in range(2):
        make_people()
    people = {user.username: user for user in User.objects.all()}
    assert set(people) == set(PEOPLE)
    assert all(user.check_password(PASSWORD) for user in people.values())
    assert people["agent"].groups.get().name == "Agent"
    assert [name for name, user in people.items() if user.is_superuser or user.is_staff] == ["admin"]
    assert people["agent_ar"].language == "ar"


def test_nobody_is_made_outside_the_demo(db: None) -> None:
    with pytest.raises(RuntimeError):
        make_people()
    assert User.objects.count() == 0


def test_the_number_is_connected_once_and_follows_the_port(db: None, far: FarSide) -> None:
    first = connect_demo("http://127.0.0.1:8090")
    again = connect_demo("http://127.0.0.1:8091")
    assert (again.pk, Instance.objects.get().base_url) == (first.pk, "http://127.0.0.1:8091")
    assert (first.instance_id, first.credentials, first.allow_private) == ("demo", "demo-token", True)


def test_labels_are_grouped_into_a_funnel(number: Instance) -> None:
    for n, name in enumerate(("Quoted", "New lead", "VIP", "Something else")):
        Label.objects.create(instance=number, wa_id=str(n), name=name)
    for _twice in range(2):
        group_labels(number)
    funnel = LabelGroup.objects.get(kind="funnel")
    assert list(funnel.labels.order_by("position").values_list("name", flat=True)) == ["New lead", "Quoted"]
    assert Label.objects.get(name="VIP").group.name == "Customer"  # type: ignore[union-attr]
    assert Label.objects.get(name="Something else").group is None
    assert LabelGroup.objects.count() == 3
