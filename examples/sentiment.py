"""A classifier for labelapp's rules: tells by a list of words whether a customer sounds unhappy. English, Arabic, Portuguese, Spanish.

    pip install standardwebhooks
    LABELAPP_HOOK_SECRET=whsec_… python examples/sentiment.py --port 8099

labelapp posts what somebody wrote (docs/hooks-out.md, "A classifier") and gets back the labels that fit it. Put a better judge into
`is_unhappy`: a model of yours, or somebody's API. It has three seconds. `make demo` runs this one.
"""

import argparse
import json
import os
import re
import unicodedata
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MOST_BYTES = 1024 * 1024
PHRASES = """
terrible, horrible, awful, disgusting, the worst, disappointed, disappointing, angry, furious, unacceptable, ridiculous, useless, unhappy,
scam, fraud, rip off, money back, refund me, never again, waste of money, complaint, complain, fed up, bad service
سيء, سيئ, سيئة, فظيع, اسوا, مستاء, غاضب, زعلان, محبط, خيبة امل, غير مقبول, غير راض, مش راضي, احتيال, نصب, نصابين, شكوى,
فلوسي, اموالي, حرام عليكم, مهزلة, لن اتعامل معكم
péssimo, péssima, terrível, horrível, decepcionado, decepcionada, inaceitável, insatisfeito, insatisfeita, absurdo, vergonha, golpe,
fraude, dinheiro de volta, nunca mais, reclamação, reclamar, o pior, a pior, um lixo
pésimo, pésima, decepcionante, inaceptable, insatisfecho, insatisfecha, enojado, enojada, furioso, furiosa, asco, vergüenza, estafa,
mi dinero, nunca más, queja, quejarme, lo peor, el peor, la peor, una basura
"""
NOT = {"not", "isn", "wasn", "never", "no", "nao", "nem", "ni", "ليس", "ليست", "مش", "لا", "غير"}
LETTERS = str.maketrans({"ى": "ي", "ة": "ه", "ـ": None})


def words(text: str) -> list[str]:
    """The words of a text, whatever their case, accents and forms of Arabic letters."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.findall(r"\w+", plain.translate(LETTERS).casefold())


UNHAPPY = [words(phrase) for phrase in re.split(r"[,،\n]", PHRASES) if words(phrase)]


def is_unhappy(text: str) -> bool:
    """Whether a phrase of the list stands in the text, and no "not" before it."""
    said = words(text)
    return any(
        said[at : at + len(phrase)] == phrase and not (at and said[at - 1] in NOT)
        for phrase in UNHAPPY
        for at in range(len(said) - len(phrase) + 1)
    )


class Handler(BaseHTTPRequestHandler):
    """Answers a signed question with `{"labels": [...]}`. Writes down nothing of it."""

    server: "Classifier"
    timeout = 10  # seconds for a connection that says nothing

    def do_GET(self) -> None:
        self.answer(200, {"ready": True})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
            self.close_connection = True
            return self.answer(413, {"error": "say how long it is, up to 1 MB"})
        body = self.rfile.read(int(length))
        try:
            message = self.server.webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):  # ValueError: what is no UTF-8, base64 or JSON
            return self.answer(401, {"error": "this is not signed with the secret"})
        text = message["data"]["message"]["text"] if message["type"] == "message.classify" else ""
        return self.answer(200, {"labels": [self.server.label] if is_unhappy(text) else []})

    def answer(self, status: int, what: dict[str, object]) -> None:
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


class Classifier(ThreadingHTTPServer):
    """`parent`: the process that it ends with, 0 for none."""

    def __init__(self, port: int, secret: str, label: str, parent: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.webhook, self.label, self.parent = Webhook(secret), label, parent

    def service_actions(self) -> None:
        if self.parent and os.getppid() != self.parent:
            raise SystemExit


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, default=8099)
    options.add_argument("--label", default="Unhappy", help="what unhappy customers are tagged with")
    options.add_argument("--with-parent", action="store_true", help="end when whoever started it has ended")
    chosen = options.parse_args()
    secret = os.environ.get("LABELAPP_HOOK_SECRET", "")
    if not secret:
        options.error("set LABELAPP_HOOK_SECRET to the signing secret of the hook (whsec_…)")
    parent = os.getppid() if chosen.with_parent else 0
    with Classifier(chosen.port, secret, chosen.label, parent) as server, suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
