"""The labels of the rail."""

from labelapp.models import Instance, Label, User
from labelapp.queries.facets import Facets, Number, facets
from labelapp.queries.language.reading import read
from labelapp.queries.scopes import scope_of
from labelapp.views.rail import RailItem, rail, unlabelled
from labelapp.views.switches import Links
from tests.conftest import MakeChat

Labels = dict[str, Label]
NOTHING = Facets(Number(0), Number(0), Number(0))


def links(user: User, text: str, *numbers: Instance) -> Links:
    scope = scope_of(user, numbers)
    return Links("all" if len(numbers) > 1 else numbers[0].slug, read(text, scope.vocabulary), scope)


def item(user: User, number: Instance, text: str, name: str) -> RailItem:
    found = [each for section in rail(links(user, text, number), NOTHING) for each in section.labels]
    return next(each for each in found if each.tag and each.tag.name == name)


def test_a_click_wants_refuses_and_leaves_a_label_and_alt_refuses_it_at_once(
    agent: User, number: Instance, labels: Labels
) -> None:
    none, wanted, refused = (f"/chats/?{q}instance=demo" for q in ("", "q=label:VIP&", "q=-label:VIP&"))
    found = [item(agent, number, text, "VIP") for text in ("", "label:VIP", "-label:VIP")]
    assert [(each.side, each.href, each.other) for each in found] == [
        ("", wanted, refused),
        ("included", refused, refused),
        ("excluded", none, none),
    ]


def test_chats_without_any_label_go_the_same_way(agent: User, number: Instance, labels: Labels) -> None:
    found = [unlabelled(links(agent, text, number), NOTHING) for text in ("label:VIP", "no:label", "-no:label")]
    assert [(each.side, each.href.removeprefix("/chats/?").removesuffix("instance=demo")) for each in found] == [
        ("", "q=no:label&"),
        ("included", "q=-no:label&"),
        ("excluded", ""),
    ]
    assert found[0].other == "/chats/?q=label:VIP+-no:label&instance=demo"


def test_what_was_not_met_in_a_part_of_the_result_is_not_said_to_be_nowhere(
    agent: User, number: Instance, labels: Labels
) -> None:
    part = Facets(
        Number(9, True), Number(2, True), Number(0, True), {labels["Paid"].pk: Number(2, True)}, Number(0, True)
    )
    for counted, is_idle in ((part, False), (NOTHING, True)):
        sections = rail(links(agent, "is:unanswered", number), counted)
        [vip] = [each for section in sections for each in section.labels if each.tag and each.tag.name == "VIP"]
        assert (vip.sinks, vip.is_idle) == (True, is_idle)


def test_what_nothing_of_the_result_has_sinks_but_for_what_is_asked_about(
    agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    make_chat(labels=(labels["Quoted"], labels["On hold"]))
    make_chat(labels=(labels["Paid"], labels["VIP"]))
    found = links(agent, '-label:"New lead" label:Paid,"On hold" -label:VIP', number)
    sections = rail(found, facets(found.scope, found.query))
    assert [[(each.tag and each.tag.name, each.count.n, each.sinks) for each in part.labels] for part in sections] == [
        [("New lead", 0, False), ("Quoted", 1, False), ("Paid", 0, False)],
        [("VIP", 0, False), ("On hold", 1, False)],
    ]
    found = links(agent, "label:Paid", number)
    sections = rail(found, facets(found.scope, found.query))
    assert [[each.tag and each.tag.name for each in part.labels] for part in sections] == [
        ["Paid", "New lead", "Quoted"],
        ["VIP", "On hold"],
    ]


def test_a_name_is_one_label_in_all_numbers(
    admin: User, number: Instance, other_number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    vip = Label.objects.create(instance=other_number, wa_id="9", name="vip", color_index=7, position=1)
    make_chat(labels=(labels["VIP"],))
    make_chat("30@c.us", labels=(vip,), instance=other_number)
    found = links(admin, "", number, other_number)
    items = [each for part in rail(found, facets(found.scope, found.query)) for each in part.labels]
    (both,) = (each for each in items if each.tag and each.tag.name.lower() == "vip")
    assert both.tag is not None
    assert (both.tag.pk, both.tag.color, both.count) == (labels["VIP"].pk, "c3", Number(2))
    assert both.href == "/chats/?q=label:VIP&instance=all"
