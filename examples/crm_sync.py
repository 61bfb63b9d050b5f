"""A small CRM whose properties and labelapp's labels follow each other: both ways, without loops.

    pip install httpx standardwebhooks
    LABELAPP_TOKEN=la_… LABELAPP_HOOK_SECRET=whsec_… python examples/crm_sync.py

    curl http://127.0.0.1:8100/contacts
    curl -X PATCH http://127.0.0.1:8100/contacts/+201000000001 -H 'Content-Type: application/json' -d '{"vip": "yes"}'

The CRM is a toy (SQLite, no login, this machine only). What is worth copying is `Sync`, and `Crm.hear`:

- A change in the CRM is written down as work before anybody is asked, and goes to labelapp as the state that is wanted. A label that is on
  already is answered 200 and nothing happens: no call, no hook. So a repeat is harmless.
- A hook is a hint. It says which property to look at; what is so now is asked. So hooks may repeat, and come in any order.
- What our own token caused comes back as a hook too, and is left: its source is "api" and its cause the name of the token.
- What is taken over from labelapp is no change of the CRM's: nothing is sent back.
- Where both sides changed the same property at once, `wins` says whose word it is.

Settings, from the environment:

    LABELAPP_URL          http://127.0.0.1:8000
    LABELAPP_INSTANCE     demo                     the short name of the number
    LABELAPP_TOKEN        of Settings, API tokens; scopes: read, tag
    LABELAPP_TOKEN_NAME   CRM                      the name of that token
    LABELAPP_HOOK_SECRET  of Settings, Outgoing hooks; to http://127.0.0.1:8100/labelapp, label.added and label.removed, private network
    CRM_PORT              8100
    CRM_FILE              :memory:                 a file keeps the CRM when it is stopped
"""

import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote

import httpx
from standardwebhooks import Webhook, WebhookVerificationError

MOST_BYTES = 1024 * 1024
LOOK = 2  # seconds until labelapp is asked what has become of a change
PAUSES = (2, 5, 15, 60)  # seconds before something is tried again, after the first failure, the second …
KEEP_IDS = 3 * 86_400  # seconds; hooks are tried for about a day


@dataclass(frozen=True)
class Property:
    """A property of a contact. labels: the label of each of its values: one label, or labels of a group that allows only one.
    wins: "crm" or "labelapp", where both sides change it at once."""

    labels: dict[str, str]
    wins: str

    def value(self, carried: set[str]) -> str:
        """What these labels mean; "" where none of them is the property's. Of several stages the furthest."""
        return next((value for value, label in reversed(self.labels.items()) if label in carried), "")


PROPERTIES = {
    "vip": Property({"yes": "VIP"}, wins="crm"),
    "deal_stage": Property({"new": "New lead", "quoted": "Quoted", "won": "Paid", "over": "Closed"}, wins="labelapp"),
}
SCHEMA = """
CREATE TABLE IF NOT EXISTS contact (phone TEXT PRIMARY KEY, name TEXT NOT NULL, error TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS property (phone TEXT, name TEXT, value TEXT NOT NULL, PRIMARY KEY (phone, name));
CREATE TABLE IF NOT EXISTS work (
    phone TEXT, name TEXT, what TEXT NOT NULL, version INTEGER NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL,
    PRIMARY KEY (phone, name));
CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, at REAL NOT NULL);
"""


@dataclass(frozen=True)
class Job:
    """One property of a contact to see to. what: "push" it to labelapp, "check" what became of that, or "read" what is so there.
    version: rises with whatever happens to it meanwhile."""

    phone: str
    name: str
    what: str
    version: int
    tries: int


class Crm:
    """Contacts with properties, and the work that waits. Every method is one transaction."""

    def __init__(self, file: str) -> None:
        self.lock, self.news = threading.RLock(), threading.Event()
        self.db = sqlite3.connect(file, check_same_thread=False)
        self.db.executescript(SCHEMA)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock, self.db:
            return self.db.execute(query, values).fetchall()

    def contact(self, phone: str) -> dict[str, Any] | None:
        with self.lock:
            for name, error in self.rows("SELECT name, error FROM contact WHERE phone = ?", phone):
                held = dict(self.rows("SELECT name, value FROM property WHERE phone = ?", phone))
                waits = [name for (name,) in self.rows("SELECT name FROM work WHERE phone = ? ORDER BY name", phone)]
                values = {name: held.get(name, "") for name in PROPERTIES}
                return {"phone": phone, "name": name, **values, "waits": waits, "error": error}
        return None

    def change(self, phone: str, values: dict[str, str]) -> None:
        """Somebody changes properties in the CRM. What is so already is no change."""
        with self.lock, self.db:
            self.add(phone, "")
            for name, value in values.items():
                if self.put(phone, name, value):
                    self.mark(phone, name, "push")

    def hear(self, message_id: str, message: dict[str, Any]) -> None:
        """A hook, after its signature was checked. A repeat does nothing."""
        data = message["data"]
        if message["type"] not in ("label.added", "label.removed") or data["number"]["slug"] != INSTANCE:
            return
        is_own = data["source"] == "api" and data["cause"] == TOKEN_NAME
        phone, label = data["chat"]["phone"], data["label"]["name"]
        with self.lock, self.db:
            self.db.execute("DELETE FROM message WHERE at < ?", (time.time() - KEEP_IDS,))
            fresh = self.db.execute("INSERT OR IGNORE INTO message VALUES (?, ?)", (message_id, time.time())).rowcount
            if is_own or not fresh or not phone:  # groups, and people whose number WhatsApp hides, have no phone
                return
            self.add(phone, data["chat"]["name"])
            for name, rule in PROPERTIES.items():
                if label in rule.labels.values():
                    is_ours = rule.wins == "crm" and self.is_on_its_way(phone, name)
                    self.mark(phone, name, "push" if is_ours else "read")

    def take(self, phone: str, called: str, values: dict[str, str], job: Job | None = None) -> None:
        """What is so in labelapp is so here, apart from what waits. `job`: the one that asked; one that was overtaken takes nothing."""
        with self.lock, self.db:
            if job and not self.is_done(job):
                return
            self.add(phone, called)
            for name, value in values.items():
                if not self.db.execute("SELECT 1 FROM work WHERE phone = ? AND name = ?", (phone, name)).fetchone():
                    self.put(phone, name, value)

    def next_job(self) -> Job | None:
        query = "SELECT phone, name, what, version, tries FROM work WHERE due <= ? ORDER BY due LIMIT 1"
        return next((Job(*row) for row in self.rows(query, time.time())), None)

    def finish(self, job: Job) -> None:
        """It is on WhatsApp as it was wanted."""
        with self.lock, self.db:
            if self.is_done(job):
                self.db.execute("UPDATE contact SET error = '' WHERE phone = ?", (job.phone,))

    def give_up(self, job: Job, error: str) -> None:
        """It can't be done, and the contact says why. The CRM goes back to what is so."""
        with self.lock, self.db:
            self.db.execute("UPDATE contact SET error = ? WHERE phone = ?", (error, job.phone))
            if self.is_done(job) and job.what != "read":
                self.mark(job.phone, job.name, "read")

    def delay(self, job: Job, seconds: float, what: str, tries: int) -> None:
        query = "UPDATE work SET due = ?, what = ?, tries = ? WHERE phone = ? AND name = ? AND version = ?"
        self.rows(query, time.time() + seconds, what, tries, job.phone, job.name, job.version)

    # Inside a transaction

    def is_done(self, job: Job) -> bool:
        """Whether the work is over with this: not if something happened meanwhile."""
        done = "DELETE FROM work WHERE phone = ? AND name = ? AND version = ?"
        return bool(self.db.execute(done, (job.phone, job.name, job.version)).rowcount)

    def add(self, phone: str, name: str) -> None:
        query = "INSERT INTO contact (phone, name) VALUES (?, ?) ON CONFLICT (phone) DO UPDATE SET name = excluded.name"
        self.db.execute(f"{query} WHERE excluded.name != ''", (phone, name))

    def put(self, phone: str, name: str, value: str) -> bool:
        found = self.db.execute("SELECT value FROM property WHERE phone = ? AND name = ?", (phone, name)).fetchone()
        if value == (found[0] if found else ""):
            return False
        self.db.execute("INSERT OR REPLACE INTO property VALUES (?, ?, ?)", (phone, name, value))
        return True

    def is_on_its_way(self, phone: str, name: str) -> bool:
        query = "SELECT 1 FROM work WHERE phone = ? AND name = ? AND what != 'read'"
        return self.db.execute(query, (phone, name)).fetchone() is not None

    def mark(self, phone: str, name: str, what: str) -> None:
        """There is work, from now on of this kind."""
        self.db.execute(
            "INSERT INTO work VALUES (?, ?, ?, 1, 0, 0) ON CONFLICT (phone, name) DO UPDATE "
            "SET what = excluded.what, version = version + 1, due = 0, tries = 0",
            (phone, name, what),
        )
        self.news.set()


class Later(Exception):
    """labelapp can't be asked now."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__()
        self.seconds = seconds


class Refused(Exception):
    """labelapp says no, and why."""


class Sync(threading.Thread):
    """Does the work that waits, one thing after the other: no two of them disagree about what is the newest."""

    def __init__(self, crm: Crm, url: str, token: str) -> None:
        super().__init__(daemon=True, name="sync")
        self.crm = crm
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1", headers=headers, timeout=30)

    def run(self) -> None:
        while True:
            self.crm.news.clear()
            while job := self.crm.next_job():
                self.do(job)
            self.crm.news.wait(0.5)

    def do(self, job: Job) -> None:
        try:
            {"push": self.push, "check": self.check, "read": self.read}[job.what](job)
        except Later as later:
            pause = PAUSES[min(job.tries, len(PAUSES) - 1)] if later.seconds is None else later.seconds
            self.crm.delay(job, pause, job.what, job.tries + 1)
        except Refused as refused:
            say(f"{job.phone} {job.name}: {refused}")
            self.crm.give_up(job, str(refused))

    def push(self, job: Job) -> None:
        """Say in labelapp what the CRM wants."""
        contact = self.crm.contact(job.phone) or {}
        labels, value = PROPERTIES[job.name].labels, contact.get(job.name, "")
        asked = [("PUT", labels[value])] if value else [("DELETE", label) for label in labels.values()]
        answers = [self.ask(how, self.chat(job.phone, label)) for how, label in asked]
        say(f"{job.phone} {job.name} is {value or 'empty'}: said to labelapp")
        if any(answer is not None and answer.status_code == 202 for answer in answers):  # on its way to WhatsApp
            self.crm.delay(job, LOOK, "check", 0)
        else:
            self.crm.finish(job)

    def check(self, job: Job) -> None:
        """What has become of it?"""
        answer = self.ask("GET", self.chat(job.phone))
        own = PROPERTIES[job.name].labels.values()
        pairs = [pair for pair in (answer.json()["labels"] if answer else []) if pair["name"] in own]
        if failed := next((pair for pair in pairs if pair["receipt"] == "failed"), None):
            raise Refused(failed["error"])
        if any(pair["receipt"] in ("pending", "sent") for pair in pairs):
            raise Later(LOOK)
        self.crm.finish(job)

    def read(self, job: Job) -> None:
        """What is so in labelapp? Nothing is sent back."""
        answer = self.ask("GET", self.chat(job.phone))
        chat = answer.json() if answer else {"name": "", "labels": []}
        value = PROPERTIES[job.name].value(carried(chat["labels"]))
        self.crm.take(job.phone, chat["name"], {job.name: value}, job)
        say(f"{job.phone} {job.name} is {value or 'empty'}: heard from labelapp")

    def read_all(self) -> int:
        """Everything, before hooks are taken: what was missed while this program was off. How many contacts."""
        count, cursor = 0, None
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = self.ask("GET", "/chats", limit=100, **more)
            page = answer.json() if answer else {"items": [], "next": None}
            for chat in [chat for chat in page["items"] if chat["phone"]]:
                labels = carried(chat["labels"])
                values = {name: rule.value(labels) for name, rule in PROPERTIES.items()}
                self.crm.take(chat["phone"], chat["name"], values)
                count += 1
            if not (cursor := page["next"]):
                return count

    def chat(self, phone: str, label: str = "") -> str:
        path = f"/chats/{quote(phone)}"
        return f"{path}/labels/name:{quote(label, safe='')}" if label else path

    def ask(self, method: str, path: str, **params: Any) -> httpx.Response | None:
        """The answer; None for a chat that is not there, or has not this label: nothing is on it. Raises Later, Refused."""
        try:
            answer = self.http.request(method, path, params={"instance": INSTANCE, **params})
        except httpx.HTTPError:
            raise Later from None
        if answer.is_success:
            return answer
        if answer.status_code == 404 and method != "PUT":
            return None
        is_problem = answer.headers.get("content-type", "") == "application/problem+json"
        if answer.status_code in (408, 429, 500, 503) or not is_problem:  # also what a proxy says for labelapp
            pause = answer.headers.get("retry-after", "")
            raise Later(float(pause) if pause.isdecimal() else None)
        raise Refused(answer.json()["detail"])


def carried(pairs: Iterable[dict[str, Any]]) -> set[str]:
    """The labels that a chat carries, or will. Of a change that failed, what WhatsApp has counts."""
    return {pair["name"] for pair in pairs if (pair["on_whatsapp"] if pair["receipt"] == "failed" else pair["wanted"])}


class Handler(BaseHTTPRequestHandler):
    """The CRM's own API, and the address that labelapp's hook posts to."""

    server: "Server"
    timeout = 10  # seconds for a connection that says nothing

    def do_GET(self) -> None:
        if self.path == "/contacts":
            phones = self.server.crm.rows("SELECT phone FROM contact ORDER BY phone")
            return self.answer(200, [self.server.crm.contact(phone) for (phone,) in phones])
        found = self.server.crm.contact(self.phone())
        return self.answer(200, found) if found else self.answer(404, {"error": "No such contact."})

    def do_PATCH(self) -> None:
        """`{"vip": "yes", "deal_stage": "quoted"}`; "" empties a property. All of it or nothing."""
        phone, values = self.phone(), None
        with suppress(ValueError):
            values = json.loads(self.body())
        if not phone[1:].isdigit() or not phone.startswith("+"):
            return self.answer(404, {"error": "A contact is a phone number with its country's code: /contacts/+2010…"})
        if not isinstance(values, dict) or not values:
            return self.answer(400, {"error": "Send a JSON object of properties."})
        for name, value in values.items():
            if name not in PROPERTIES or value not in ("", *PROPERTIES[name].labels):
                return self.answer(422, {"error": f"There is no property {name!r} with the value {value!r}."})
        self.server.crm.change(phone, values)
        return self.answer(200, self.server.crm.contact(phone))

    def do_POST(self) -> None:
        body, headers = self.body(), {name.lower(): value for name, value in self.headers.items()}
        if self.path != "/labelapp":
            return self.answer(404, {"error": "Hooks go to /labelapp."})
        try:
            message = self.server.hook.verify(body, headers)
        except WebhookVerificationError:
            return self.answer(401, {"error": "The signature is not right."})
        self.server.crm.hear(headers["webhook-id"], message)
        return self.answer(204, None)  # now it is written down: the work comes afterwards

    def phone(self) -> str:
        return unquote(self.path.removeprefix("/contacts/"))

    def body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        return self.rfile.read(min(int(length), MOST_BYTES)) if length.isdecimal() else b""

    def answer(self, status: int, data: Any) -> None:
        body = b"" if data is None else json.dumps(data, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing: `say` tells what is worth telling."""


class Server(ThreadingHTTPServer):
    def __init__(self, port: int, crm: Crm, secret: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.crm, self.hook = crm, Webhook(secret)


def say(line: str) -> None:
    print(line, flush=True)


INSTANCE = os.environ.get("LABELAPP_INSTANCE", "demo")
TOKEN_NAME = os.environ.get("LABELAPP_TOKEN_NAME", "CRM")


def main() -> None:
    missing = [name for name in ("LABELAPP_TOKEN", "LABELAPP_HOOK_SECRET") if not os.environ.get(name)]
    if missing:
        sys.exit(f"Set {' and '.join(missing)}: see the first lines of this file.")
    crm = Crm(os.environ.get("CRM_FILE", ":memory:"))
    sync = Sync(crm, os.environ.get("LABELAPP_URL", "http://127.0.0.1:8000"), os.environ["LABELAPP_TOKEN"])
    try:
        count = sync.read_all()
    except Later:
        sys.exit("labelapp does not answer at LABELAPP_URL.")
    except Refused as refused:
        sys.exit(f"labelapp refuses: {refused}")
    server = Server(int(os.environ.get("CRM_PORT", "8100")), crm, os.environ["LABELAPP_HOOK_SECRET"])
    sync.start()
    say(f"The CRM has {count} contacts and is at http://127.0.0.1:{server.server_port}/contacts")
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
