"""A vocabulary of two numbers, for tests of the pure language."""

from labelapp.queries.language.vocabulary import LabelName, NumberName, PersonName, Vocabulary

SALES, SUPPORT = 1, 2
LABELS = (
    LabelName(11, SALES, "1", "New lead", funnel=7, stage=1),
    LabelName(12, SALES, "2", "Quoted", funnel=7, stage=2),
    LabelName(13, SALES, "3", "Paid", funnel=7, stage=3),
    LabelName(14, SALES, "4", "VIP"),
    LabelName(15, SALES, "5", "On hold"),
    LabelName(16, SALES, "31", ""),
    LabelName(17, SALES, "7", "مكرَّر"),
    LabelName(18, SALES, "8", 'He said "é", twice..'),
    LabelName(21, SUPPORT, "1", "vip"),
    LabelName(22, SUPPORT, "2", "Hot"),
    LabelName(23, SUPPORT, "3", "HOT"),
    LabelName(24, SUPPORT, "4", "Open", funnel=8, stage=1),
    LabelName(25, SUPPORT, "5", "Paid", funnel=8, stage=2),
)
PEOPLE = (PersonName(1, "sara", "Sara Haddad"), PersonName(2, "sara2", "Sara Leal"), PersonName(3, "omar", ""))
NUMBERS = (NumberName(SALES, "sales", "Sales Cairo"), NumberName(SUPPORT, "support", "Support"))


def vocabulary(*numbers: int) -> Vocabulary:
    """Of these numbers, of both when none is named."""
    kept = numbers or (SALES, SUPPORT)
    return Vocabulary(
        tuple(number for number in NUMBERS if number.pk in kept),
        tuple(label for label in LABELS if label.number in kept),
        lambda: PEOPLE,
    )
