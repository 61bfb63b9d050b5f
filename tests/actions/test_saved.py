"""Views that people keep."""

import pytest
from django.http import Http404

from labelapp.access import view_for
from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.saved import change_view, forget_view, keep_view, order_pins, pin_view, set_default_view
from labelapp.models import SavedView, User, ViewPin
from labelapp.queries.saved import shelf

TERMS = [{"text": "is:unanswered"}]


def keep(user: User, name: str, *, shared: bool = False) -> SavedView:
    return keep_view(Actor.of(user), name=name, terms=TERMS, order="newest", shared=shared)


def tabs(user: User) -> list[str]:
    return [view.name for view in shelf(user).tabs]


def test_a_kept_view_is_the_last_tab(agent: User) -> None:
    first, second = keep(agent, "  To   answer "), keep(agent, "Hot")
    assert tabs(agent) == ["To answer", "Hot"]
    assert (first.terms, first.order, second.shared) == (TERMS, "newest", False)


def test_a_personal_view_is_nobody_elses(agent: User, agent2: User) -> None:
    view = keep(agent, "Mine")
    assert (shelf(agent2).tabs, shelf(agent2).others) == ([], [])
    with pytest.raises(Http404):
        view_for(agent2, view.pk)
    with pytest.raises(NotAllowed):
        forget_view(Actor.of(agent2), view)
    assert SavedView.objects.get().name == "Mine"


def test_a_shared_view_is_offered_to_all_and_changed_by_those_who_may(agent: User, lead: User, admin: User) -> None:
    with pytest.raises(NotAllowed):
        keep(agent, "Team", shared=True)
    view = keep(lead, "Team", shared=True)
    assert [each.name for each in shelf(agent).others] == ["Team"]
    pin_view(Actor.of(agent), view, on=True)
    pin_view(Actor.of(agent), view, on=True)
    with pytest.raises(NotAllowed):
        change_view(Actor.of(agent), view, name="Ours")
    change_view(Actor.of(admin), view, name="Everybody")
    assert tabs(agent) == ["Everybody"]
    change_view(Actor.of(lead), view, shared=False)
    assert (tabs(agent), tabs(lead)) == ([], ["Everybody"])
    forget_view(Actor.of(lead), view)
    assert not ViewPin.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "\x00", "x" * 61, "HOT"])
def test_a_name_that_can_not_be(agent: User, agent2: User, name: str) -> None:
    keep(agent, "Hot")
    keep(agent2, "Hot")
    with pytest.raises(Refused):
        keep(agent, name)
    assert tabs(agent) == ["Hot"]


def test_names_of_shared_views_differ_from_each_other(lead: User, admin: User) -> None:
    keep(lead, "Hot", shared=True)
    own = keep(admin, "Hot")
    with pytest.raises(Refused):
        change_view(Actor.of(admin), own, shared=True)
    assert not SavedView.objects.get(pk=own.pk).shared


def test_tabs_take_another_order(agent: User) -> None:
    a, b, c = (keep(agent, name) for name in "abc")
    for _twice in range(2):
        order_pins(Actor.of(agent), [c.pk, a.pk, 999_999])
        assert tabs(agent) == ["c", "a", "b"]
    pin_view(Actor.of(agent), a, on=False)
    assert (tabs(agent), [view.name for view in shelf(agent).others]) == (["c", "b"], ["a"])
    pin_view(Actor.of(agent), b, on=True)
    assert tabs(agent) == ["c", "b"]


def test_the_view_that_the_inbox_opens_with(agent: User) -> None:
    view = keep(agent, "Hot")
    set_default_view(Actor.of(agent), view)
    assert User.objects.get(pk=agent.pk).default_view == view
    forget_view(Actor.of(agent), view)
    assert User.objects.get(pk=agent.pk).default_view is None


def test_two_queries_however_many_views(agent: User, django_assert_num_queries: object) -> None:
    for n in range(12):
        keep(agent, f"View {n}")
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(shelf(agent).tabs) == 12
