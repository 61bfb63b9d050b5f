"""Connected WhatsApp numbers."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext_lazy as _

from labelapp.models.fields import EncryptedTextField, Locked, never
from labelapp.models.people import User
from labelapp.models.reasons import sentence


def new_secret() -> str:
    """An unguessable part of a hook address (about 190 bits)."""
    return get_random_string(32)


class InstanceQuerySet(models.QuerySet["Instance"]):
    def connected(self) -> "InstanceQuerySet":
        """Instances that were not removed."""
        return self.filter(removed_at=None)

    def visible_to(self, user: User) -> "InstanceQuerySet":
        """Instances that this person may see: those that name nobody, those that name them, all for people who manage instances."""
        found = self.connected()
        if user.has_perm("labelapp.manage_instances"):
            return found
        named = Instance.people.through.objects.filter(instance=models.OuterRef("pk"))
        return found.filter(~models.Exists(named) | models.Exists(named.filter(user=user.pk)))


class Instance(models.Model):
    """One WhatsApp number at a provider. Never row-deleted: `removed_at` hides it."""

    class Provider(models.TextChoices):
        WAWP = "wawp", "Wawp"

    class ImportStage(models.TextChoices):
        WAITING = "waiting", _("Waiting to start")
        LABELS = "labels", _("Reading labels")
        CHATS = "chats", _("Reading chats")
        ASSIGNMENTS = "assignments", _("Reading who has which label")
        DONE = "done", _("Done")

    slug = models.SlugField(_("short name"), unique=True, max_length=40)
    name = models.CharField(_("name"), max_length=80)
    provider = models.CharField(_("provider"), max_length=16, choices=Provider.choices, default=Provider.WAWP)
    base_url = models.URLField(_("address of the API"), max_length=200)
    instance_id = models.CharField(_("instance id"), max_length=80)
    credentials = EncryptedTextField(_("access token"))
    options = models.JSONField(default=dict, blank=True)  # of the provider's client, e.g. where the credentials go
    hook_secret = EncryptedTextField(default=new_secret)
    old_hook_secret = EncryptedTextField(blank=True, default="")
    rotated_at = models.DateTimeField(default=never)
    hmac_key = EncryptedTextField(blank=True, default="")
    hook_registered_at = models.DateTimeField(null=True, blank=True)
    allow_private = models.BooleanField(_("may be on a private network"), default=False)
    people = models.ManyToManyField(User, blank=True, related_name="instances", verbose_name=_("people"))
    pace = models.FloatField(_("changes a second"), default=settings.PUSH_PACE)

    status = models.CharField(max_length=40, blank=True, default="")  # the provider's own word, e.g. WORKING
    status_at = models.DateTimeField(default=never)
    trouble = models.CharField(max_length=300, blank=True, default="")  # why the last call failed, "" when it did not
    trouble_at = models.DateTimeField(null=True, blank=True)
    me_jid = models.CharField(max_length=80, blank=True, default="")
    me_name = models.CharField(max_length=200, blank=True, default="")
    import_stage = models.CharField(max_length=16, choices=ImportStage.choices, default=ImportStage.WAITING)
    import_cursor = models.PositiveIntegerField(default=0)  # where the stage goes on after a crash
    import_done = models.PositiveIntegerField(default=0)
    import_total = models.PositiveIntegerField(default=0)  # 0 = not known
    import_error = models.CharField(max_length=300, blank=True, default="")
    imported_at = models.DateTimeField(null=True, blank=True)
    import_due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    directory_due_at = models.DateTimeField(
        null=True, blank=True
    )  # the label directory should be read again from then on
    last_event_at = models.DateTimeField(default=never)
    reconciled_at = models.DateTimeField(default=never)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = InstanceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        verbose_name = _("number")
        verbose_name_plural = _("numbers")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "base_url", "instance_id"],
                condition=models.Q(removed_at=None),
                name="instance_once",
            ),
            models.CheckConstraint(condition=models.Q(pace__gt=0), name="instance_pace_positive"),
        ]
        permissions: ClassVar = [
            ("apply_labels", _("Apply labels")),
            ("run_bulk", _("Run bulk changes")),
            ("manage_labels", _("Manage labels")),
            ("manage_rules", _("Manage rules")),
            ("see_operations", _("See operations")),
            ("manage_instances", _("Manage instances")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def locked(self) -> bool:
        """True when the stored token can't be decrypted any more: an admin has to enter it again."""
        return isinstance(self.credentials, Locked)

    @property
    def is_working(self) -> bool:
        """False only when the provider said that the number is not connected."""
        return self.status in ("", "WORKING")

    @property
    def reason(self) -> str:
        """Why the last call failed, as a sentence in the active language; "" when it did not."""
        return sentence(self.trouble) if self.trouble else ""

    @property
    def import_reason(self) -> str:
        """Why the import does not go on, as a sentence in the active language; "" when it does."""
        return sentence(self.import_error) if self.import_error else ""

    @property
    def phone(self) -> str:
        """The number as people write it, "" when not known."""
        digits = self.me_jid.partition("@")[0]
        return f"+{digits}" if digits.isdigit() else ""

    def accepts_secret(self, secret: str) -> bool:
        """Whether a hook address with this secret is ours: the present one, or the one before for a day after a rotation."""
        if self.hook_secret and constant_time_compare(secret, self.hook_secret):
            return True
        fresh = timezone.now() - self.rotated_at < timedelta(hours=settings.OLD_SECRET_HOURS)
        return bool(self.old_hook_secret) and fresh and constant_time_compare(secret, self.old_hook_secret)
