"""Who people are at the login."""

from django.db.models import QuerySet

from labelapp.models import User


def account_name(typed: str) -> str:
    """The username behind a typed username or e-mail address, the typed text in one spelling where there is none.

    The login throttle counts by this name, so an address in other letters does not buy more tries.
    """
    if User.objects.filter(username=typed).exists():
        return typed
    found = User.objects.filter(email__iexact=typed).exclude(email="").values_list("username", flat=True).first()
    return found or typed.casefold()


def pickable_people() -> QuerySet[User]:
    """People that a number can be limited to, by name."""
    return User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")
