"""Dockerfile and compose.yaml, read: every file, command and variable that they name is there. Their commands run in tests/faults."""

import re
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.stack import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker")
OF_THE_CONTAINER = {"DATABASE_URL", "ENV_FILE", "HOST", "PORT", "DATA_DIR"}  # not for people to set there
LINES = [line.strip() for line in DOCKERFILE.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+")


def instructions(name: str) -> list[str]:
    return [line.removeprefix(name).strip() for line in LINES if line.startswith(f"{name} ")]


def test_images_are_pinned_to_a_release() -> None:
    images = [words.split()[0] for words in instructions("FROM")] + [SERVICES["database"]["image"]]
    assert len(images) == 3
    assert [image for image in images if not PINNED.fullmatch(image)] == []


def test_what_is_copied_is_there_and_let_through() -> None:
    sources = [words.split()[0] for words in instructions("COPY") if not words.startswith("--from")]
    let_through = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(sources) == sorted(let_through)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_packages_are_checked_against_the_lock_and_nobody_is_root() -> None:
    assert any("--require-hashes -r requirements/base.txt" in words for words in instructions("RUN"))
    assert LINES.index("USER labelapp") < LINES.index('CMD ["python", "manage.py", "web"]')


@pytest.mark.parametrize("service", OURS)
def test_commands_are_commands_of_ours(service: str) -> None:
    program, script, command, *_options = SERVICES[service]["command"]
    assert (program, script) == ("python", "manage.py")
    assert command in get_commands()


def settings() -> set[str]:
    """Every variable that labelapp reads."""
    return set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


@pytest.mark.parametrize("service", OURS)
def test_every_setting_in_the_env_file_reaches_the_container(service: str) -> None:
    """All of the file is given to it; `environment` wins, so it may hold nothing else that people set."""
    assert SERVICES[service]["env_file"] == [{"path": ".env", "required": False}]
    given = SERVICES[service]["environment"]
    withheld = {name for name in given if name in settings() and f"${{{name}:" not in given[name]}
    assert withheld == OF_THE_CONTAINER


def test_the_container_listens_and_keeps_its_files_where_the_image_says() -> None:
    made = dict(re.findall(r"\b([A-Z_]{4,})=(\S*)", " ".join(instructions("ENV"))))
    given = SERVICES["web"]["environment"]
    assert {name: given[name] for name in OF_THE_CONTAINER - {"DATABASE_URL"}} == {
        name: made[name] for name in OF_THE_CONTAINER - {"DATABASE_URL"}
    }


@pytest.mark.parametrize("service", OURS)
def test_variables_are_ones_that_labelapp_reads(service: str) -> None:
    named = set(SERVICES[service]["environment"]) | set(re.findall(r"\b([A-Z_]{4,})=", " ".join(instructions("ENV"))))
    assert named - settings() - {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"} == set()


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for name in ("SECRET_KEY", "ENCRYPTION_KEYS", "POSTGRES_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses)


def test_web_and_worker_start_after_the_database_is_migrated() -> None:
    for service in ("web", "worker"):
        waits = {name: how["condition"] for name, how in SERVICES[service]["depends_on"].items()}
        assert waits == {"database": "service_healthy", "migrate": "service_completed_successfully"}
    assert list(SERVICES["migrate"]["depends_on"]) == ["database"]
    assert {SERVICES[name]["restart"] for name in ("database", "web", "worker")} == {"unless-stopped"}


def test_data_outlives_its_container_and_nothing_is_open_to_the_world() -> None:
    assert SERVICES["database"]["volumes"] == ["database:/var/lib/postgresql/data"]
    assert "database" in COMPOSE["volumes"]
    assert "ports" not in SERVICES["database"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])
