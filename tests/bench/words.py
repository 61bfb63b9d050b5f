"""What people are called in the world, and what they say: words of three scripts and lengths, few of them all the time."""

import random
from functools import cache
from itertools import accumulate

LATIN = (
    "Mariam João Ana Rui Omar Sara Paulo Inês Karim Leila Tomás Nadia Hugo Salma Bruno Dina Pedro Yara Luís Mona "
    "Marta Adam Clara Tarek Sofia Nuno Hana Diogo Rania Vasco"
)
LATIN_FAMILY = (
    "Haddad Tavares Idris Teixeira Leal Mansour Almeida Farouk Pinto Saleh Moreira Nasser Cardoso Hamdi Lopes Zaki "
    "Ramos Fahmy Sousa Khalil Neves Aziz Brito Sabry Matos Younes Faria Helmy Reis Barakat"
)
ARABIC = "أحمد سامي هدى فاطمة محمود ليلى كريم نور يوسف مريم طارق سلمى عمر دينا خالد رنا حسن آية علي منى"
ARABIC_FAMILY = "حداد منصور فوزي إبراهيم صالح ناصر حمدي زكي فهمي خليل عزيز صبري يونس حلمي بركات سعيد الشريف عادل"
COMMON = (
    "order price please thanks today invoice hello when the and delivery size colour paid box blue pedido preço obrigado "
    "hoje fatura olá quando entrega tamanho caixa طلب سعر شكرا اليوم فاتورة مرحبا متى التوصيل مقاس لون"
)
RARE = "zanzibar"  # in one message of 20,000
RARE_ARABIC = "زنجبار"
SYLLABLES = "ba ce di fo gu ha ji ko lu me ni pa ra se ti vo wa xe yo zu"
INVENTED = 3000


@cache
def listed(words: str) -> list[str]:
    return words.split()


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """All words, and how often the first n of them are said together."""
    chance = random.Random(1)  # noqa: S311
    invented = {"".join(chance.choices(listed(SYLLABLES), k=chance.randint(2, 4))) for _ in range(INVENTED)}
    words = [*listed(COMMON), *sorted(invented)]
    return words, list(accumulate(1 / rank for rank in range(1, len(words) + 1)))


def name(chance: random.Random) -> str:
    """Three in ten write themselves in Arabic."""
    given, family = (ARABIC, ARABIC_FAMILY) if chance.random() < 0.3 else (LATIN, LATIN_FAMILY)
    return f"{chance.choice(listed(given))} {chance.choice(listed(family))}"


def sentence(chance: random.Random) -> str:
    words, sums = vocabulary()
    said = chance.choices(words, cum_weights=sums, k=chance.randint(3, 9))
    if chance.random() < 1 / 20_000:
        said += [RARE, RARE_ARABIC]
    return " ".join(said)
