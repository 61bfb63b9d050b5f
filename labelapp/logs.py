"""Keeps secrets out of the log. Settings name it, so it imports nothing of ours."""

import logging
import re


class MaskingFormatter(logging.Formatter):
    """Takes hook secrets and tokens out of all that is written: the words, the traceback and the stack."""

    patterns = (
        (re.compile(r"\bla_[A-Za-z0-9_-]{20,}"), "la_***"),
        (re.compile(r"(/hooks/[^/\s]+/)[^/\s\"']+"), r"\1***"),
        (
            re.compile(
                r"((?:access_token|access-token|token|api_key|X-Api-Key)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+", re.I
            ),
            r"\1***",
        ),
    )

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for pattern, to in self.patterns:
            text = pattern.sub(to, text)
        return text


class ExpectedAtStop(logging.Filter):
    """Drops uvicorn's complaint that live streams were still open when it was told to stop: they always are."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith("Cancel %s running task(s)")
