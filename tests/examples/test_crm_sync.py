"""The example of a CRM beside labelapp, as a process of its own: both ways, without a loop. Counted at the provider, and in the log of
outgoing hooks."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from django.conf import settings

from tests.stack import HOST, ROOT, Stack, clean_environment, free_port, wait_until

pytestmark = pytest.mark.faults
SECONDS = 90  # until something has gone all the way; it takes a few
QUIET = 6  # seconds without anything more: a loop goes round several times meanwhile


class Example:
    """`examples/crm_sync.py` beside a running labelapp, ready when made."""

    def __init__(self, stack: Stack, port: int, secrets: dict[str, str]) -> None:
        self.log, self.secrets = stack.folder / "crm.log", secrets
        environment = {"LABELAPP_URL": stack.url, "CRM_PORT": str(port), "CRM_FILE": str(stack.folder / "crm.sqlite3")}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "examples/crm_sync.py"],
                cwd=ROOT,
                env=clean_environment(**environment, **secrets),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.http = httpx.Client(base_url=f"http://{HOST}:{port}", timeout=30)
        wait_until(self.answers, SECONDS, told="the example answers")

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/contacts").is_success
        except httpx.TransportError:
            return False

    def contact(self, phone: str) -> dict[str, Any]:
        return dict(self.http.get(f"/contacts/{phone}").json())

    def change(self, phone: str, **values: str) -> None:
        answer = self.http.patch(f"/contacts/{phone}", json=values)
        assert answer.status_code == 200, answer.text

    def rests(self, phone: str) -> bool:
        return not self.contact(phone)["waits"]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    if not settings.ON_SQLITE:
        pytest.skip("runs with the suite on SQLite: make test")
    with Stack(tmp_path_factory.mktemp("crm"), READ_BACK_SECONDS="1") as running:
        yield running


@pytest.fixture(scope="module")
def crm(stack: Stack) -> Iterator[Example]:
    port = free_port()
    secrets = json.loads(stack.ask_product("tests.examples.outfit", "make", f"http://{HOST}:{port}/labelapp"))
    with Example(stack, port, secrets) as running:
        yield running
    told = running.log.read_text()
    assert [name for name, secret in secrets.items() if secret in told or secret.split("_", 1)[1] in told] == []


class Meter:
    """What the provider was asked to change, and what hooks were told, since this was made."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.first_call = stack.simulator.ask("GET", "/sim/calls")["last"]
        self.first_send = len(self.sent())

    def sent(self) -> list[dict[str, Any]]:
        return list(json.loads(self.stack.ask_product("tests.examples.outfit", "sends")))

    def calls(self) -> list[str]:
        """What was put on (PUT) and taken off (DELETE), by WhatsApp's ids. The same call never comes twice; a person's two addresses are
        one chat."""
        rows = self.stack.simulator.ask("GET", "/sim/calls", since=self.first_call)["calls"]
        changes = [(row["method"], row["path"]) for row in rows if row["assigns"]]
        assert len(changes) == len(set(changes)), changes
        return sorted({f"{method} {path.split('/labels/')[1].split('/')[0]}" for method, path in changes})

    def sends(self) -> list[str]:
        """Each message that was taken at the first attempt by its kind, any other by how it stands."""
        rows = self.sent()[self.first_send :]
        taken = {"outcome": "taken", "attempts": 1}
        return [row["kind"] if row.items() >= taken.items() else str(row) for row in rows]


def wa_ids(stack: Stack) -> dict[str, str]:
    return {label["name"]: str(label["id"]) for label in stack.simulator.ask("GET", "/sim/state")["labels"]}


def chosen(stack: Stack, *, having: str = "", lacking: str = "") -> tuple[str, str]:
    """A person's address and phone number."""
    ids = wa_ids(stack)
    for chat in stack.simulator.chats(limit=200):
        is_right = (not having or ids[having] in chat["labels"]) and (not lacking or ids[lacking] not in chat["labels"])
        if is_right and chat["jid"].endswith("@c.us"):
            return chat["jid"], f"+{chat['jid'].partition('@')[0]}"
    raise AssertionError(f"no chat with {having} and without {lacking}")


def test_a_change_in_the_crm_is_on_the_phone_and_comes_back_to_nobody(stack: Stack, crm: Example) -> None:
    (jid, phone), vip, meter = chosen(stack, lacking="VIP"), wa_ids(stack)["VIP"], Meter(stack)
    assert crm.contact(phone)["vip"] == ""  # it was read when the example began
    crm.change(phone, vip="yes")
    wait_until(lambda: vip in stack.simulator.labels_of(jid), SECONDS, told="the label is on the phone")
    wait_until(lambda: crm.rests(phone), SECONDS, told="the CRM knows that it has arrived")
    wait_until(lambda: meter.sends() == ["label.added"], SECONDS, told="the hook is told")
    crm.change(phone, vip="yes")  # as it is already
    time.sleep(QUIET)
    assert (meter.calls(), meter.sends()) == ([f"PUT {vip}"], ["label.added"])
    assert (crm.contact(phone)["vip"], crm.contact(phone)["error"]) == ("yes", "")
    assert f"{phone} vip is yes: heard" not in crm.log.read_text()  # its own echo is left


def test_a_change_on_the_phone_is_in_the_crm_and_comes_back_to_nobody(stack: Stack, crm: Example) -> None:
    (jid, phone), vip, meter = chosen(stack, lacking="VIP"), wa_ids(stack)["VIP"], Meter(stack)
    for on, value, kinds in ((True, "yes", ["label.added"]), (False, "", ["label.added", "label.removed"])):
        stack.simulator.label_on_phone(jid, vip, on=on)
        wait_until(lambda value=value: crm.contact(phone)["vip"] == value, SECONDS, told="the CRM has heard")
        time.sleep(QUIET)
        assert (meter.calls(), meter.sends(), crm.rests(phone)) == ([], kinds, True)


def test_a_stage_replaces_the_other_and_an_emptied_property_takes_it_off(stack: Stack, crm: Example) -> None:
    (jid, phone), ids = chosen(stack, having="New lead"), wa_ids(stack)
    others = stack.simulator.labels_of(jid) - {ids["New lead"]}
    meter = Meter(stack)
    assert crm.contact(phone)["deal_stage"] == "new"
    crm.change(phone, deal_stage="won")
    won = others | {ids["Paid"]}
    wait_until(lambda: stack.simulator.labels_of(jid) == won, SECONDS, told="the chat is at the other stage")
    wait_until(lambda: crm.rests(phone) and len(meter.sends()) == 2, SECONDS, told="all of it is told")
    crm.change(phone, deal_stage="")
    wait_until(lambda: stack.simulator.labels_of(jid) == others, SECONDS, told="the stage is off")
    wait_until(lambda: crm.rests(phone) and len(meter.sends()) == 3, SECONDS, told="all of it is told")
    time.sleep(QUIET)
    assert meter.calls() == [f"DELETE {ids['New lead']}", f"DELETE {ids['Paid']}", f"PUT {ids['Paid']}"]
    assert sorted(meter.sends()) == ["label.added", "label.removed", "label.removed"]
    assert crm.contact(phone)["deal_stage"] == ""


def test_what_whatsapp_refuses_is_taken_back_in_the_crm_with_its_reason(stack: Stack, crm: Example) -> None:
    (jid, phone), vip, meter = chosen(stack, lacking="VIP"), wa_ids(stack)["VIP"], Meter(stack)
    with stack.simulator.faults(status=422, status_of="changes"):
        crm.change(phone, vip="yes")
        wait_until(lambda: crm.contact(phone)["error"] and crm.rests(phone), SECONDS, told="the CRM hears of it")
    found = crm.contact(phone)
    assert (found["vip"], "Unprocessable" in found["error"], vip in stack.simulator.labels_of(jid)) == ("", True, False)
    assert meter.sends() == []


def test_the_manuals_program_does_what_it_says(stack: Stack, crm: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    (jid, phone), vip = chosen(stack, lacking="VIP"), wa_ids(stack)["VIP"]
    monkeypatch.setenv("LABELAPP", f"{stack.url}/api/v1")
    monkeypatch.setenv("TOKEN", crm.secrets["LABELAPP_TOKEN"])
    text = (ROOT / "docs" / "integrations.md").read_text()
    manual: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], manual)  # noqa: S102
    with manual["labelapp"]:
        for on in (True, True, False):
            assert manual["set_label"](phone, "VIP", on) == "confirmed"
            assert (vip in stack.simulator.labels_of(jid)) == on
        with pytest.raises(ValueError, match="no such thing"):
            manual["set_label"](phone, "No such label", True)


def test_what_happened_while_the_example_was_off_is_read_when_it_begins(stack: Stack, crm: Example) -> None:
    (jid, phone), vip, meter = chosen(stack, lacking="VIP"), wa_ids(stack)["VIP"], Meter(stack)
    port = crm.http.base_url.port or 0
    crm.stop()
    stack.simulator.label_on_phone(jid, vip, on=True)
    wait_until(lambda: len(meter.sent()) > meter.first_send, SECONDS, told="the hook is tried")
    with Example(stack, port, crm.secrets) as again:
        assert again.contact(phone)["vip"] == "yes"
        wait_until(lambda: meter.sent()[-1]["outcome"] == "taken", SECONDS, told="and told in the end")
        wait_until(lambda: again.rests(phone), SECONDS)
        assert (meter.calls(), again.contact(phone)["vip"]) == ([], "yes")


def test_without_its_secrets_it_says_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "examples/crm_sync.py"]
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=clean_environment(LABELAPP_TOKEN="la_quiet"), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, "LABELAPP_HOOK_SECRET" in done.stderr, "la_quiet" in done.stderr) == (1, True, False)
