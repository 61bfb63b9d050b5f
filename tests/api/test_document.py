"""The API keeps what its document says, and the page tells it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from labelapp.api import waiting
from labelapp.api.docs import written
from labelapp.api.problems import KINDS
from labelapp.models import Label, User
from tests.api.conftest import ROOT, MakeProgram
from tests.conftest import MakeChat

Labels = dict[str, Label]
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
OPTIONS = [
    "--phases=coverage,fuzzing,stateful",
    "--mode=all",
    "--checks=all",
    "--max-examples=6",
    "--seed=1",
    "--generation-deterministic",
    "--suppress-health-check=all",
    "--no-color",
]


# Too long a list is refused by its size (413). What no schema says:
# a query in a language of its own, a label that must be there and be a stage, a time that must not be over, a phone number
CONFIG = """
[[operations]]
include-name = [
  "GET /api/v1/chats", "POST /api/v1/runs", "PUT /api/v1/chats/{chat}/stage", "PUT /api/v1/chats/{chat}/labels/{label}",
  "POST /api/v1/events",
]
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422"]

[checks]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422"]
"""


@pytest.mark.django_db(transaction=True)
def test_schemathesis(
    live_server: LiveServer,
    settings: LazySettings,
    make_program: MakeProgram,
    make_chat: MakeChat,
    labels: Labels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every check on every operation, over HTTP: valid requests, invalid ones, and sequences of them. The same ones each time."""
    settings.API_RATE = 1_000_000
    monkeypatch.setattr(waiting, "LONGEST", 0.1)  # no worker is there to wait for
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    program = make_program("read", "tag", "manage")
    for _n in range(3):
        make_chat(labels=(labels["VIP"],))
    command = [str(SCHEMATHESIS), "run", f"{live_server.url}{ROOT}/openapi.json", *OPTIONS]
    command += ["-H", f"Authorization: Bearer {program.secret}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert done.returncode == 0, "\n".join(line[:300] for line in done.stdout.splitlines()) + done.stderr[-2_000:]
    assert int(re.findall(r"(\d+) generated", done.stdout)[0]) > 300


def test_the_document_is_told_to_everybody(client: Client, db: None) -> None:
    answer = client.get(f"{ROOT}/openapi.json")
    document = answer.json()
    assert (answer.status_code, document["openapi"], len(document["paths"])) == (200, "3.1.0", 13)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["security"], (method, path)
            assert operation["summary"], (method, path)
            assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])


def test_the_page_tells_every_operation_and_refusal(client: Client, db: None) -> None:
    """To people who are not logged in too, by nothing but HTML and our own style sheet."""
    answer = client.get(f"{ROOT}/docs")
    html = answer.content.decode()
    assert answer.status_code == 200
    for path, methods in written()["paths"].items():
        for method, operation in methods.items():
            assert f'id="{operation["operationId"]}"' in html
            assert f"{method.upper()} {path}" in html
    for kind in KINDS.values():
        assert f'id="{kind.name}"' in html
    targets = set(re.findall(r'href="#([^"]+)"', html))
    assert targets <= set(re.findall(r'id="([^"]+)"', html))
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=|(?:src|href)=\"(?:https?:)?//", html)
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_the_page_is_for_people_who_are_logged_in_too(client: Client, admin: User) -> None:
    client.force_login(admin)
    assert client.get(f"{ROOT}/docs").status_code == 200
    assert client.post(f"{ROOT}/docs").status_code == 405
