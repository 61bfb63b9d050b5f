import re

import pytest

from labelapp.whatsapp.wawp_options import Endpoint, WawpOptions


def test_defaults() -> None:
    assert (
        WawpOptions.parse(None)
        == WawpOptions.parse({})
        == WawpOptions("body", "query", "labels", "labels/{id}", "POST")
    )


def test_everything_set() -> None:
    wanted = {
        "write_placement": "header",
        "read_placement": "header",
        "create_path": "labels/create",
        "delete_path": "labels/{id}/delete",
        "session_method": "GET",
    }
    options = WawpOptions.parse(wanted)
    endpoints = (options.create, options.delete, options.session)
    assert endpoints == (Endpoint.CREATE_LONG, Endpoint.DELETE_LONG, Endpoint.SESSION_BY_GET)
    assert (options.write_placement, options.read_placement) == ("header", "header")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"placement": "body"}, "The option 'placement' is not known. Known are: write_placement, read_placement"),
        ({"write_placement": "cookie"}, "The option 'write_placement' must be one of: body, query, header."),
        ({"read_placement": "body"}, "The option 'read_placement' must be one of: query, header."),
        ({"create_path": "messages/send"}, "The option 'create_path' must be one of: labels, labels/create."),
        ({"delete_path": ""}, "The option 'delete_path' must be one of: "),
    ],
)
def test_unknown_options(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        WawpOptions.parse(options)
