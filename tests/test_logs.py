"""No secret in a log line, nor in the traceback under it, at any level."""

import io
import logging
import logging.config
from collections.abc import Iterator

import pytest

from labelapp import settings

TOLD = "POST /hooks/demo/s3cret-hook/?access_token=s3cret-token"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a logger of the product writes to its console."""
    said, logger = io.StringIO(), logging.getLogger("labelapp.told")
    handler = logging.StreamHandler(said)
    plain = logging.config.DictConfigurator({}).configure_formatter(dict(settings.LOGGING["formatters"]["plain"]))
    handler.setFormatter(plain)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield said
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.ERROR])
def test_neither_the_words_nor_the_arguments_tell_it(written: io.StringIO, level: int) -> None:
    logging.getLogger("labelapp.told").log(level, "asked %s of %s", TOLD, "n")
    assert "asked POST /hooks/demo/***/?access_token=*** of n" in written.getvalue()
    assert "s3cret" not in written.getvalue()


def test_nor_does_the_traceback(written: io.StringIO) -> None:
    try:
        raise ValueError(TOLD)
    except ValueError:
        logging.getLogger("labelapp.told").exception("it broke")
    assert "ValueError: POST /hooks/demo/***/?access_token=***" in written.getvalue()
    assert "s3cret" not in written.getvalue()
