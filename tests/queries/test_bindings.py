"""Labels bound by name across numbers."""

from django.utils import timezone

from labelapp.models import Instance, Label, LabelGroup, User
from labelapp.queries.bindings import bound_sections
from labelapp.queries.language.reading import read
from labelapp.queries.language.writing import write_ref
from labelapp.queries.scopes import Scope, scope_of

Labels = dict[str, Label]


def bound(scope: Scope) -> list[tuple[str, list[tuple[str, tuple[int, ...]]]]]:
    return [
        (part.section.name, [(write_ref(each.ref), each.ref.pks) for each in part.labels])
        for part in bound_sections(scope)
    ]


def test_groups_and_labels_of_one_name_are_one(
    admin: User, number: Instance, other_number: Instance, labels: Labels
) -> None:
    funnel = LabelGroup.objects.create(instance=other_number, name="Sales Funnel", kind=LabelGroup.Kind.FUNNEL)
    made = [
        Label.objects.create(
            instance=other_number, wa_id=f"x{n}", name=name, position=n, group=group, known_at=timezone.now()
        )
        for n, (name, group) in enumerate([("Lost", funnel), ("paid", funnel), ("Vip", None)])
    ]
    lost, paid, vip = (label.pk for label in made)
    mine = {name: label.pk for name, label in labels.items()}
    assert bound(scope_of(admin, [number, other_number])) == [
        (
            "Sales funnel",
            [
                ('"New lead"', (mine["New lead"],)),
                ("Quoted", (mine["Quoted"],)),
                ("Paid", (mine["Paid"], paid)),
                ("Lost", (lost,)),
            ],
        ),
        ("", [("VIP", (mine["VIP"], vip)), ('"On hold"', (mine["On hold"],))]),
    ]


def test_an_id_that_two_numbers_use_names_its_number(
    admin: User, number: Instance, other_number: Instance, labels: Labels
) -> None:
    nameless = Label.objects.create(instance=other_number, wa_id=labels["VIP"].wa_id, name="")
    scope = scope_of(admin, [number, other_number])
    assert bound(scope)[-1][1][2] == (f"#other/{nameless.wa_id}", (nameless.pk,))
    query = read(f"label:#other/{nameless.wa_id}", scope.vocabulary).query
    assert query.terms[0].refs[0].pks == (nameless.pk,)  # type: ignore[union-attr]


def test_of_one_number_every_label_is_there(agent: User, number: Instance, labels: Labels) -> None:
    twin = Label.objects.create(instance=number, wa_id="77", name="vip", position=9, known_at=timezone.now())
    found = dict(bound(scope_of(agent, [number])))
    assert found[""] == [
        ("VIP", (labels["VIP"].pk,)),
        ('"On hold"', (labels["On hold"].pk,)),
        ("vip", (twin.pk,)),
    ]
