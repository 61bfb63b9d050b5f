"""Keeps secrets out of the log. Settings name it, so it imports nothing of ours."""

import logging
import re


class MaskSecrets(logging.Filter):
    """Takes hook secrets and tokens out of every log line."""

    patterns = (
        (re.compile(r"(/hooks/[^/\s]+/)[^/\s\"']+"), r"\1***"),
        (
            re.compile(
                r"((?:access_token|access-token|token|api_key|X-Api-Key)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+", re.I
            ),
            r"\1***",
        ),
    )

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for pattern, to in self.patterns:
            text = pattern.sub(to, text)
        record.msg, record.args = text, ()
        return True


class ExpectedAtStop(logging.Filter):
    """Drops uvicorn's complaint that live streams were still open when it was told to stop: they always are."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Cancel %s running task(s)")
