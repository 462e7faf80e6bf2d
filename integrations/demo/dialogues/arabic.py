"""The dialogues in Arabic."""

from integrations.demo.script import talk

_AROUND = """
== bridge
A: هل يمكنني مساعدتك في شيء آخر؟
C: نعم، عندي سؤال آخر.
A: تفضل.
== aside
C: عفواً، الصوت متقطع. هل يمكنك أن تعيد؟
A: بالتأكيد، سأعيد ببطء.
== aside
C: لحظة من فضلك، سأكتب ذلك.
PAUSE: 8
C: تمام.
A: خذ وقتك.
== closing
C: لا، هذا كل شيء. شكراً جزيلاً.
A: العفو، مع السلامة.
== closing
C: شكراً لك، إلى اللقاء.
A: إلى اللقاء، يومك سعيد.
"""

FRONT_DESK = talk(
    """
== greeting
A: أهلاً وسهلاً بك في Larkspur Outdoors، كيف يمكنني مساعدتك؟
== topic hours
C: السلام عليكم، متى تفتحون يوم $day؟
A: وعليكم السلام، نفتح يوم $day من التاسعة صباحاً حتى السابعة مساءً.
C: وهل الورشة مفتوحة أيضاً؟
A: نعم، حتى الخامسة.
C: ممتاز، سآتي بعد الظهر إن شاء الله.
== topic lost
C: نسيت $product عندكم في المتجر.
A: متى كان ذلك؟
C: يوم $day، حوالي الساعة $time.
PAUSE: 6
A: وجدناه، وهو عند الصندوق برقم $short. أحضر معك ما يثبت اسمك من فضلك.
C: الحمد لله، شكراً لكم.
== topic invoice
C: وصلتني الفاتورة $invoice مرتين.
A: سأحوّلك إلى قسم الحسابات.
HANDOFF: billing
A: قسم الحسابات، أهلاً. هل المبلغ $amount؟
C: نعم، صحيح.
CALL: find_invoice {"invoice": "$invoice"}
RESULT: {"invoice": "$invoice", "total": $amount_number, "currency": "USD", "status": "paid"}
A: الفاتورة مدفوعة، والثانية أُرسلت بالخطأ. لا عليك منها.
"""
    + _AROUND
)

ORDER_SUPPORT = talk(
    """
== greeting
A: خدمة الطلبات في Larkspur، معك ميا. ما رقم طلبك؟
C: الرقم $order.
== topic where
C: طلبت $product قبل أسبوع ولم يصل حتى الآن، رقم الطلب $order.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "in_transit", "last_scan": "$town", "expected": "$slot_date"}
A: الطرد في الطريق، وسيصل يوم $day.
C: هل يمكن التوصيل بعد الساعة $time؟
A: نعم، سأكتب ذلك في ملاحظات السائق.
CALL: add_note {"order_id": "$order", "note": "التوصيل بعد الساعة $time"}
RESULT: {"saved": true}
A: تمت إضافة الملاحظة.
== topic refund
C: أريد إرجاع $product، فالمقاس غير مناسب.
A: بكل سرور. هل تفضل استبداله أم استرداد المبلغ؟
C: استرداد المبلغ من فضلك.
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "المقاس غير مناسب"}
RESULT: {"refund_id": "rf_$short", "amount": $amount_number, "arrives_in_days": 5}
A: سيعود المبلغ إلى بطاقتك خلال خمسة أيام.
"""
    + _AROUND
)
