"""Settings of the test suite: fast, and blind to the developer's own environment."""

import os
import tempfile
from pathlib import Path

os.environ["ENV_FILE"] = ""
SCRATCH = Path(tempfile.mkdtemp(prefix="labelapp-tests-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))  # noqa: S108
os.environ["DATA_DIR"] = str(SCRATCH)
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{SCRATCH / 'main.sqlite3'}"
os.environ.setdefault("SECRET_KEY", "test")
os.environ.setdefault("ENCRYPTION_KEYS", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
for name in ("PUBLIC_URL", "ALLOWED_HOSTS", "DEMO", "DEBUG", "HOST", "PORT", "TIME_ZONE"):
    os.environ.pop(name, None)

from labelapp.settings import *  # noqa: E402, F403
from labelapp.settings import DATABASES, ON_SQLITE, STORAGES  # noqa: E402

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
SERVESTATIC_AUTOREFRESH = True
if ON_SQLITE:
    # a file, not memory: threads of the product open connections of their own
    DATABASES["default"]["TEST"] = {"NAME": str(SCRATCH / "test.sqlite3")}
