"""What `manage.py doctor` finds in the settings. Values of secrets are never told, only what is wrong with them."""

import stat
from collections.abc import Iterator
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

from labelapp.queries.checkup import Check, failure, ok, warning

HERE = {"127.0.0.1", "localhost", "::1"}
OURS = {"security.W009"}  # Django's own word on the key, which we look at as well
MAKE_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
SHORT = 32  # characters: a key below that was typed by a person


def check_settings() -> Iterator[Check]:
    """One line for all that is right, one for each thing that is not."""
    found = [*_keys(), *_address(), *_open_doors(), *_numbers(), *_static(), *_framework()]
    yield from found or [
        ok(
            "settings.sound",
            _("The keys, PUBLIC_URL (%(url)s) and the limits make sense.") % {"url": settings.PUBLIC_URL},
        )
    ]


def is_local() -> bool:
    """Whether only this machine is meant to reach us."""
    return (urlsplit(settings.PUBLIC_URL).hostname or "") in HERE


def _keys() -> Iterator[Check]:
    if len(settings.SECRET_KEY) < SHORT:
        todo = _("Set a long random one: %(command)s") % {"command": MAKE_KEY}
        yield failure(
            "settings.secret_key",
            _("SECRET_KEY has fewer than %(n)d characters: logins can be forged.") % {"n": SHORT},
            todo,
        )
    for place, key in enumerate(settings.ENCRYPTION_KEYS, 1):
        if not _is_key(key):
            todo = _("Every key comes from cryptography's Fernet.generate_key(), with commas between them.")
            yield failure(
                "settings.encryption_keys", _("Number %(n)d of ENCRYPTION_KEYS is no key.") % {"n": place}, todo
            )
    file = settings.DATA_DIR / "keys.env"
    if file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield failure(
            "settings.keys_file", _("Others on this machine can read %(file)s.") % {"file": file}, f"chmod 600 {file}"
        )
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORT:
        yield warning(
            "settings.metrics_token",
            _("METRICS_TOKEN has fewer than %(n)d characters.") % {"n": SHORT},
            _("Set a long random one."),
        )


def are_keys() -> bool:
    """Whether ENCRYPTION_KEYS are all keys: otherwise no row with a secret in it can be read."""
    return all(_is_key(key) for key in settings.ENCRYPTION_KEYS)


def _is_key(key: str) -> bool:
    try:
        Fernet(key)
    except ValueError:
        return False
    return True


def _address() -> Iterator[Check]:
    public = urlsplit(settings.PUBLIC_URL)
    if public.scheme not in ("http", "https") or not public.hostname:
        todo = _("Set the address that people type, like https://labels.example.com.")
        yield failure(
            "settings.public_url", _("PUBLIC_URL is no address: %(url)s") % {"url": settings.PUBLIC_URL}, todo
        )
    elif public.path or public.query:
        yield failure(
            "settings.public_url",
            _("PUBLIC_URL goes on after the host: hook addresses would be wrong."),
            _("Leave the rest out."),
        )
    elif is_local():
        todo = _("Fine for a trial. Else set PUBLIC_URL to the address that people and providers reach.")
        words = _("PUBLIC_URL is %(url)s: no other machine can deliver anything here.") % {"url": settings.PUBLIC_URL}
        yield warning("settings.public_url_local", words, todo)
    elif public.scheme == "http":
        todo = _("Put a proxy with TLS in front and set PUBLIC_URL to https://.")
        yield warning(
            "settings.public_url_http",
            _("PUBLIC_URL is http: passwords and customers' messages travel in the open."),
            todo,
        )


def _open_doors() -> Iterator[Check]:
    if "*" in settings.ALLOWED_HOSTS:
        yield warning(
            "settings.allowed_hosts", _("ALLOWED_HOSTS allows any name."), _("List the names that are served.")
        )
    if "*" in settings.TRUSTED_PROXIES.split(","):
        todo = _("List the addresses of your proxies: others could pretend to be anybody at the login.")
        yield warning("settings.trusted_proxies", _("TRUSTED_PROXIES trusts everybody."), todo)
    for name, words in (
        ("DEBUG", _("DEBUG is on: errors show code and settings.")),
        ("DEMO", _("DEMO is on: everybody knows its passwords.")),
    ):
        if getattr(settings, name):
            level = warning if is_local() else failure
            yield level(
                f"settings.{name.lower()}", words, _("Unset %(name)s where others can reach it.") % {"name": name}
            )


def _numbers() -> Iterator[Check]:
    names = [
        "PUSH_PACE",
        "PUSH_ATTEMPTS",
        "PROVIDER_SECONDS",
        "POLL_SECONDS",
        "RECONCILE_SECONDS",
        "RECONCILE_BLIND_SECONDS",
    ]
    names += ["SILENCE_SECONDS", "OLD_WISH_HOURS", "MAX_IN_FLIGHT", "MESSAGE_DAYS", "DELIVERY_DAYS", "CHANGE_DAYS"]
    for name in names:
        if getattr(settings, name) <= 0:
            told = {"name": name, "n": getattr(settings, name)}
            words = _("%(name)s is %(n)s: it has to be more than 0.") % told
            yield failure("settings.limit", words, _("Correct %(name)s.") % told)


def _static() -> Iterator[Check]:
    if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
        words = _("The static files have not been collected: pages would be errors.")
        yield failure(
            "settings.static_files", words, _("Run manage.py collectstatic; manage.py serve does it by itself.")
        )


def _framework() -> Iterator[Check]:
    """Django's own look at a production machine."""
    for found in checks.run_checks(include_deployment_checks=settings.ON_HTTPS):
        if found.id in OURS:
            continue
        level = failure if found.level >= checks.ERROR else warning
        yield level(
            "settings.django", " ".join(str(found.msg).split()), str(found.hint or _("Look for it in Django's manual."))
        )
