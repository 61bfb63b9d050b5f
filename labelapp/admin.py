"""Django's admin: people to edit, everything else to look at. Secrets are on none of its pages."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from labelapp.actions.assigning import release_chats
from labelapp.models import Chat, ChatLabel, HookDelivery, Instance, Label, LabelGroup, LedgerEntry, User

SHOWN_HEADERS = {
    "content-type",
    "content-length",
    "user-agent",
    "x-webhook-request-id",
    "x-webhook-timestamp",
    "x-webhook-hmac-algorithm",
}


@admin.register(User)
class PeopleAdmin(UserAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """People with their own fields; the groups Agent, Lead and Admin say what they may."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Who was locked out, or lost a role, looks after no chat any more."""
        super().save_related(request, form, formsets, change)
        if change:
            release_chats()

    list_display = ("username", "email", "first_name", "last_name", "is_staff", "is_active", "last_login")
    list_filter = ("groups", "is_active", "is_staff")
    fieldsets = (
        *(UserAdmin.fieldsets or ()),
        (_("labelapp"), {"fields": ("language", "time_zone", "theme", "density", "shortcuts")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "email", "usable_password", "password1", "password2")}),
        (_("Role"), {"classes": ("wide",), "fields": ("groups",)}),
    )


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Counts no further than people page."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:10_000].count())


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Rows to look at. Changes go through the product's own pages, which write the ledger."""

    show_full_result_count = False  # a count of all rows would walk the whole table
    list_per_page = 50
    paginator = BoundedPaginator

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(Instance)
class InstanceAdmin(LookOnly):
    list_display = ("name", "slug", "provider", "status", "import_stage", "last_event_at", "removed_at")
    formfield_overrides: ClassVar = {models.URLField: {"assume_scheme": "https"}}
    exclude = ("credentials", "hook_secret", "old_hook_secret", "hmac_key")


@admin.register(LabelGroup)
class LabelGroupAdmin(LookOnly):
    list_display = ("name", "kind", "instance", "position")
    list_select_related = ("instance",)


@admin.register(Label)
class LabelAdmin(LookOnly):
    list_display = ("__str__", "wa_id", "color_index", "instance", "group", "chat_count", "deleted_at")
    list_select_related = ("instance", "group")
    list_filter = (("instance", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("name", "wa_id")


@admin.register(Chat)
class ChatAdmin(LookOnly):
    list_display = ("__str__", "jid", "kind", "instance", "last_message_at", "archived")
    list_select_related = ("instance",)
    search_fields = ("=jid", "name")
    ordering = ("-pk",)


@admin.register(ChatLabel)
class ChatLabelAdmin(LookOnly):
    list_display = ("chat", "label", "wanted", "remote", "receipt", "attempts", "wanted_at", "error")
    list_select_related = ("chat", "label")
    list_filter = ("receipt",)
    ordering = ("-pk",)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(LookOnly):
    list_display = ("at", "verb", "label", "chat", "source", "actor", "cause")
    list_select_related = ("label", "chat", "actor")
    list_filter = ("source", "verb")
    ordering = ("-pk",)


@admin.register(HookDelivery)
class HookDeliveryAdmin(LookOnly):
    list_display = ("received_at", "instance", "dedupe_key", "outcome", "attempts", "error")
    list_select_related = ("instance",)
    list_filter = ("outcome",)
    ordering = ("-pk",)
    fields = (
        "instance", "dedupe_key", "received_at", "shown_headers", "body", "applied_at", "outcome", "attempts", "error",
    )  # fmt: skip
    readonly_fields = ("shown_headers",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[HookDelivery]:
        rows: QuerySet[HookDelivery] = super().get_queryset(request)
        listed = request.resolver_match and str(request.resolver_match.url_name).endswith("_changelist")
        return rows.defer("body", "headers") if listed else rows

    @admin.display(description=_("headers"))
    def shown_headers(self, delivery: HookDelivery) -> dict[str, Any]:
        """Known harmless headers as they came; of the others only that they were there."""
        return {name: value if name.lower() in SHOWN_HEADERS else "***" for name, value in delivery.headers.items()}
