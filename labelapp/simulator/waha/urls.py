"""The map of the dialect. Anything else below /api/ is not found, and a client that tries to send there is seen."""

from collections.abc import Callable

from django.urls import path, re_path

from labelapp.simulator.answers import Answer, Endpoint
from labelapp.simulator.waha import chats, labels, lids, sessions
from labelapp.simulator.waha.door import door


def read(act: Callable[..., Answer], lists: str = "") -> Endpoint:
    return Endpoint(act, reads=True, lists=lists)


def edit(act: Callable[..., Answer]) -> Endpoint:
    return Endpoint(act, writes_labels=True)


def about(act: Callable[..., Answer], *, reads: bool = True) -> Endpoint:
    """Of the server or the session itself: answered whatever the status."""
    return Endpoint(act, reads=reads, needs_session=False)


urlpatterns = [
    path("version", door(GET=about(sessions.version))),
    path("server/version", door(GET=about(sessions.version))),
    path("sessions", door(GET=about(sessions.list_sessions))),
    path("sessions/<session>", door(GET=about(sessions.session), PUT=about(sessions.update_session, reads=False))),
    path("sessions/<session>/me", door(GET=about(sessions.me))),
    path("contacts", door(GET=read(chats.contact))),
    path("<session>/labels", door(GET=read(labels.list_labels, "labels"), POST=edit(labels.create_label))),
    path("<session>/labels/<label>", door(PUT=edit(labels.update_label), DELETE=edit(labels.delete_label))),
    path(
        "<session>/labels/chats/<chat>",
        door(
            GET=read(labels.labels_of_chat, "chat_labels"),
            PUT=Endpoint(labels.set_labels_of_chat, assigns=True),
        ),
    ),
    path("<session>/labels/<label>/chats", door(GET=read(labels.chats_of_label, "label_chats"))),
    path("<session>/chats", door(GET=read(chats.list_chats, "overview"))),
    path(
        "<session>/chats/overview",
        door(GET=read(chats.overview, "overview"), POST=read(chats.overview_by_body, "overview")),
    ),
    path("<session>/chats/<chat>/messages", door(GET=read(chats.messages))),
    path("<session>/contacts/<contact>", door(GET=read(chats.contact))),
    path("<session>/lids", door(GET=read(lids.lids))),
    path("<session>/lids/count", door(GET=read(lids.lid_count))),
    path("<session>/lids/pn/<number>", door(GET=read(lids.lid_of_number))),
    path("<session>/lids/<lid>", door(GET=read(lids.number_of_lid))),
    re_path("", door()),
]
