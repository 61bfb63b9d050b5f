"""Who is who, and which objects a person may see: each function returns the object or raises 404."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from labelapp.models import (
    BusinessEvent,
    Chat,
    ChatLabel,
    EventMapping,
    Finding,
    HookDelivery,
    HookSend,
    Instance,
    Label,
    LabelGroup,
    MergedChat,
    OutgoingHook,
    Rule,
    Run,
    SavedView,
    User,
)
from labelapp.models.instances import seen_by
from labelapp.queries.differences import CLASH, FINDING, UNKNOWN, WISH, Ref
from labelapp.queries.inbox import CHUNK
from labelapp.queries.saved import views_for


class UsernameOrEmailBackend(ModelBackend):
    """Django's own check of a password and of permissions; people are found by username or, failing that, by e-mail address."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username and "@" in username and not User.objects.filter(username=username).exists():
            found = User.objects.filter(email__iexact=username).exclude(email="").first()
            username = found.username if found else username
        return super().authenticate(request, username=username, password=password, **kwargs)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The person's own and those of their groups, kept with this one: every request asks. One query, where Django makes two."""
        is_plain = user_obj.is_active and not user_obj.is_anonymous and not user_obj.is_superuser
        if obj is None and is_plain and not hasattr(user_obj, "_perm_cache"):
            columns = ("content_type__app_label", "codename")
            own, of_groups = Permission.objects.filter(user=user_obj), Permission.objects.filter(group__user=user_obj)
            found = own.order_by().values_list(*columns).union(of_groups.order_by().values_list(*columns))
            user_obj._perm_cache = {f"{app}.{name}" for app, name in found}
        held: set[str] = super().get_all_permissions(user_obj, obj)
        return held


def instance_for(user: User, slug: str) -> Instance:
    """The connected instance with this short name. Raises Http404 for one that is not there or not for this person."""
    return get_object_or_404(Instance.objects.visible_to(user), slug=slug)


def chat_for(user: User, pk: int) -> Chat:
    """The chat with its instance. Raises Http404 for one that is not there or belongs to a number this person may not see.

    The address of a chat that was joined to another one leads to that one.
    """
    chats = Chat.objects.select_related("instance", "assignee").filter(seen_by(user, "instance"))
    found = chats.filter(pk=pk).first() or chats.filter(pk__in=MergedChat.objects.filter(old=pk).values("chat")).first()
    if found is None:
        raise Http404("No such chat.")
    return found


def chats_for(user: User, pks: Sequence[int]) -> list[int]:
    """Those of these chats that the person may see, each once; one that was joined to another is that one. Raises Http404 for none.

    Two queries per CHUNK, three where chats were joined.
    """
    found: dict[int, None] = {}
    for start in range(0, len(pks), CHUNK):
        found |= dict.fromkeys(_visible(user, pks[start : start + CHUNK]))
    if not found:
        raise Http404("No such chats.")
    return list(found)


def _visible(user: User, pks: Sequence[int]) -> Iterator[int]:
    chats = Chat.objects.filter(seen_by(user, "instance")).order_by()
    known = set(chats.filter(pk__in=pks).values_list("pk", flat=True))
    gone = [pk for pk in pks if pk not in known]
    joined = dict(MergedChat.objects.filter(old__in=gone, chat__in=chats).values_list("old", "chat")) if gone else {}
    return (joined.get(pk, pk) for pk in pks if pk in known or pk in joined)


def label_for(user: User, pk: int) -> Label:
    """The label, living or dead, with its instance and group. Raises Http404 as `chat_for` does."""
    return get_object_or_404(Label.objects.select_related("instance", "group"), seen_by(user, "instance"), pk=pk)


def group_for(user: User, pk: int) -> LabelGroup:
    """The group of labels with its number. Raises Http404 as `chat_for` does."""
    return get_object_or_404(LabelGroup.objects.select_related("instance"), seen_by(user, "instance"), pk=pk)


def finding_for(user: User, pk: int) -> Finding:
    """The finding with its number. Raises Http404 as `chat_for` does."""
    return get_object_or_404(Finding.objects.select_related("instance", "label"), seen_by(user, "instance"), pk=pk)


def drift_rows_for(user: User, refs: Iterable[Ref]) -> None:
    """Raise Http404 unless each row of the drift page is there and of a number that this person may see."""
    homes = {
        WISH: ChatLabel.objects.filter(seen_by(user, "label__instance")),
        FINDING: Finding.objects.filter(seen_by(user, "instance")),
        UNKNOWN: Label.objects.filter(seen_by(user, "instance")),
        CLASH: Chat.objects.filter(seen_by(user, "instance")),
    }
    asked: dict[str, set[int]] = {}
    for ref in refs:
        asked.setdefault(ref.kind, set()).add(ref.pk)
    for kind, pks in asked.items():
        if homes[kind].filter(pk__in=pks).count() != len(pks):
            raise Http404("No such row.")


def delivery_for(user: User, pk: int) -> HookDelivery:
    """The delivery with its number, which may have been removed since. Raises Http404 as `chat_for` does."""
    found = HookDelivery.objects.select_related("instance").filter(pk=pk).first()
    if found is None or not _may_look_back(user, found.instance):
        raise Http404("No such delivery.")
    return found


def rule_for(user: User, pk: int) -> Rule:
    """The rule with its number. Raises Http404 as `chat_for` does."""
    return get_object_or_404(Rule.objects.select_related("instance"), seen_by(user, "instance"), pk=pk)


def mapping_for(user: User, pk: int) -> EventMapping:
    """The mapping of a business event with its number. Raises Http404 as `chat_for` does."""
    return get_object_or_404(EventMapping.objects.select_related("instance"), seen_by(user, "instance"), pk=pk)


def event_for(user: User, pk: int) -> BusinessEvent:
    """A business event whose number is clear, with it. Raises Http404 as `chat_for` does."""
    return get_object_or_404(BusinessEvent.objects.select_related("instance"), seen_by(user, "instance"), pk=pk)


def run_for(user: User, pk: int) -> Run:
    """The run with its numbers. Raises Http404 for one that is not there or about a number that this person may not see."""
    runs = (
        Run.objects.visible_to(user)
        .select_related("user", "state_by", "undoes", "retires", "replacement")
        .prefetch_related("numbers")
    )
    return get_object_or_404(runs, pk=pk)


def number_once_for(user: User, slug: str) -> Instance:
    """As `instance_for`, and a number that was removed too: what came in for it can still be looked at."""
    found = Instance.objects.filter(slug=slug).first()
    if found is None or not _may_look_back(user, found):
        raise Http404("No such number.")
    return found


def _may_look_back(user: User, instance: Instance) -> bool:
    """Whether a person may see what a number left behind: who may see it, or might when it was removed."""
    people = set(instance.people.values_list("pk", flat=True))
    return not people or user.pk in people or user.has_perm("labelapp.manage_instances")


def hook_for(user: User, pk: int) -> OutgoingHook:
    """The outgoing hook. Raises Http404 for one that is not there, and for people who don't manage instances."""
    found = OutgoingHook.objects.select_related("made_by").filter(pk=pk).first()
    if found is None or not user.has_perm("labelapp.manage_instances"):
        raise Http404("No such hook.")
    return found


def hook_send_for(user: User, pk: int) -> HookSend:
    """A message to an outgoing hook. Raises Http404 as `hook_for` does."""
    found = HookSend.objects.select_related("hook").filter(pk=pk).first()
    if found is None:
        raise Http404("No such message.")
    hook_for(user, found.hook_id)
    return found


def view_for(user: User, pk: int) -> SavedView:
    """The person's own view, or one for everybody. Raises Http404 for any other."""
    return get_object_or_404(views_for(user).select_related("owner"), pk=pk)
