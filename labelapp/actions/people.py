"""What people change about themselves."""

from typing import Any

from django.contrib.auth import password_validation

from labelapp.models import User

OWN_FIELDS = ("language", "time_zone", "theme", "density", "shortcuts")


def change_preferences(user: User, **values: Any) -> User:
    """Store a person's own language, time zone and look. Safe to run twice."""
    changed = [name for name in OWN_FIELDS if name in values]
    for name in changed:
        setattr(user, name, values[name])
    user.save(update_fields=changed)
    return user


def change_password(user: User, password: str) -> User:
    """Store a new password. It ends the person's sessions in other browsers."""
    user.set_password(password)
    user.save(update_fields=["password"])
    password_validation.password_changed(password, user)
    return user
