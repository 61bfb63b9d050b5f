"""The query as links."""

import pytest

from labelapp.models import Instance, Label, User
from labelapp.queries.language.reading import read
from labelapp.queries.orders import Order
from labelapp.queries.scopes import scope_of
from labelapp.views.switches import Links

Labels = dict[str, Label]


def links(user: User, number: Instance, text: str, order: Order = Order.NEWEST) -> Links:
    scope = scope_of(user, [number])
    return Links(number.slug, read(text, scope.vocabulary), scope, order)


def test_each_token_leads_to_the_list_without_it(agent: User, number: Instance, labels: Labels) -> None:
    found = links(agent, number, 'label:vip,hot -label:paid small is:unanswered "big one"')
    tokens = found.tokens
    assert (found.typed, found.kept) == ("small", 'label:VIP,hot -label:Paid is:unanswered "big one"')
    assert [(token.words, token.excluded, token.unknown) for token in tokens] == [
        ("VIP", False, False),
        ("hot", False, True),
        ("Paid", True, False),
        ("Unanswered", False, False),
        ("“big one”", False, False),
    ]
    assert [token.href.removeprefix("/chats/?q=").removesuffix("&instance=demo") for token in tokens] == [
        "label:hot+-label:Paid+small+is:unanswered+%22big+one%22",
        "label:VIP+-label:Paid+small+is:unanswered+%22big+one%22",
        "label:VIP,hot+small+is:unanswered+%22big+one%22",
        "label:VIP,hot+-label:Paid+small+%22big+one%22",
        "label:VIP,hot+-label:Paid+small+is:unanswered",
    ]


@pytest.mark.parametrize(
    ("text", "words", "unknown"),
    [
        ("no:label", "No label", False),
        ("stage:paid..", "stage:Paid..", False),
        ("-last:>2d", "last:>2d", False),
        ("assigned:me", "assigned:me", False),
        ("nope:x", "nope:x", True),
        ("is:unanswerd", "is:unanswerd", True),
    ],
)
def test_every_term_is_a_token(
    agent: User, number: Instance, labels: Labels, text: str, words: str, unknown: bool
) -> None:
    (token,) = links(agent, number, text).tokens
    assert (token.words, token.unknown, token.href) == (words, unknown, "/chats/?instance=demo")


def test_people_and_groups_exclude_each_other(agent: User, number: Instance, labels: Labels) -> None:
    switches = {switch.name: switch for switch in links(agent, number, "type:person").switches}
    assert (switches["people"].on, switches["people"].href) == (True, "/chats/?instance=demo")
    assert (switches["groups"].on, switches["groups"].href) == (False, "/chats/?q=type:group&instance=demo")


def test_any_and_all_and_nothing(agent: User, number: Instance, labels: Labels) -> None:
    found = links(agent, number, "label:VIP,Paid")
    assert (found.has_choice, found.needs_all) == (True, False)
    assert found.all == "/chats/?q=label:VIP+label:Paid&instance=demo"
    assert links(agent, number, "label:VIP label:Paid").any == "/chats/?q=label:VIP,Paid&instance=demo"
    assert found.clear == "/chats/?instance=demo"


def test_the_order_stays(agent: User, number: Instance, labels: Labels) -> None:
    assert links(agent, number, "x", Order.DEPTH).clear == "/chats/?instance=demo&order=depth"


def test_orders_are_offered_where_they_say_something(agent: User, number: Instance, labels: Labels) -> None:
    assert [(each.name, each.on, each.href) for each in links(agent, number, "label:VIP", Order.WAITING).orders] == [
        ("newest", False, "/chats/?q=label:VIP&instance=demo"),
        ("waiting", True, "/chats/?q=label:VIP&instance=demo&order=waiting"),
        ("depth", False, "/chats/?q=label:VIP&instance=demo&order=depth"),
    ]
    Label.objects.filter(group=None).update(urgency=1)
    Label.objects.update(group=None)
    assert [each.name for each in links(agent, number, "").orders] == ["newest", "waiting", "urgency"]


def test_an_order_that_says_nothing_here_is_named_where_it_is_the_present_one(agent: User, number: Instance) -> None:
    found = links(agent, number, "", Order.DEPTH)
    assert [(each.name, each.on) for each in found.orders] == [("newest", False), ("waiting", False), ("depth", True)]
    assert found.present_order == "Furthest in the funnel"


@pytest.mark.parametrize(
    "text",
    [
        "nope:x",
        "label:",
        "last:3",
        "label:nope",
        "stage:nope",
        'stage:"New lead"..x',
        "number:nope",
        "assigned:nope",
        "a " * 50,
    ],
)
def test_each_problem_is_a_sentence(agent: User, number: Instance, labels: Labels, text: str) -> None:
    (note,) = links(agent, number, text).notes
    assert note.words.endswith(".")
    assert all(href.startswith("/chats/?q=") for _words, href in note.suggestions)
