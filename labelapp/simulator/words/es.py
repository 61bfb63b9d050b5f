"""Spanish."""

GIVEN = (
    "Lucía Mateo Valentina Diego Camila Andrés Sofía Javier Mariana Emilio Paula Rodrigo Elena Sergio "
    "Ximena Tomás Carmen Iván Rocío Álvaro Daniela Héctor"
)
FAMILY = (
    "Ibarra Salgado Quintero Fuentes Maldonado Rosales Cifuentes Herrera Villalba Montoya Arriaga Peña "
    "Cordero Lozano Solís Bustamante Aguilar Vega"
)
GROUPS = ["Mayoristas {place}", "Pedidos {place}", "Cafetería {place}", "Vecinas de {place}"]
PLACES = ["Centro", "La Rosa", "San Telmo", "Miramar", "El Olivar", "Puerto Viejo", "Las Flores"]
ITEMS = [
    "tazas azules",
    "toallas de lino",
    "latas de aceite",
    "fuentes de cerámica",
    "bandejas de cobre",
    "copas de té",
]
DAYS = ["lunes", "martes", "miércoles", "jueves", "viernes"]

TALKS = {
    "ask": [
        "<¡Hola! ¿Todavía tienen las {item}?|>¡Buenos días! Sí, llegaron esta semana. ¿Cuántas necesita?|"
        "<Unas {n}. ¿Cuánto sería con envío?",
        "<Buenas, vi su catálogo|<¿Hacen envíos fuera de la ciudad?|>¡Hola! Sí, a todo el país. ¿Qué busca?|"
        "<{item}, para un regalo",
        "<¿Abren el {day}?|>Sí, de 10 a 19 h.|<Perfecto, paso a ver las {item}",
    ],
    "quote": [
        ">Le paso el presupuesto: {n} × {item}, {amount} en total, envío incluido.|"
        "<Gracias, lo consulto y le digo|<¿Y si llevo {n} más?",
        ">Por {n} {item} serían {amount}.|<¿Me lo puede mandar otra vez con el envío aparte?",
    ],
    "pay": [
        "<De acuerdo, las llevo|>¡Estupendo! Pedido {order}, {amount}. ¿Transferencia o tarjeta?|"
        "<Hago la transferencia el {day}",
        ">Todavía no vemos el pago del pedido {order}. ¿Se lo guardo?|<Sí por favor, pago el {day}",
    ],
    "paid": [
        "<Listo, ya pagué. Le mando el comprobante|>Recibido, muchas gracias. Hoy preparamos el {order}.",
        "<Acabo de pagar {amount}|>¡Ya lo vemos, gracias!|<¿Cuándo sale?",
    ],
    "ship": [
        ">Su pedido salió esta mañana, llega el {day}.|<¡Qué rápido! Mil gracias",
        "<¿Hay novedades del {order}?|>Va en camino, el repartidor la llama antes.|<Que lo deje con el portero",
    ],
    "close": [
        "<¡Llegó todo perfecto!|>¡Qué alegría! Hasta la próxima.",
        "<Las {item} quedaron preciosas|>¡Gracias por la foto!",
    ],
    "invoice": ["<¿Me puede enviar la factura del pedido {order}?", "<Necesito la factura a nombre de la empresa"],
    "refund": ["<Dos {item} llegaron rotas, quiero que me devuelvan el dinero", "<¡Me cobraron dos veces el {order}!"],
    "late": ["<Ya es {day} y no llegó nada", "<¿Dónde está el {order}? Me dijeron el {day}"],
    "manager": ["<Quisiera hablar con el encargado", "<Es la tercera vez que pregunto por el {order}"],
    "group": [
        "<¿Vienen las {item} en la próxima entrega?|>Sí, {n} cajas, el {day}.|<Nosotras queremos {n}|"
        "<Yo paso a recogerlas",
        "<Falta una caja del último pedido|>Lo reviso ahora mismo.|<Gracias, avísenos",
    ],
}
CHATTER = [
    "¿Todavía puedo cambiar la dirección?", "¡Gracias!", "¿Y tienen las {item} en verde?", "¿Cuánto tarda el envío?", "Paso el {day}",
    "¿Puedo agregar {n} {item} al pedido?", "Recién veo el mensaje", "¿Qué precio tienen {n}?",
]  # fmt: skip
ANSWERS = ["Claro, lo reviso y le aviso.", "Sí, sin problema.", "Va en camino.", "¡De nada!"]
