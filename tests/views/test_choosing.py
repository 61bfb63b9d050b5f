"""Which numbers a page is about."""

import pytest
from django.http import Http404

from labelapp.models import Instance, User
from labelapp.queries.states import number_states
from labelapp.views.choosing import (
    AllNumbers,
    AllStates,
    chosen_number,
    chosen_numbers,
    remember,
    remembers_all,
)
from tests.conftest import MakeChat, make_number
from tests.views.test_inbox import asked


def test_the_number_is_the_one_asked_for_else_the_last_one_else_the_first(
    agent: User, number: Instance, other_number: Instance
) -> None:
    other_number.people.add(agent)
    assert chosen_number(asked(agent)) == number
    request = asked(agent)
    remember(request, other_number)
    assert chosen_number(request) == other_number
    assert chosen_number(asked(agent, "/chats/?instance=demo")) == number


def test_a_remembered_number_that_one_may_no_longer_see_is_forgotten(
    agent: User, number: Instance, other_number: Instance
) -> None:
    request = asked(agent)
    remember(request, other_number)
    assert chosen_number(request) == number


@pytest.mark.parametrize("slug", ["other", "nowhere", "de%00mo2"])
def test_a_number_one_may_not_see_is_404(agent: User, number: Instance, other_number: Instance, slug: str) -> None:
    with pytest.raises(Http404):
        chosen_number(asked(agent, f"/chats/?instance={slug}"))


def test_all_are_those_that_the_person_may_see(
    agent: User, admin: User, number: Instance, other_number: Instance
) -> None:
    for person, numbers in ((agent, (number,)), (admin, (number, other_number))):
        assert chosen_numbers(asked(person, "/chats/?instance=all")) == numbers
        assert chosen_numbers(asked(person)) == (number,)


def test_without_a_number_there_is_none(agent: User) -> None:
    assert chosen_numbers(asked(agent)) == chosen_numbers(asked(agent, "/chats/?instance=all")) == ()


def test_the_choice_of_all_lasts_until_a_number_is_asked_for(agent: User, number: Instance) -> None:
    request = asked(agent, "/chats/?instance=all")
    remember(request, AllNumbers())
    plain = asked(agent, "/drift/")
    plain.session = request.session
    assert (remembers_all(request), remembers_all(plain)) == (False, True)
    remember(plain, number)
    assert remembers_all(plain)
    named = asked(agent, "/drift/?instance=demo")
    named.session = request.session
    remember(named, number)
    assert not remembers_all(plain)


def test_remembering_writes_only_what_is_new(agent: User, number: Instance, make_chat: MakeChat) -> None:
    request = asked(agent)
    remember(request, number)
    request.session.modified = False
    remember(request, number)
    assert not request.session.modified


def test_all_together_are_as_well_as_the_worst_of_them(number: Instance) -> None:
    fine, slow = make_number("fine"), make_number("slow", trouble="timeout")
    assert (AllStates(number_states([number, fine])).tone, AllStates(number_states([number, fine])).words) == (
        "ok",
        "Connected",
    )
    assert AllStates(number_states([fine, slow])).tone == "warn"
    gone = make_number("gone", status="STOPPED")
    worst = AllStates(number_states([fine, slow, gone]))
    assert (worst.tone, worst.words) == ("bad", "1 number needs somebody")
