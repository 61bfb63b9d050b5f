from typing import Any

import pytest

from labelapp.actions.demo import (
    GONE,
    PASSWORD,
    PEOPLE,
    SILENT,
    connect_demo,
    connect_shop,
    group_labels,
    keep_classifier,
    leave_wishes,
    make_people,
)
from labelapp.actions.tokens import token_of
from labelapp.models import (
    ApiToken,
    Chat,
    ChatLabel,
    EventMapping,
    Instance,
    Label,
    LabelGroup,
    OutgoingHook,
    Rule,
    User,
)
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


def test_three_numbers_at_two_providers(db: None, far: FarSide) -> None:
    for place in (SILENT, GONE):
        connect_demo("http://127.0.0.1:8090", place)
    found = Instance.objects.order_by("slug").values_list("slug", "provider", "instance_id", "name")
    assert list(found) == [
        ("porto-shop", "waha", "demo2", "Porto shop"),
        ("warehouse", "wawp", "demo3", "Old warehouse phone"),
    ]


def test_wishes_are_left_once(number: Instance, demo: None) -> None:
    make_people()
    for wa_id, name in (("7", "VIP"), ("10", "On hold")):
        Label.objects.create(instance=number, wa_id=wa_id, name=name, known_at=number.created_at)
    Chat.objects.create(instance=number, jid="15550100001@c.us")
    for _twice in range(2):
        leave_wishes(number)
    assert sorted(ChatLabel.objects.values_list("label__name", "wanted", "receipt")) == [
        ("On hold", True, "pending"),
        ("VIP", True, "pending"),
    ]


def test_the_shop_gets_a_new_secret_each_time_and_one_mapping(
    number: Instance, demo: None, labels: dict[str, Label]
) -> None:
    make_people()
    first, second = (connect_shop(number) for _twice in range(2))
    token = ApiToken.objects.get()
    assert (token_of(first), token_of(second)) == (None, token)
    assert (token.scopes, list(token.instances.all())) == ({"tag"}, [number])
    assert list(EventMapping.objects.values_list("type", "stage__name")) == [("payment.succeeded", "Paid")]


def test_there_is_no_shop_outside_the_demo(number: Instance) -> None:
    with pytest.raises(RuntimeError):
        connect_shop(number)
    assert ApiToken.objects.count() == 0


def test_the_classifier_comes_with_a_label_and_a_rule_once_and_follows_its_port(
    far: FarSide, number: Instance, demo: None
) -> None:
    make_people()
    for port in (9001, 9002):
        hook = keep_classifier(number, f"http://127.0.0.1:{port}/")
    assert (OutgoingHook.objects.get(), hook.url, hook.allow_private) == (hook, "http://127.0.0.1:9002/", True)
    assert [label["name"] for label in far.labels.values()] == ["Unhappy"]
    rule, label = Rule.objects.get(), Label.objects.get()
    assert (rule.is_on, rule.actions) == (True, {"ask": hook.pk, "answers": [label.pk]})


def test_what_somebody_changed_about_the_classifier_stays(far: FarSide, number: Instance, demo: None) -> None:
    make_people()
    keep_classifier(number, "http://127.0.0.1:9001/")
    Rule.objects.all().delete()
    OutgoingHook.objects.update(is_on=False)
    assert (keep_classifier(number, "http://127.0.0.1:9001/").is_on, Rule.objects.count()) == (False, 0)
