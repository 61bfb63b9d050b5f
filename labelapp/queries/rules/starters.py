"""Ready-made rules, bound to the labels of a number by their names."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from labelapp.models import Rule
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.language.folding import fold

Kind = Rule.Trigger
# Words that people write when it can't wait, or about what it is: English, Arabic, Portuguese, Spanish
URGENT = (
    "asap, urgent, urgently, emergency, help, as soon as possible, right now, immediately, "
    "عاجل, عاجلا, مستعجل, ضروري, ضروري جدا, طارئ, طوارئ, النجدة, ساعدوني, مساعدة, حالا, فورا, بأسرع وقت, "
    "urgente, urgência, socorro, ajuda, me ajuda, o mais rápido possível, emergência, imediatamente, agora mesmo, "
    "urgencia, ayuda, auxilio, emergencia, lo antes posible, cuanto antes, inmediatamente, ahora mismo"
)
BILLING = (
    "invoice, invoices, bill, billing, receipt, refund, charge, charged, payment, فاتورة, الفاتورة, دفع, الدفع, استرداد, مبلغ, حساب, "
    "fatura, boleto, recibo, reembolso, cobrança, pagamento, factura, cobro, pago, devolución, recibo"
)
SUPPORT = (
    "not working, doesn't work, broken, error, problem, issue, bug, support, عطل, مشكلة, لا يعمل, مش شغال, خطأ, دعم, "
    "não funciona, problema, erro, defeito, suporte, no funciona, error, falla, averiado, soporte"
)
SALES = (
    "price, prices, cost, how much, quote, buy, order, discount, available, سعر, السعر, بكم, كم السعر, شراء, اشتري, عرض سعر, خصم, متوفر, "
    "preço, quanto custa, orçamento, comprar, desconto, disponível, precio, cuánto cuesta, presupuesto, descuento, disponible"
)


@dataclass(frozen=True, slots=True)
class Starter:
    """`label`: the one it is about, None where the number has none of that name (`needs`; "" where a funnel is missing)."""

    key: str
    name: str
    why: str
    needs: str
    label: Tag | None
    columns: dict[str, Any]
    is_made: bool = False


def starters(directory: Directory, made: Iterable[str]) -> list[Starter]:
    """All of them, with those whose names a rule has already marked as made."""
    by_name = {fold(tag.name): tag for section in directory.sections for tag in section.tags if tag.name}
    taken = {name.casefold() for name in made}
    found = []
    for key, name, why, needs, kind, more in _kinds():
        label = by_name.get(fold(needs)) if needs else _first_stage(directory)
        found.append(Starter(key, name, why, needs, label, _columns(name, kind, label, more), name.casefold() in taken))
    return found


def _kinds() -> list[tuple[str, str, str, str, str, dict[str, Any]]]:
    """Key, name, what it is for, the label, the trigger, and what is particular."""
    inward, outward = Kind.MESSAGE_IN, Kind.MESSAGE_OUT
    return [
        (
            "urgent",
            _("Urgent words"),
            _("“ASAP”, “help” and their like in English, Arabic, Portuguese and Spanish."),
            "Urgent",
            inward,
            {"words": URGENT},
        ),
        ("billing", _("About billing"), _("Invoices, payments, refunds."), "Billing", inward, {"words": BILLING}),
        ("support", _("About support"), _("Something does not work."), "Support", inward, {"words": SUPPORT}),
        ("sales", _("About sales"), _("Prices, quotes, orders."), "Sales", inward, {"words": SALES}),
        (
            "bot-on",
            _("Bot handled"),
            _("On when a message goes out by the API."),
            "Bot handled",
            outward,
            {"source": "api"},
        ),
        (
            "bot-off",
            _("A person answers"),
            _("Off when a person answers by the app."),
            "Bot handled",
            outward,
            {"source": "app", "off": True},
        ),
        (
            "first-stage",
            _("New chats"),
            _("A new chat enters the first stage."),
            "",
            Kind.CHAT_CREATED,
            {"stage": True},
        ),
    ]


def _first_stage(directory: Directory) -> Tag | None:
    funnels = (section for section in directory.sections if section.is_funnel and section.tags)
    return next((section.tags[0] for section in funnels), None)


def _columns(name: str, kind: str, label: Tag | None, more: dict[str, Any]) -> dict[str, Any]:
    pks = [label.pk] if label else []
    actions: dict[str, Any] = {"remove": pks} if more.get("off") else {"add": pks}
    if more.get("stage"):
        actions = {"stage": label.pk if label else None}
    entries = list(dict.fromkeys(word.strip() for word in more.get("words", "").split(",") if word.strip()))
    return {
        "name": name,
        "trigger": kind,
        "trigger_data": {"source": more["source"]} if "source" in more else {},
        "conditions": {"text": {"mode": "any", "entries": entries}} if entries else {},
        "actions": actions,
    }
