"""Keys of programs: made, changed for another, ended, and recognised when they come in."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.models import ApiToken, Instance
from labelapp.models.tokens import SHOWN, hashed, new_token

SCOPES = {"read": "reads", "tag": "tags", "manage": "manages"}
NOTED = timedelta(minutes=1)  # the last use is written down at most this often


def make_token(
    actor: Actor,
    name: str,
    scopes: Collection[str],
    *,
    instances: Collection[Instance] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is told here and nowhere else. `instances`: none for every number.

    Raises NotAllowed, and Refused for a name that another living token has, or without any scope.
    """
    actor.must("manage_instances")
    if not scopes or actor.user is None:
        raise Refused(_("Choose at least one thing that the program may do."))
    secret = new_token()
    token = ApiToken(
        name=name.strip()[:80],
        prefix=secret[:SHOWN],
        secret_hash=hashed(secret),
        created_by=actor.user,
        expires_at=expires_at,
        **{column: scope in scopes for scope, column in SCOPES.items()},
    )
    try:
        with transaction.atomic():
            token.save(force_insert=True)
            token.instances.set(instances)
    except IntegrityError as error:
        raise Refused(_("Another token has this name.")) from error
    return token, secret


def rotate_token(actor: Actor, token: ApiToken) -> str:
    """A new secret for a token. The one before opens nothing from now on. Raises Refused (409) for one that has ended."""
    actor.must("manage_instances")
    secret = new_token()
    fresh = {"prefix": secret[:SHOWN], "secret_hash": hashed(secret), "rotated_at": timezone.now()}
    if not ApiToken.objects.alive().filter(pk=token.pk).update(**fresh):
        raise Refused(_("This token has ended. Make a new one."), status=409)
    token.refresh_from_db()
    return secret


def revoke_token(actor: Actor, token: ApiToken) -> bool:
    """The token opens nothing from now on, for good. False when it was so already."""
    actor.must("manage_instances")
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()))


def token_of(secret: str) -> ApiToken | None:
    """The living token with this secret, and a note that it was used. One query, a second one at most once a minute."""
    token = ApiToken.objects.alive().select_related("created_by").filter(secret_hash=hashed(secret)).first()
    if token is not None:
        _note_use(token)
    return token


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - NOTED:
        old = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED)
        ApiToken.objects.filter(old, pk=token.pk).update(last_used_at=now)
        token.last_used_at = now
