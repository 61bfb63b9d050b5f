"""The simulator's own settings: another project than the product, with its own process and database file."""

import secrets
from pathlib import Path

import environ

env = environ.Env()

HOST = env.str("SIMULATOR_HOST", "127.0.0.1")
PORT = env.int("SIMULATOR_PORT", 8090)
LIFELINE = env.int("LABELAPP_LIFELINE", 0)  # a pipe that ends with the supervisor that started us
CHATS = env.int("SIMULATOR_CHATS", 200)
SEED = env.int("SIMULATOR_SEED", 1)
LIFE = env.float("SIMULATOR_LIFE", 0.0)
STRICT = env.str("SIMULATOR_STRICT", "")  # "", "body", "query" or "header": the only place where credentials count
PRODUCT_URL = env.str("SIMULATOR_PRODUCT_URL", "http://127.0.0.1:8000")

INSTANCE_ID = "demo"
OTHERS = ("demo2", "demo3")  # more numbers at the same provider, each with a file beside the first one's
ACCESS_TOKEN = "demo-token"  # noqa: S105  printed in the README: it opens nothing but this toy

SECRET_KEY = secrets.token_hex()  # no sessions, no signing: nothing has to survive a restart
DEBUG = False
# Names, not only the bound address: a web page that points its own name at 127.0.0.1 must not reach the controls.
ALLOWED_HOSTS = ["*"] if HOST in {"0.0.0.0", "::"} else ["127.0.0.1", "localhost", "[::1]", HOST]  # noqa: S104
USE_TZ = True
USE_I18N = False
ROOT_URLCONF = "labelapp.simulator.urls"
INSTALLED_APPS = ["labelapp.simulator"]
MIDDLEWARE = ["labelapp.simulator.headers.secure"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
STATIC_DIR = Path(__file__).parent / "static"

DATA = Path(env.str("SIMULATOR_DATA", "data/simulator.sqlite3"))
FILES = {"default": DATA} | {name: DATA.with_name(f"{DATA.stem}-{name}{DATA.suffix}") for name in OTHERS}
DATABASES = {
    alias: {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            # A crash of the machine may cost the toy world its last seconds; in return a bench measures its client.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536",
        },
    }
    for alias, file in FILES.items()
}
DATABASE_ROUTERS = ["labelapp.simulator.numbers.Router"]
# httpx prints whole addresses at INFO, and hook addresses hold secrets.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpcore")}
    | {"django.request": {"level": "CRITICAL"}},
}
