"""The demo's people, numbers and funnels. Made only under `manage.py demo`, in its own database."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from labelapp.actions.actor import Actor
from labelapp.actions.directory import create_label
from labelapp.actions.event_mappings import keep_mapping
from labelapp.actions.hooks import register_hook
from labelapp.actions.notices import note
from labelapp.actions.numbers import Reach, connect_number
from labelapp.actions.outgoing import keep_hook
from labelapp.actions.rules import create_rule
from labelapp.actions.tagging import set_label
from labelapp.actions.tokens import make_token, rotate_token
from labelapp.models import (
    ApiToken,
    Change,
    Chat,
    ChatLabel,
    EventMapping,
    Instance,
    Label,
    LabelGroup,
    OutgoingHook,
    Receipt,
    Rule,
    Source,
    User,
)

PASSWORD = "demo"  # noqa: S105
PEOPLE = {  # username -> (first name, last name, group, language)
    "admin": ("Mona", "Adel", "Admin", "en"),
    "lead": ("Rui", "Tavares", "Lead", "en"),
    "agent": ("Salma", "Idris", "Agent", "en"),
    "agent2": ("Paulo", "Teixeira", "Agent", "en"),
    "agent_ar": ("هدى", "فوزي", "Agent", "ar"),
}
STAGES = {
    "New lead": "First message, nobody answered yet",
    "Quoted": "Price sent, waiting for a yes",
    "Pending payment": "Said yes, money not seen",
    "Paid": "Payment confirmed by finance",
    "Shipped": "Left the warehouse",
    "Closed": "Delivered or lost",
}
FREE = {
    "Customer": {
        "VIP": "Over 20 orders or hand-picked",
        "عميل دائم": "Regular: 3 orders or more",
        "Atacado": "Wholesale price list",
    },
    "Needs": {
        "On hold": "Waiting for the customer",
        "Send invoice": "Wants a tax invoice",
        "Refund now": "Money going back",
        "يحتاج مدير": "A manager has to decide",
        "Entrega atrasada": "Courier is late",
    },
}
SYSTEM = Actor(None, Source.IMPORT, "demo")
TOKEN = "demo-token"  # noqa: S105  # of the simulator in the box, no secret


@dataclass(frozen=True, slots=True)
class Place:
    """A number at the simulator: how it is called here, and there."""

    slug: str
    name: str
    provider: Instance.Provider
    session: str
    hmac_key: str = ""


# one that tells everything; one whose engine tells nothing of labels, without a hook; one whose phone is gone
MAIN = Place("demo", "Nile & Douro", Instance.Provider.WAWP, "demo", "demo-signing-key")
SILENT = Place("porto-shop", "Porto shop", Instance.Provider.WAHA, "demo2")
GONE = Place("warehouse", "Old warehouse phone", Instance.Provider.WAWP, "demo3", "demo-signing-key")
SHOP = "Demo shop"  # its API token
PAID = "payment.succeeded"
WAITING_LABELS = ("VIP", "Send invoice", "On hold")
CLASSIFIER = "Sentiment"
UNHAPPY, PINK = "Unhappy", 6
UNHAPPY_RULE = "Unhappy customers"


def make_people() -> None:
    """Make the demo's people. Safe to run twice; refuses outside the demo: everybody knows their password."""
    if not settings.DEMO:
        raise RuntimeError("Demo people exist in the demo only.")
    for username, (first, last, group, language) in PEOPLE.items():
        user = User.objects.filter(username=username).first()
        if user is None:
            email = f"{username}@example.com"
            user = User.objects.create_user(
                username, email, PASSWORD, first_name=first, last_name=last, language=language
            )
            user.is_staff = user.is_superuser = group == "Admin"
            user.save(update_fields=["is_staff", "is_superuser"])
        user.groups.set(Group.objects.filter(name=group))


def connect_demo(simulator: str, place: Place = MAIN) -> Instance:
    """The number at the simulator, connected the first time."""
    number = Instance.objects.connected().filter(slug=place.slug).first()
    if number is None:
        reach = Reach(place.provider, simulator, place.session, TOKEN, allow_private=True)
        return connect_number(SYSTEM, reach, name=place.name, slug=place.slug, hmac_key=place.hmac_key)
    number.base_url = simulator  # the port may be another one this time
    number.save(update_fields=["base_url"])
    return number


def register_demo_hook(number: Instance) -> None:
    """Have the simulator post to this product."""
    register_hook(SYSTEM, number)


@transaction.atomic
def group_labels(number: Instance) -> None:
    """One funnel and two free groups over the imported labels, with what each label means. Safe to run twice."""
    kinds = LabelGroup.Kind
    groups = [("Sales funnel", kinds.FUNNEL, STAGES), *((name, kinds.FREE, labels) for name, labels in FREE.items())]
    for place, (name, kind, labels) in enumerate(groups):
        group, _made = LabelGroup.objects.get_or_create(
            instance=number, name=name, defaults={"kind": kind, "position": place}
        )
        for position, (label, description) in enumerate(labels.items()):
            ours = Label.objects.filter(instance=number, name=label, group=None).living()
            ours.update(group=group, position=position, description=description)
    note(number, Change.Kind.LABELS)


def connect_shop(number: Instance) -> str:
    """The shop beside the simulator may tell who paid, and a payment means the stage Paid. A new secret each time: nobody keeps it."""
    if not settings.DEMO:
        raise RuntimeError("The demo's shop exists in the demo only.")
    mona = Actor.of(User.objects.get(username="admin"))
    paid = Label.objects.filter(instance=number, name="Paid").living().first()
    if paid is not None and not EventMapping.objects.filter(instance=number, type=PAID).exists():
        keep_mapping(mona, number, type=PAID, stage=paid.pk)
    token = ApiToken.objects.alive().filter(name=SHOP).first()
    return rotate_token(mona, token) if token else make_token(mona, SHOP, ["tag"], instances=[number])[1]


def keep_classifier(number: Instance, url: str) -> OutgoingHook:
    """The hook of `examples/sentiment.py`, which may listen elsewhere this time. The first time a label comes with it, and a rule that
    asks it of each message."""
    hook = OutgoingHook.objects.filter(name=CLASSIFIER).first()
    if hook is not None:
        hook.url = url
        hook.save(update_fields=["url"])
        return hook
    admin = Actor.of(User.objects.get(username="admin"))
    label = Label.objects.living().filter(instance=number, name=UNHAPPY).first() or create_label(
        admin, number, name=UNHAPPY, color=PINK, description="Sounds angry or let down"
    )
    with transaction.atomic():
        hook = keep_hook(admin, None, name=CLASSIFIER, url=url, events=[], numbers=[number], allow_private=True)
        if not Rule.objects.filter(instance=number, name=UNHAPPY_RULE).exists():
            does = {"ask": hook.pk, "answers": [label.pk]}
            create_rule(admin, number, on=True, name=UNHAPPY_RULE, trigger=Rule.Trigger.MESSAGE_IN, actions=does)
    return hook


def leave_wishes(number: Instance) -> None:
    """Salma tags three chats of a number that nobody answers for: wishes that wait. Safe to run twice."""
    if ChatLabel.objects.filter(label__instance=number).exclude(receipt=Receipt.CONFIRMED).exists():
        return
    salma = Actor.of(User.objects.get(username="agent"))
    labels = {label.name: label for label in Label.objects.filter(instance=number).living()}
    for name in WAITING_LABELS:
        carriers = ChatLabel.objects.filter(label=labels[name]).values("chat") if name in labels else None
        if carriers is not None and (chat := Chat.objects.filter(instance=number).exclude(pk__in=carriers).first()):
            set_label(salma, chat, labels[name], on=True)
