"""The dialogues in German."""

from integrations.demo.script import talk

_AROUND = """
== bridge
A: Kann ich sonst noch etwas für Sie tun?
C: Ja, eine Frage hätte ich noch.
A: Gerne.
== aside
C: Entschuldigung, das habe ich akustisch nicht verstanden.
A: Kein Problem, ich sage es noch einmal langsam.
== aside
C: Moment, ich hole kurz etwas zum Schreiben.
PAUSE: 8
C: So, jetzt.
A: Lassen Sie sich Zeit.
== closing
C: Das war's schon. Vielen Dank!
A: Sehr gerne. Auf Wiederhören.
== closing
C: Alles klar, danke. Tschüss.
A: Tschüss und einen schönen Tag.
"""

FRONT_DESK = talk(
    """
== greeting
A: Larkspur Outdoors, guten Tag. Wie kann ich Ihnen helfen?
== topic Öffnungszeiten
C: Grüß Gott, haben Sie am $day offen?
A: Ja, am $day haben wir von neun bis neunzehn Uhr geöffnet.
C: Und die Werkstatt auch?
A: Die Werkstatt schließt um siebzehn Uhr.
C: Dann komme ich am besten vormittags vorbei.
== topic Fundsache
C: Ich glaube, ich habe bei Ihnen $product liegen lassen.
A: Oje. Wissen Sie noch, wann das war?
C: Am $day, so gegen $time.
PAUSE: 5
A: Es liegt etwas Passendes an der Kasse. Fragen Sie bitte nach der Nummer $short.
C: Gott sei Dank! Ich habe schon alles abgesucht.
== topic Rechnung
C: Ich habe eine Mahnung bekommen, obwohl ich längst bezahlt habe. Rechnung $invoice.
A: Das klärt am besten unsere Buchhaltung. Ich verbinde Sie.
HANDOFF: billing
A: Buchhaltung, guten Tag. Es geht um die Rechnung $invoice?
C: Genau, über $amount.
CALL: find_invoice {"invoice": "$invoice"}
RESULT: {"invoice": "$invoice", "total": $amount_number, "currency": "USD", "status": "paid", "reminder_level": 1}
A: Ihre Zahlung ist da. Die Mahnung hat sich damit überschnitten, bitte betrachten Sie sie als gegenstandslos.
C: Na, dann ist es ja gut.
== topic Gruppenausflug
C: Wir planen einen Betriebsausflug mit fünfundzwanzig Leuten. Verleihen Sie so viele Räder?
A: Ja, mit zwei Wochen Vorlauf. Sind auch Elektroräder dabei?
C: Ungefähr zehn, würde ich schätzen. Und zwei Lastenräder für das Gepäck, falls Sie welche haben.
A: Haben wir. Frau Brandt macht Ihnen ein Angebot. An welche Adresse darf es gehen?
C: An $email.
A: Sie hören bis $day von uns.
== topic Falsch verbunden
C: Guten Tag, ich hätte gern die Pizza Nummer zwölf.
A: Hier ist Larkspur Outdoors. Pizza haben wir leider nicht, nur Campingkocher.
C: Ach du liebe Zeit, Entschuldigung.
END: participant_disconnected
"""
    + _AROUND
)

ORDER_SUPPORT = talk(
    """
== greeting
A: Larkspur Bestellservice, mein Name ist Mia. Worum geht es?
== greeting
A: Guten Tag, hier ist der Bestellservice. Wie lautet Ihre Bestellnummer?
C: Das ist die $order.
== topic Wo bleibt es
C: Ich warte seit über einer Woche auf meine Bestellung. Die Nummer ist $order.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "in_transit", "carrier": "Swift Parcel", "last_scan": "$town", "expected": "$slot_date"}
A: Das Paket war zuletzt in $town und soll am $day bei Ihnen sein.
C: Das stand letzte Woche auch schon da.
A: Wenn es bis $day nicht da ist, schicke ich Ihnen sofort ein neues.
== topic Umtausch
C: Die Größe passt nicht. Kann ich $product umtauschen?
A: Natürlich. Haben Sie die Bestellnummer zur Hand?
C: Ja, $order.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "delivered", "refundable": $amount_number}
A: Möchten Sie eine andere Größe oder lieber das Geld zurück?
C: Lieber das Geld zurück.
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "Größe passt nicht"}
ERROR: payment service: timed out after 8 s
A: Das Zahlungssystem antwortet gerade nicht. Ich versuche es noch einmal.
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "Größe passt nicht"}
RESULT: {"refund_id": "rf_$short", "amount": $amount_number, "arrives_in_days": 5}
A: Jetzt hat es geklappt. Das Geld ist in etwa fünf Tagen auf Ihrem Konto.
== topic Beschädigt
C: Der Karton war völlig zerdrückt, und innen ist auch etwas kaputt.
A: Das tut mir leid. Können Sie mir ein Foto schicken?
C: Ja, wohin denn?
A: An service@example.com, mit der Nummer $order im Betreff. Den Ersatz schicke ich heute schon los.
C: Das ist ja mal ein Service!
"""
    + _AROUND
)
