"""The order by urgency as its form shows it."""

from labelapp.models import Instance, Label
from labelapp.queries.labels import directory
from labelapp.queries.urgency import ladder

Labels = dict[str, Label]


def test_each_step_is_a_whole_order(number: Instance, labels: Labels) -> None:
    names = ("VIP", "Paid", "On hold")
    a, b, c = (labels[name].pk for name in names)
    for n, name in enumerate(names, 1):
        Label.objects.filter(pk=labels[name].pk).update(urgency=n * 3)
    found = ladder(directory(number))
    assert [(rung.tag.name, rung.place, rung.up, rung.down, rung.without) for rung in found.rungs] == [
        ("VIP", 1, (a, b, c), (b, a, c), (b, c)),
        ("Paid", 2, (b, a, c), (a, c, b), (a, c)),
        ("On hold", 3, (a, c, b), (a, b, c), (a, b)),
    ]
    assert [(tag.name, order) for tag, order in found.others] == [
        ("New lead", (a, b, c, labels["New lead"].pk)),
        ("Quoted", (a, b, c, labels["Quoted"].pk)),
    ]
