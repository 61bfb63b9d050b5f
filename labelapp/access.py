"""Who is who, and which objects a person may see: each function returns the object or raises 404."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import Http404, HttpRequest

from labelapp.models import Chat, Instance, Label, User


class UsernameOrEmailBackend(ModelBackend):
    """Django's own check of a password, found by username or, failing that, by e-mail address."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username and "@" in username and not User.objects.filter(username=username).exists():
            found = User.objects.filter(email__iexact=username).exclude(email="").first()
            username = found.username if found else username
        return super().authenticate(request, username=username, password=password, **kwargs)


def instance_for(user: User, slug: str) -> Instance:
    """The connected instance with this short name. Raises Http404 for one that is not there or not for this person."""
    found = Instance.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise Http404("No such number.")
    return found


def chat_for(user: User, pk: int) -> Chat:
    """The chat with its instance. Raises Http404 for one that is not there or belongs to a number this person may not see."""
    visible = Instance.objects.visible_to(user)
    found = Chat.objects.select_related("instance", "assignee").filter(pk=pk, instance__in=visible).first()
    if found is None:
        raise Http404("No such chat.")
    return found


def label_for(user: User, pk: int) -> Label:
    """The label, living or dead, with its instance and group. Raises Http404 as `chat_for` does."""
    visible = Instance.objects.visible_to(user)
    found = Label.objects.select_related("instance", "group").filter(pk=pk, instance__in=visible).first()
    if found is None:
        raise Http404("No such label.")
    return found
