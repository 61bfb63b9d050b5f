from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from labelapp.queries.checkup_settings import check_settings

KEY = "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(autouse=True)
def sound(settings: Any, tmp_path: Path) -> Any:
    """Settings that nothing is wrong with."""
    settings.SECRET_KEY, settings.ENCRYPTION_KEYS = KEY, [Fernet.generate_key().decode()]
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://labels.example.com", ["labels.example.com"]
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path
    settings.DEBUG, settings.ON_HTTPS = False, False  # Django's own look has a test of its own
    (tmp_path / "staticfiles.json").write_text("{}")
    return settings


def told() -> list[tuple[str, str]]:
    return [(check.level.value, check.words) for check in check_settings()]


def test_sound_settings_are_one_line() -> None:
    words = "The keys, PUBLIC_URL (https://labels.example.com) and the limits make sense."
    assert told() == [("ok", words)]


@pytest.mark.parametrize(
    ("name", "value", "code", "level", "words"),
    [
        ("SECRET_KEY", "short", "secret_key", "failure", "SECRET_KEY has fewer than 32 characters"),
        ("ENCRYPTION_KEYS", ["no-key"], "encryption_keys", "failure", "Number 1 of ENCRYPTION_KEYS is no key."),
        ("METRICS_TOKEN", "abc", "metrics_token", "warning", "METRICS_TOKEN has fewer than 32 characters."),
        ("PUBLIC_URL", "labels.example.com", "public_url", "failure", "PUBLIC_URL is no address"),
        ("PUBLIC_URL", "https://example.com/labels", "public_url", "failure", "PUBLIC_URL goes on after the host"),
        ("PUBLIC_URL", "http://labels.example.com", "public_url_http", "warning", "PUBLIC_URL is http"),
        (
            "PUBLIC_URL",
            "http://127.0.0.1:8000",
            "public_url_local",
            "warning",
            "PUBLIC_URL is http://127.0.0.1:8000: no other machine",
        ),
        ("ALLOWED_HOSTS", ["*"], "allowed_hosts", "warning", "ALLOWED_HOSTS allows any name."),
        ("TRUSTED_PROXIES", "10.0.0.1,*", "trusted_proxies", "warning", "TRUSTED_PROXIES trusts everybody."),
        ("DEBUG", True, "debug", "failure", "DEBUG is on"),
        ("DEMO", True, "demo", "failure", "DEMO is on"),
        ("PUSH_PACE", 0.0, "limit", "failure", "PUSH_PACE is 0.0: it has to be more than 0."),
    ],
)
def test_what_is_wrong_is_told_and_what_to_do(
    sound: Any, name: str, value: Any, code: str, level: str, words: str
) -> None:
    setattr(sound, name, value)
    (found,) = check_settings()
    assert (found.code, found.level.value, found.words[: len(words)]) == (f"settings.{code}", level, words)
    assert found.todo


def test_debug_is_a_developers_own_business(sound: Any) -> None:
    sound.DEBUG, sound.PUBLIC_URL = True, "http://localhost:8000"
    assert ("warning", "DEBUG is on: errors show code and settings.") in told()


def test_keys_that_others_can_read(sound: Any, tmp_path: Path) -> None:
    file = tmp_path / "keys.env"
    file.write_text("SECRET_KEY=x\n")
    file.chmod(0o644)
    assert told() == [("failure", f"Others on this machine can read {file}.")]
    file.chmod(0o600)
    assert told()[0][0] == "ok"


def test_static_files_that_were_not_collected(sound: Any, tmp_path: Path) -> None:
    (tmp_path / "staticfiles.json").unlink()
    assert told() == [("failure", "The static files have not been collected: pages would be errors.")]


def test_no_secret_is_told(sound: Any) -> None:
    sound.SECRET_KEY, sound.ENCRYPTION_KEYS, sound.METRICS_TOKEN = "hush-1", ["hush-2"], "hush-3"
    assert not any("hush" in check.words + check.todo for check in check_settings())


def test_djangos_own_look_counts(sound: Any) -> None:
    sound.ON_HTTPS, sound.SECURE_HSTS_SECONDS = True, 0
    assert any("SECURE_HSTS_SECONDS" in words for _level, words in told())
