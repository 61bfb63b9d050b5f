"""Portuguese, of Porto and of São Paulo."""

GIVEN = (
    "Beatriz Thiago Inês João Mariana Rui Sofia Rafael Catarina Duarte Letícia Gustavo Matilde Vasco "
    "Camila Tomás Larissa Afonso Bruna Diogo Helena Caio Margarida Nuno Aline Otávio"
)
FAMILY = (
    "Nogueira Albuquerque Carvalho Pimentel Tavares Figueiredo Moreira Sampaio Queirós Barros Teixeira "
    "Azevedo Brandão Vilela Macedo Fontes Resende Lobo Correia Meireles"
)
GROUPS = ["{place}: pedidos", "Lojistas {place}", "Família {place} – encomendas", "Restaurante {place}"]
PLACES = [
    "Mercado do Bolhão",
    "Pereira",
    "Vila Madalena",
    "Ribeira",
    "Pinheiros",
    "Matosinhos",
    "da Praça",
    "Atlântico",
]
ITEMS = [
    "taças azuis",
    "toalhas de linho",
    "latas de azeite",
    "chávenas de café",
    "travessas de cerâmica",
    "bandejas de cobre",
]
DAYS = ["segunda", "terça", "quarta", "quinta", "sexta"]

TALKS = {
    "ask": [
        "<Bom dia! Ainda têm as {item}?|>Bom dia! Temos sim, chegaram esta semana. Quantas deseja?|"
        "<Umas {n}. Quanto fica com entrega?",
        "<Oi, vi o catálogo de vocês|<Vocês entregam em São Paulo?|>Olá, entregamos sim! O que procura?|"
        "<{item}, para um café",
        "<Estão abertos na {day}?|>Sim, das 10 às 19 h.|<Ótimo, passo aí para ver as {item}",
    ],
    "quote": [
        ">Segue o orçamento: {n} × {item}, {amount} no total, com entrega.|"
        "<Obrigada! Vou falar com o meu sócio|<Se levar mais {n} faz um precinho?",
        ">Para {n} {item} são {amount}.|<Pode enviar de novo, com o IVA à parte?",
    ],
    "pay": [
        "<Fechado, pode reservar|>Maravilha! Encomenda {order}, {amount}. Transferência ou cartão?|"
        "<Faço a transferência na {day}",
        ">Ainda não recebemos o pagamento da {order}. Quer que reserve?|<Pode ser na quinta? Estou em reunião",
    ],
    "paid": [
        "<Segue o comprovativo em anexo|>Recebido, obrigado! Embalamos hoje a {order}.",
        "<Paguei agora, {amount}|>Já está cá, obrigado!|<Fico à espera da fatura",
    ],
    "ship": [
        ">A sua encomenda saiu do armazém hoje, chega na {day}.|<Obrigada! Que rapidez",
        "<Alguma novidade da {order}?|>Está com a transportadora, o motorista liga antes.|<Pode deixar na portaria",
    ],
    "close": [
        "<Chegou tudo direitinho, lindo!|>Que bom! Até à próxima.",
        "<As {item} ficaram ótimas na mesa|>Obrigado pela foto!",
    ],
    "invoice": ["<Pode enviar a fatura com o NIF da empresa?", "<Obrigada! Fico à espera da fatura."],
    "refund": ["<Duas {item} vieram partidas, quero o dinheiro de volta", "<Cobraram duas vezes a {order}!"],
    "late": ["<Já é {day} e ainda não chegou nada", "<Onde está a {order}? Disseram {day}"],
    "manager": ["<Quero falar com o responsável, por favor", "<É a terceira vez que pergunto pela {order}"],
    "group": [
        "<Faltam três caixas da última entrega|>Vou ver já com o armazém.|<E as {item}, vêm na {day}?|"
        ">Vêm, {n} caixas.",
        "<Quem recebe na {day}?|<Eu estou cá de manhã|<Somem mais {n} {item} para nós|>Anotado!",
    ],
}
CHATTER = [
    "Ainda dá para mudar a morada?", "Obrigada!", "E têm as {item} em verde?", "Quanto tempo demora a entrega?", "Passo aí na {day}",
    "Posso juntar {n} {item} ao pedido?", "Só vi agora a mensagem", "Qual é o preço para {n}?",
]  # fmt: skip
ANSWERS = ["Claro, vou ver e já digo.", "Pode ser, sim.", "Está a caminho.", "De nada!"]
