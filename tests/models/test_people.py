from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from labelapp.apps import ROLES, make_roles
from labelapp.models import User

ALL = {"apply_labels", "run_bulk", "share_views", "manage_labels", "manage_rules", "see_operations", "manage_instances"}


def held(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_the_roles_come_with_the_database(db: None) -> None:
    assert held("Agent") == {"apply_labels"}
    assert held("Lead") == {"apply_labels", "run_bulk", "share_views", "see_operations"}
    assert held("Admin") == ALL


def test_what_someone_took_away_by_hand_stays_away(db: None) -> None:
    Group.objects.get(name="Lead").permissions.clear()
    make_roles(apps.get_app_config("labelapp"), using="default")
    assert (held("Lead"), Group.objects.count()) == (set(), len(ROLES))


def test_a_role_that_was_deleted_comes_back(db: None) -> None:
    Group.objects.get(name="Lead").delete()
    make_roles(apps.get_app_config("labelapp"), using="default")
    assert held("Lead") == {"apply_labels", "run_bulk", "share_views", "see_operations"}


def test_the_cast_holds_its_permissions(agent: User, lead: User, admin: User) -> None:
    told = {user.username: {name for name in ALL if user.has_perm(f"labelapp.{name}")} for user in (agent, lead, admin)}
    assert told == {"agent": held("Agent"), "lead": held("Lead"), "admin": ALL}


def test_an_address_belongs_to_one_person_in_any_case(agent: User) -> None:
    User.objects.create_user("none-a"), User.objects.create_user("none-b")
    with pytest.raises(IntegrityError):
        User.objects.create_user("twin", "AGENT@example.com")


def test_the_persons_time_zone_or_the_sites() -> None:
    assert [User(time_zone=name).zone for name in ("", "Africa/Cairo")] == [ZoneInfo("UTC"), ZoneInfo("Africa/Cairo")]


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="Mars/Olympus is no time zone"):
        User(username="x", password="x", time_zone="Mars/Olympus").clean_fields()


def test_the_display_name() -> None:
    assert [User(username="a").display_name, User(username="a", first_name="Mona").display_name] == ["a", "Mona"]
