"""Every setting of labelapp. This is the only file that reads the environment; `.env.example` lists all it reads."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
ENV_FILE = os.environ.get("ENV_FILE", str(BASE_DIR / ".env"))
if ENV_FILE and Path(ENV_FILE).is_file():
    env.read_env(ENV_FILE)

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data")))
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'labelapp.sqlite3'}")}
ON_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")


def make_keys_once(path: Path) -> None:
    """Write a secret key and an encryption key to `path` (mode 0600) unless the file is there. Safe when two processes start at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(f"SECRET_KEY={get_random_string(64)}\nENCRYPTION_KEYS={Fernet.generate_key().decode()}\n")


if ON_SQLITE:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds customers' chats
    if not (env.str("SECRET_KEY", default="") and env.str("ENCRYPTION_KEYS", default="")):
        make_keys_once(DATA_DIR / "keys.env")
        env.read_env(str(DATA_DIR / "keys.env"))
    DATABASES["default"]["ENGINE"] = "labelapp.sqlite"  # waits for whoever is writing, 20 s, and not inside SQLite
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;PRAGMA temp_store=MEMORY;"
            "PRAGMA cache_size=-65536;PRAGMA mmap_size=268435456;PRAGMA journal_size_limit=67108864;"
        ),
    }
elif not DATABASES["default"]["ENGINE"].endswith("postgresql"):
    raise ImproperlyConfigured("DATABASE_URL has to begin with sqlite:// or postgres://: there is no other database.")
else:
    DATABASES["default"]["ENGINE"] = "labelapp.postgresql"  # looks at a connection before it gives it out
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["OPTIONS"] = {
        "pool": {
            "min_size": 2,
            "max_size": env.int("POSTGRES_POOL", default=20),
            "timeout": 5,  # seconds for a connection; then a page or a delivery is answered 503
            "reconnect_timeout": 3,  # pauses between tries double: begin again soon
        },
        "application_name": "labelapp",
        "connect_timeout": 3,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,  # ms: what was sent and never acknowledged
        **DATABASES["default"].get("OPTIONS", {}),  # of the address, e.g. ?sslmode=verify-full
    }

SECRET_KEY = env.str("SECRET_KEY", default="")
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])  # newest first; older ones can still decrypt
if not (SECRET_KEY and ENCRYPTION_KEYS):
    raise ImproperlyConfigured("Set SECRET_KEY and ENCRYPTION_KEYS: on PostgreSQL they are never made up.")

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)  # one-click logins; `make demo` alone sets it
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
TRUSTED_PROXIES = env.str("TRUSTED_PROXIES", default="127.0.0.1")  # whose X-Forwarded-For names the client
SIMULATOR_PORT = env.int("SIMULATOR_PORT", default=8090)
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://{HOST}:{PORT}").rstrip("/")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
if _public.hostname and _public.hostname not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_public.hostname)
CSRF_FAILURE_VIEW = "labelapp.views.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
ON_HTTPS = _public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = ON_HTTPS
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if ON_HTTPS:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=True)
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 10
MAX_IN_FLIGHT = env.int("MAX_IN_FLIGHT", default=200)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
API_RATE = env.int("API_RATE", default=600)  # requests a minute, token and web process

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "labelapp.apps.LabelappConfig",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "servestatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "labelapp.views.middleware.RequestLog",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "labelapp.views.middleware.LoginRequired",
    "labelapp.views.middleware.PersonalLocale",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "labelapp.urls"
ASGI_APPLICATION = "labelapp.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ]
            if not DEBUG
            else ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "labelapp.views.shell.shell",
            ],
        },
    }
]

AUTH_USER_MODEL = "labelapp.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "labelapp.access.UsernameOrEmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account.login"
LOGIN_REDIRECT_URL = "chats.index"
LOGOUT_REDIRECT_URL = "account.login"
AXES_FAILURE_LIMIT = env.int("LOGIN_TRIES", default=5)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "labelapp.views.account.locked_out"
AXES_SENSITIVE_PARAMETERS = ["password"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ar", _("Arabic"))]
LOCALE_PATHS = [BASE_DIR / "labelapp" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")  # how times look to people who set none
USE_TZ = True
USE_THOUSAND_SEPARATOR = False  # it would group the digits of keys in addresses and ids: counts say intcomma
FORMAT_MODULE_PATH = "labelapp.formats"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"

# How the work flows. Seconds unless the name says otherwise.
SWEEP_SECONDS = 2
READ_BACK_SECONDS = env.float("READ_BACK_SECONDS", default=5.0)  # no echo by then: ask the provider once
PUSH_PACE = env.float("PUSH_PACE", default=5.0)  # assignment calls a second and instance
PUSH_ATTEMPTS = env.int("PUSH_ATTEMPTS", default=8)
PROVIDER_SECONDS = env.float("PROVIDER_SECONDS", default=20.0)  # how long a provider may take to answer
POLL_SECONDS = env.float("POLL_SECONDS", default=45.0)  # chats and messages of a number that sends no events
POLL_HEARING_SECONDS = env.float("POLL_HEARING_SECONDS", default=600.0)  # the same while its events come
RECONCILE_SECONDS = env.float("RECONCILE_SECONDS", default=4 * 3600.0)
RECONCILE_BLIND_SECONDS = env.float("RECONCILE_BLIND_SECONDS", default=300.0)  # of a number without label events
SILENCE_SECONDS = env.float("SILENCE_SECONDS", default=1800.0)  # no event for so long: compare, and warn people
REREAD_SECONDS = env.int("REREAD_SECONDS", default=30)  # opening a chat asks for its labels at most this often
OLD_WISH_HOURS = env.float("OLD_WISH_HOURS", default=24.0)  # a wish that waited longer asks a person before it is sent
MESSAGE_DAYS = env.int("MESSAGE_DAYS", default=30)
DELIVERY_DAYS = env.int("DELIVERY_DAYS", default=30)
CHANGE_DAYS = env.int("CHANGE_DAYS", default=1)
EVENT_DAYS = env.int("EVENT_DAYS", default=30)  # how long a business event waits for its chat, and is kept after it
OLD_SECRET_HOURS = 24
HOOK_SECONDS = env.float("HOOK_SECONDS", default=10.0)  # how long the receiver of an outgoing hook may take
HOOKS_AT_ONCE = env.int("HOOKS_AT_ONCE", default=8)  # outgoing posts of a number in flight
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # opens /metrics to a scraper; empty: logins only
CONNECT_TOKEN = env.str("LABELAPP_TOKEN", default="")  # for one run of `manage.py connect`

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"stop": {"()": "labelapp.logs.ExpectedAtStop"}},
    "formatters": {
        "plain": {"()": "labelapp.logs.MaskingFormatter", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # httpx prints whole URLs, with tokens in their query, at INFO
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "django.server": {"handlers": ["console"], "propagate": False},
        "axes": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},  # a 403 or 404 is an answer, not a fault
        "uvicorn.error": {"filters": ["stop"]},
    },
}
