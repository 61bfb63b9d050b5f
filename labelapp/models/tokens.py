"""What programs come in with, and the answers that are kept for those who ask twice."""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.instances import Instance

MARK = "la_"  # what every secret begins with, so that people and scanners know it when they see it
SHOWN = len(MARK) + 6  # characters of a secret that pages show
KEPT = timedelta(hours=24)  # how long an answer is given again


def new_token() -> str:
    """A secret of 256 random bits."""
    return MARK + token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is stored of a secret. It is random and long: a plain hash can't be guessed back."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def alive(self) -> "ApiTokenQuerySet":
        """Tokens that open the API now."""
        not_over = models.Q(expires_at=None) | models.Q(expires_at__gt=timezone.now())
        return self.filter(not_over, revoked_at=None)


class ApiToken(models.Model):
    """A program's key to the API: what it may do, and for which numbers. The secret is shown once and stored as a hash.

    reads     labels, chats, runs and the ledger
    tags      puts labels on chats and takes them off, moves chats to a stage
    manages   begins, pauses and stops runs over many chats
    instances the numbers that it is limited to; none: every number
    """

    name = models.CharField(_("name"), max_length=80)
    reads = models.BooleanField(_("read"), default=False)
    tags = models.BooleanField(_("tag"), default=False)
    manages = models.BooleanField(_("manage"), default=False)
    instances = models.ManyToManyField(Instance, blank=True, related_name="+", verbose_name=_("numbers"))
    prefix = models.CharField(max_length=16)  # how the secret begins
    secret_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)
    rotated_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(revoked_at=None), name="token_name_once_among_the_living"
            ),
            models.CheckConstraint(
                condition=models.Q(reads=True) | models.Q(tags=True) | models.Q(manages=True),
                name="token_may_something",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> frozenset[str]:
        """What it may do: "read", "tag", "manage"."""
        may = {"read": self.reads, "tag": self.tags, "manage": self.manages}
        return frozenset(scope for scope, is_on in may.items() if is_on)

    @property
    def ended_at(self) -> datetime | None:
        """Since when it opens nothing any more; None while it does."""
        over = self.expires_at if self.expires_at and self.expires_at <= timezone.now() else None
        return self.revoked_at or over


class KeptAnswer(models.Model):
    """A POST that named an `Idempotency-Key`, and what it was answered. Without a status it is still under way, or was cut off."""

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # of method, path and body
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints: ClassVar = [models.UniqueConstraint(fields=["token", "key"], name="answer_once")]
        indexes: ClassVar = [models.Index(fields=["at"], name="answer_age")]

    def __str__(self) -> str:
        return f"{self.token_id}:{self.key}"
