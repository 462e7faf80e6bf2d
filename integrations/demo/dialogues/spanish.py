"""The dialogues in Spanish."""

from integrations.demo.script import talk

_AROUND = """
== bridge
A: ¿Puedo ayudarle en algo más?
C: Sí, otra cosita.
A: Dígame.
== aside
C: Perdone, se corta. ¿Me lo repite?
A: Claro que sí, se lo repito despacio.
== aside
C: Un segundito, que voy a apuntarlo.
PAUSE: 7
C: Ya está.
A: Perfecto.
== closing
C: Nada más, muchas gracias.
A: A usted por llamar. ¡Hasta pronto!
== closing
C: Vale, gracias. Adiós.
A: Adiós, que tenga un buen día.
"""

FRONT_DESK = talk(
    """
== greeting
A: Larkspur Outdoors, buenos días. ¿En qué puedo ayudarle?
== topic horario
C: Hola, ¿hasta qué hora abren el $day?
A: El $day abrimos de nueve a siete, y el taller cierra a las cinco.
C: ¿Y los sábados también?
A: Sí, de diez a cuatro, aunque el taller está cerrado.
== topic factura
C: Mire, me han cobrado dos veces la misma factura, la $invoice.
A: Le paso con mis compañeros de facturación, que lo ven enseguida.
HANDOFF: billing
A: Facturación, dígame. ¿La factura $invoice, por $amount?
C: Esa misma.
CALL: find_invoice {"invoice": "$invoice"}
RESULT: {"invoice": "$invoice", "total": $amount_number, "currency": "USD", "status": "paid", "payments": 2}
A: Tiene razón, hay dos pagos. Le devuelvo uno hoy mismo.
C: Menos mal. ¿Cuánto tarda?
A: Entre tres y cinco días hábiles.
== topic ruta
C: ¿Cómo llego a la tienda desde la estación de $town?
A: Son diez minutos a pie por $street. También para el autobús número cuatro delante de la puerta.
C: Estupendo, voy andando.
== topic niños
C: ¿Alquilan bicicletas para niños? Tengo una de seis años y otro de nueve.
A: Sí, y el casco está incluido. ¿Para qué día sería?
C: Para el $day, si no llueve.
A: Se las reservo a nombre de $last. Si llueve, llámenos y no pasa nada.
C: ¡Qué amables!
"""
    + _AROUND
)

ORDER_SUPPORT = talk(
    """
== greeting
A: Atención de pedidos de Larkspur, soy Mia. ¿Cuál es su número de pedido?
C: Es el $order.
== greeting
A: Hola, soy Mia, de atención de pedidos. ¿Qué necesita?
== topic dónde está
C: Pedí $product hace diez días y no ha llegado nada. El pedido es el $order.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "in_transit", "last_scan": "$town", "expected": "$slot_date"}
A: Está en reparto desde $town. Debería llegarle el $day.
C: ¿Seguro? Porque trabajo hasta las $time.
A: Puedo pedir que lo dejen en una taquilla cerca de su casa.
C: Eso sería ideal.
CALL: redirect_to_locker {"order_id": "$order", "near": "$street"}
RESULT: {"locker": "$short", "street": "$street"}
A: Hecho. Le llegará un código al móvil.
== topic devolución
C: Quiero devolver $product. No es lo que esperaba.
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "no es lo que esperaba"}
ERROR: {"code": "not_returned_yet", "message": "The item has not arrived at the warehouse."}
A: Para devolverle el dinero primero tiene que llegarnos el paquete. Le envío ahora la etiqueta a $email.
C: De acuerdo. ¿Y los gastos de envío?
A: Corren de nuestra cuenta.
== topic cambio de talla
C: ¿Puedo cambiar la talla? La cremallera cierra, pero no puedo respirar.
A: Por supuesto. ¿Una talla más?
C: Mejor dos.
CALL: exchange_item {"order_id": "$order", "size": "+2"}
RESULT: {"new_order": "$order2", "ships": "mañana"}
A: Sale mañana con el número $order2.
C: Muchísimas gracias.
"""
    + _AROUND
)
