"""The map of the dialect. Anything else below /v2/ is not found."""

from collections.abc import Callable
from dataclasses import replace

from django.urls import path, re_path

from labelapp.simulator.wawp import chats, labels, session
from labelapp.simulator.wawp.answers import Answer, Endpoint
from labelapp.simulator.wawp.door import door


def hooks(**acts: Endpoint) -> dict[str, Endpoint]:
    return {name: replace(endpoint, needs_session=False, paid=True) for name, endpoint in acts.items()}


def read(act: Callable[..., Answer], *, needs_session: bool = True) -> Endpoint:
    return Endpoint(act, reads=True, needs_session=needs_session)


pair = {"PUT": Endpoint(labels.link, pair=True), "DELETE": Endpoint(labels.unlink, pair=True)}
create = Endpoint(labels.create_label)
info = read(session.info, needs_session=False)

urlpatterns = [
    path("labels", door(GET=read(labels.list_labels), POST=create)),
    path("labels/create", door(POST=create)),
    path("labels/chats/<chat>", door(GET=read(labels.labels_of_chat), PUT=Endpoint(labels.set_labels_of_chat))),
    path(
        "labels/<label>",
        door(GET=read(labels.get_label), PUT=Endpoint(labels.update_label), DELETE=Endpoint(labels.delete_label)),
    ),
    path("labels/<label>/delete", door(DELETE=Endpoint(labels.delete_label))),
    path("labels/<label>/chats", door(GET=read(labels.chats_of_label))),
    path("labels/<label>/chats/<chat>", door(**pair)),
    path("chats", door(GET=read(chats.list_chats), POST=read(chats.list_chats))),
    path("chats/overview", door(GET=read(chats.overview))),
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
