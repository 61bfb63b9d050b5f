"""Both clients walk the whole protocol against the simulator: a server they were not written with, over real HTTP."""

from collections.abc import Iterator

import pytest

from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider, connect
from labelapp.whatsapp.types import LabelInfo
from labelapp.whatsapp.waha import Waha
from tests.simulator.process import SimulatorProcess

HOOK = "http://127.0.0.1:9/hooks/demo/s3cret/"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    running = SimulatorProcess(tmp_path_factory.mktemp("both") / "simulator.sqlite3", "--chats", "30")
    try:
        yield running.start()
    finally:
        running.stop()
        running.http.close()


@pytest.fixture(params=["wawp", "waha"])
def provider(request: pytest.FixtureRequest, simulator: SimulatorProcess) -> Iterator[Provider]:
    with connect(
        request.param, base_url=simulator.url, instance_id="demo", token="demo-token", allow_private=True, seconds=10
    ) as client:
        yield client


@pytest.fixture
def label(provider: Provider) -> Iterator[LabelInfo]:
    made = provider.create_label("Walked", 4)
    yield made
    provider.delete_label(made.wa_id)


def test_the_session_and_its_hooks(simulator: SimulatorProcess, provider: Provider) -> None:
    session = provider.session()
    assert (session.status, session.me_jid[-5:]) == ("WORKING", "@c.us")
    for _ in range(2):
        provider.register_hook(HOOK, ["label.upsert"], "k3y-k3y-k3y")
    assert [hook.events for hook in provider.hooks() if hook.url == HOOK] == [("label.upsert",)]
    simulator.wait_for(lambda: provider.session().status == "WORKING", 20)  # WAHA restarts a session that is changed


def test_only_waha_tells_its_engine(provider: Provider) -> None:
    assert provider.session().engine == ("GOWS" if isinstance(provider, Waha) else "")


def test_the_directory(provider: Provider, label: LabelInfo) -> None:
    assert (label.name, label.color) == ("Walked", 4)
    assert label in provider.labels()
    assert provider.label(label.wa_id) == label
    assert provider.update_label(label.wa_id, name="Run", color=4).name == "Run"
    assert provider.update_label(label.wa_id, name="Run", color=7).color == 7
    assert (provider.label(label.wa_id).name, provider.label(label.wa_id).color) == ("Run", 7)


def test_refusals_of_the_directory(provider: Provider, label: LabelInfo) -> None:
    other = next(each for each in provider.labels() if each != label)
    with pytest.raises(ProviderError, match="already exists") as twin:
        provider.create_label(other.name, 1)
    assert (twin.value.permanent, twin.value.status) == (True, 422)
    for call in (lambda: provider.label("999"), lambda: provider.update_label("999", name="x", color=1)):
        with pytest.raises(ProviderError) as missing:
            call()
        assert missing.value.gone


def test_one_label_on_one_chat(provider: Provider, label: LabelInfo) -> None:
    jid = provider.chats(limit=5, offset=0)[0].jid
    before = {each.wa_id for each in provider.chat_labels(jid)}
    for _ in range(2):
        provider.add_label(jid, label.wa_id, keep=frozenset(before))
    assert {each.wa_id for each in provider.chat_labels(jid)} == before | {label.wa_id}
    assert provider.label_chats(label.wa_id) == [jid]
    for _ in range(2):
        provider.remove_label(jid, label.wa_id, keep=frozenset(before))
    assert {each.wa_id for each in provider.chat_labels(jid)} == before
    assert provider.label_chats(label.wa_id) == []


def test_what_an_inbox_reads(provider: Provider) -> None:
    first, second = (provider.chats(limit=5, offset=offset) for offset in (0, 5))
    assert (len(first), {chat.jid for chat in first} & {chat.jid for chat in second}) == (5, set())
    chat = first[0]
    messages = provider.messages(chat.jid, limit=10)
    assert chat.last_message is not None
    assert messages[-1].wa_id == chat.last_message.wa_id
    assert provider.lids(limit=100, offset=0)


@pytest.mark.parametrize("name", ["wawp", "waha"])
def test_a_wrong_token_is_refused(simulator: SimulatorProcess, name: str) -> None:
    with (
        connect(name, base_url=simulator.url, instance_id="demo", token="wrong", allow_private=True) as stranger,
        pytest.raises(ProviderError) as caught,
    ):
        stranger.labels()
    assert caught.value.refused
