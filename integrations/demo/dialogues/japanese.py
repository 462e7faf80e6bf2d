"""The dialogues in Japanese."""

from integrations.demo.script import talk

_AROUND = """
== bridge
A: ほかにご用件はございますか。
C: はい、もう一つお願いします。
A: 承ります。
== aside
C: すみません、もう一度お願いできますか。
A: はい、ゆっくり申し上げます。
== aside
C: 少々お待ちください、メモします。
PAUSE: 7
C: お待たせしました。
A: とんでもございません。
== closing
C: 以上です。ありがとうございました。
A: お電話ありがとうございました。失礼いたします。
== closing
C: どうも、助かりました。
A: こちらこそ、ありがとうございます。
"""

FRONT_DESK = talk(
    """
== greeting
A: お電話ありがとうございます。ラークスパー・アウトドアでございます。
== topic hours
C: もしもし、$dayは何時まで営業していますか。
A: $dayは午前九時から午後七時まで営業しております。
C: 自転車の修理もその時間までですか。
A: 修理の受付は午後五時までとなっております。
C: わかりました。では午前中に伺います。
== topic lost
C: 昨日、お店に$productを忘れてしまったようなのですが。
A: お調べいたします。少々お待ちください。
PAUSE: 9
A: 届いております。お預かり番号は$shortです。
C: よかった。今日、取りに行きます。
== topic invoice
C: 請求書の金額が間違っているようです。番号は$invoiceです。
A: 経理担当におつなぎします。
HANDOFF: billing
A: 経理担当でございます。請求書$invoiceについてですね。
C: はい、$amountになっていますが、一つしか買っていません。
CALL: find_invoice {"invoice": "$invoice"}
RESULT: {"invoice": "$invoice", "total": $amount_number, "currency": "USD", "quantity": 2}
A: 数量が二になっておりました。訂正した請求書を$emailへお送りします。
C: よろしくお願いします。
"""
    + _AROUND
)

ORDER_SUPPORT = talk(
    """
== greeting
A: ラークスパー注文窓口のミアでございます。ご注文番号をお願いいたします。
C: $orderです。
== topic where
C: 先週注文した$productがまだ届きません。番号は$orderです。
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "in_transit", "last_scan": "$town", "expected": "$slot_date"}
A: 現在、配送中でございます。$dayにお届けの予定です。
C: 夜しかいないのですが、時間指定はできますか。
A: はい、午後七時以降で承ります。
CALL: set_delivery_time {"order_id": "$order", "from": "19:00", "to": "21:00"}
RESULT: {"saved": true}
A: 変更いたしました。
== topic refund
C: $productのサイズが合わないので、返品したいです。
A: かしこまりました。返金でよろしいでしょうか。
C: はい、お願いします。
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "サイズ違い"}
ERROR: payment service: timed out after 8 s
A: 申し訳ございません。決済システムの応答がありません。担当者から折り返しご連絡いたします。
C: わかりました。待っています。
"""
    + _AROUND
)
