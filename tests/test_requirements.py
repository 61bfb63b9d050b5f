"""The lock: every package pinned and hashed, no download address in it, one environment for product and tests."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = ["base.txt", "dev.txt"]


def read(name: str) -> str:
    return (ROOT / "requirements" / name).read_text()


def entries(name: str) -> dict[str, str]:
    """Package name to its whole entry: pin, marker and hashes."""
    joined = read(name).replace("\\\n", " ")
    return {line.split("==")[0]: " ".join(line.split()) for line in joined.splitlines() if line.strip()}


def direct(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~; ]", line)[0].lower() for line in requirements}


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_pinned_and_hashed(name: str) -> None:
    loose = [
        key for key, entry in entries(name).items() if not re.search(r"^\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)
    ]
    assert loose == []


@pytest.mark.parametrize("name", FILES)
def test_no_address_is_written_down(name: str) -> None:
    assert re.findall(r"://|--index|--find-links|--trusted", read(name)) == []


def test_the_tests_run_on_the_very_packages_of_the_product() -> None:
    dev = entries("dev.txt")
    assert {key: dev.get(key) for key in entries("base.txt")} == entries("base.txt")


def test_everything_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert direct(project["project"]["dependencies"]) - entries("base.txt").keys() == set()
    assert direct(project["dependency-groups"]["dev"]) - entries("dev.txt").keys() == set()
