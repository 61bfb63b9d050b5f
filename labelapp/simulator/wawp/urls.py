"""The map of the dialect. Anything else below /v2/ is not found."""

from collections.abc import Callable
from dataclasses import replace

from django.urls import path, re_path

from labelapp.simulator.wawp import chats, labels, session
from labelapp.simulator.wawp.answers import Answer, Endpoint
from labelapp.simulator.wawp.door import door


def hooks(**acts: Endpoint) -> dict[str, Endpoint]:
    return {name: replace(endpoint, needs_session=False, paid=True) for name, endpoint in acts.items()}


def read(act: Callable[..., Answer], lists: str = "", *, needs_session: bool = True) -> Endpoint:
    return Endpoint(act, reads=True, lists=lists, needs_session=needs_session)


def edit(act: Callable[..., Answer]) -> Endpoint:
    return Endpoint(act, writes_labels=True)


def assign(act: Callable[..., Answer]) -> Endpoint:
    return Endpoint(act, assigns=True)


pair = {"PUT": assign(labels.link), "DELETE": assign(labels.unlink)}
create = edit(labels.create_label)
chat_list = read(chats.list_chats, "overview")
info = read(session.info, needs_session=False)

urlpatterns = [
    path("labels", door(GET=read(labels.list_labels, "labels"), POST=create)),
    path("labels/create", door(POST=create)),
    path(
        "labels/chats/<chat>",
        door(GET=read(labels.labels_of_chat, "chat_labels"), PUT=assign(labels.set_labels_of_chat)),
    ),
    path(
        "labels/<label>",
        door(GET=read(labels.get_label), PUT=edit(labels.update_label), DELETE=edit(labels.delete_label)),
    ),
    path("labels/<label>/delete", door(DELETE=edit(labels.delete_label))),
    path("labels/<label>/chats", door(GET=read(labels.chats_of_label, "label_chats"))),
    path("labels/<label>/chats/<chat>", door(**pair)),
    path("chats", door(GET=chat_list, POST=chat_list)),
    path("chats/overview", door(GET=read(chats.overview, "overview"))),
    path("chats/messages", door(GET=read(chats.messages))),
    path("contacts", door(GET=read(chats.contact))),
    path("lids", door(GET=read(chats.lids))),
    path("lids/count", door(GET=read(chats.lid_count))),
    path("lids/pn/<number>", door(GET=read(chats.lid_of_number))),
    path("lids/<lid>", door(GET=read(chats.number_of_lid))),
    path("session/info", door(GET=info, POST=info)),
    path("session/webhook", door(**hooks(GET=read(session.list_hooks), POST=Endpoint(session.replace_hooks)))),
    path("webhook/set", door(**hooks(POST=Endpoint(session.set_hook)))),
    path("webhook/update", door(**hooks(PATCH=Endpoint(session.update_hook)))),
    path("webhook/delete", door(**hooks(DELETE=Endpoint(session.delete_hook)))),
    re_path("", door()),
]
