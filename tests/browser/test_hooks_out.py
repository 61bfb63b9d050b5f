"""An admin makes a hook, and a label from the phone is heard by a program: the worker posts, the library checks."""

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import PATIENCE, Desk
from tests.browser.test_accessibility import grave_findings
from tests.browser.test_rules import remove
from tests.hook_receiver import receiver
from tests.stack import wait_until


def test_a_label_from_the_phone_is_heard_outside(desk: Desk, chat: Chat) -> None:
    desk.expects("422")  # the address is refused at first
    with receiver() as far:
        admin = desk.person("admin", "/settings/hooks/new/")
        page = admin.page
        page.get_by_label("Name", exact=True).fill("Campaigns")
        page.get_by_label("Address", exact=True).fill(far.url)
        page.get_by_label("label added to a chat").check()
        page.get_by_role("button", name="Save").click()
        expect(
            page.get_by_text("This is a private address").or_(page.get_by_text("must begin with https"))
        ).to_be_visible()
        page.get_by_label("May be on a private network").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Show the secret").click()
        secret = page.locator("#signing-secret").input_value()
        page.get_by_role("button", name="Send a test").click()
        expect(page.locator("#answer")).to_contain_text("The receiver answered 204.")
        assert far.got[0].verified(secret)["type"] == "test"
        desk.simulator.label_on_phone(chat.jid, desk.label("VIP"), on=True)
        wait_until(lambda: len(far.got) == 2, told="the label is heard outside")
        heard = far.got[1].verified(secret)
        assert (heard["type"], heard["data"]["label"]["name"], heard["data"]["chat"]["jid"]) == (
            "label.added",
            "VIP",
            chat.jid,
        )
        page.reload()
        expect(page.locator("[id^=send-]").first).to_contain_text("delivered")
        assert grave_findings(admin) == []
        page.get_by_role("button", name="Again").click()
        wait_until(lambda: len(far.got) == 3, told="it is posted again")
        assert far.got[2].id == far.got[1].id
        page.get_by_role("link", name="Delete this hook").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("No program is told yet")).to_be_visible()


def test_a_warm_lead_starts_a_campaign_elsewhere(desk: Desk, chat: Chat) -> None:
    """An agent tags a chat: the hook hears of the label, and the rule that calls it fires once, when WhatsApp has the label."""
    warm = desk.new_label_on_phone("Warm lead")
    with receiver() as far:
        admin, agent = desk.person("admin", "/settings/hooks/new/"), desk.person("agent")
        page = admin.page
        page.get_by_label("Name", exact=True).fill("Campaigns")
        page.get_by_label("Address", exact=True).fill(far.url)
        page.get_by_label("May be on a private network").check()
        page.get_by_label("label added to a chat").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Show the secret").click()
        secret = page.locator("#signing-secret").input_value()

        admin.go("/rules/new/")
        form = page.locator("#rule-form")
        form.locator('[name="name"]').fill("Campaign begins")
        form.locator('[name="trigger"]').select_option("label.added")
        expect(form.locator('[name="ask"]')).to_be_hidden()  # there is no message to classify
        form.locator("summary", has_text="Which label").click()
        form.get_by_role("group", name="Which label").get_by_text("Warm lead", exact=True).click()
        form.get_by_label("Call an outgoing hook").select_option("Campaigns")
        page.locator("#rule-save").click()
        admin.says("calls Campaigns")

        agent.tag(chat.jid, "Warm lead")
        wait_until(lambda: len(far.got) >= 2, told="the label and the rule are heard outside")
        agent.page.wait_for_timeout(1500)  # and nothing comes twice
        heard = {message["type"]: message["data"] for message in (got.verified(secret) for got in far.got)}
        assert (len(far.got), set(heard)) == (2, {"label.added", "rule.fired"})
        assert heard["label.added"]["actor"] == "agent"
        assert heard["rule.fired"]["rule"]["name"] == "Campaign begins"
        for data in heard.values():
            carried = [(label["wa_id"], label["confirmed"]) for label in data["chat"]["labels"]]
            assert (data["chat"]["jid"], carried) == (chat.jid, [(warm, True)])

        admin.go("/rules/")
        remove(admin, "Campaign begins")
        admin.go("/settings/hooks/")
        page.get_by_role("link", name="Campaigns").click()
        page.get_by_role("link", name="Delete this hook").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("No program is told yet")).to_be_visible(timeout=PATIENCE)
    desk.simulator.ask("DELETE", f"/sim/phone/labels/{warm}")
