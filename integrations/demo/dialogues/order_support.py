"""The dialogues of order support, in English."""

from integrations.demo.script import talk

ENGLISH = talk("""
== greeting
A: Larkspur order support, this is Mia. What is your order number?
C: Hello, it's $order.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "customer": "$last", "items": [{"name": "$product", "quantity": 1}], "total": $amount_number, "status": "shipped"}
A: Thank you, $first. I have it here. How can I help?
== greeting
A: Hi, this is Mia from Larkspur order support. What can I do for you?
== greeting
A: Larkspur order support, Mia speaking. This call may be recorded. How can I help today?
== topic where is it
C: I ordered a $product on $day and it still hasn't arrived. The order is $order.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "in_transit", "carrier": "Swift Parcel", "last_scan": "$town", "expected": "$slot_date"}
A: It left our warehouse and was last scanned in $town. It should be with you on $day.
C: It said that last week as well.
A: I understand. If it is not there by $day evening, call me and I send another one the same day.
== topic not found
C: Hi, can you check on my order? I think it's $wrong_order.
CALL: lookup_order {"order_id": "$wrong_order"}
ERROR: order service: 404 no such order
A: I cannot find that number. Could you read it to me once more?
C: Oh, sorry, I read the customer number. It's $order.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "packed", "items": [{"name": "$product", "quantity": 2}]}
A: There it is: two times the $product, packed, leaving the warehouse tonight.
C: Great, thank you.
== topic refund
C: I'd like my money back for the $product. It's the wrong size and I have sent it back already. Order $order.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "returned", "returned_at": "$slot_date", "refundable": $amount_number}
A: I see that it arrived back here. Shall I refund $amount to the card you paid with?
C: Yes please.
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "wrong size"}
RESULT: {"refund_id": "rf_$short", "amount": $amount_number, "arrives_in_days": 5}
A: It is on its way. It takes up to five working days to show on your statement.
C: Perfect, thanks.
== topic refund fails once
C: You promised me a refund two weeks ago, for order $order. Nothing has come.
A: I am sorry. Let me look into it right away.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "returned", "refundable": $amount_number, "refunds": []}
A: You are right, it was never started. I do it now, $amount.
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "return"}
ERROR: payment service: timed out after 8 s
A: The payment service is slow today. I try once more.
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "return"}
RESULT: {"refund_id": "rf_$short", "amount": $amount_number, "arrives_in_days": 5}
A: Now it went through. You will get a confirmation at $email.
C: Okay. I hope so this time.
== topic refund fails for good
C: I want to return the $product and get a refund. It's order $order, from February I think.
CALL: refund_order {"order_id": "$order", "amount": $amount_number, "reason": "changed mind"}
ERROR: {"code": "outside_return_window", "message": "The order is older than 60 days.", "days": 93}
A: I am afraid that order is older than sixty days, so I cannot refund it.
C: But it was a present! I only got it on my birthday.
A: I see. What I can offer is store credit over $amount.
C: Hm. Can I think about it?
A: Of course. The offer holds for two weeks; just mention the number $short.
C: Fine. I'll call again.
== topic damaged
C: My $product came with a crack right across it. I'm holding it in my hands, it's hopeless.
A: I am sorry to hear that. Did the parcel look damaged as well?
C: One corner was crushed, yes.
A: Then the carrier pays for it. I send you a new one. Is the address in $town still right?
C: Yes, $street.
CALL: replace_item {"order_id": "$order", "product": "$product", "address_confirmed": true}
RESULT: {"replacement_order": "$order2", "ships": "today"}
A: The new order is $order2, and it ships today. You do not need to send anything back.
C: Oh, that was easy.
== topic change address
C: I've moved, and my order is going to the old address.
A: Let us see whether it can still be changed.
CALL: lookup_order {"order_id": "$order"}
RESULT: {"order_id": "$order", "status": "open", "can_change_address": true}
A: We are lucky, it has not been packed. What is the new address?
C: $street, in $town. Third floor, and the bell doesn't work, so they should knock.
CALL: change_address {"order_id": "$order", "street": "$street", "city": "$town", "note": "Third floor. The bell is broken: please knock."}
RESULT: {"changed": true}
A: I have changed it, with the note about the bell.
== topic cancel too late
C: I want to cancel order $order, please.
CALL: cancel_order {"order_id": "$order"}
ERROR: order service: 409 the parcel is already with the carrier
A: It left the warehouse an hour ago, so I cannot stop it any more. You can refuse the parcel at the door; it then comes straight back to us.
C: And then I get the money back?
A: All of it, within a week of its arrival here.
== topic two orders
C: I have two orders, $order and $order2. Can you put them in one parcel?
CALL: lookup_order {"order_id": "$order"}
CALL: lookup_order {"order_id": "$order2"}
RESULT: {"order_id": "$order", "status": "open", "items": [{"name": "$product", "quantity": 1}]}
RESULT: {"order_id": "$order2", "status": "open", "items": [{"name": "$product2", "quantity": 1}]}
A: Both are still open, the $product and the $product2. I can merge them, and you save one shipping fee.
C: Yes, do that.
CALL: merge_orders {"orders": ["$order", "$order2"]}
RESULT: {"order_id": "$order", "items": 2, "shipping_saved": 4.90}
A: Done. Everything comes together under the number $order.
== topic charged twice
C: My card was charged twice for the same order. Twice $amount!
A: That must not happen. I take you to billing; they can see the card payments.
HANDOFF: billing
A: Billing, hello $first. I look at the payments of $order now.
CALL: list_payments {"order_id": "$order"}
RESULT: {"payments": [{"id": "pay_1$short", "amount": $amount_number, "state": "captured"}, {"id": "pay_2$short", "amount": $amount_number, "state": "authorized"}]}
A: Only one of them was taken. The other is a reservation that your bank releases within three days.
C: So I will not pay twice?
A: You will not. If it is still there on $day, call us and mention the payment pay_2$short.
C: Okay. That's a relief.
== topic product question
C: Before I order, does the $product fit together with the $product2?
A: Yes, they are made for each other. You only need the small adapter, which is in the box.
C: And is it waterproof?
A: It is fine in heavy rain. It should not lie under water.
C: Good enough for me. I don't plan to swim with it.
== topic missing part
C: There's a part missing in my parcel, the little bag with the screws.
A: That is a nuisance. Is it for the $product?
C: Exactly. I've checked the box three times.
CALL: send_spare_part {"order_id": "$order", "part": "screw set", "quantity": 1}
RESULT: {"shipment": "sp_$short", "arrives": "$slot_date"}
A: A new set is in the letter post tonight. It should be with you in two days.
== topic tracking link
C: The tracking link in your mail doesn't open.
A: I can send it once more. Is $email right?
C: Yes, that's me.
CALL: send_tracking {"order_id": "$order", "to": "$email"}
RESULT: {"sent": true}
A: Sent. It should be there in a minute. Please look in the spam folder too.
PAUSE: 11
C: Got it, and this one works.
== bridge
A: Can I help with anything else?
C: Yes, there's another order.
A: Of course.
== bridge
C: Okay. And then I have a second question.
A: I am listening.
== bridge
C: One more thing, if you have a moment.
A: Certainly.
== aside
C: Sorry, I'm on a train, you're breaking up.
A: No problem. I can hear you well.
== aside
C: Hold on, I need to find my glasses.
PAUSE: 14
C: All right.
A: No hurry.
== aside
C: Is it under my name or under the family's? I'm never sure.
A: It is under $name.
== aside
C: You know, I've been a customer for twelve years.
A: Thank you, we do appreciate that.
== aside
C: Uh-huh.
A: Are you still there?
C: Yes, yes, go on.
A: Good.
== closing
A: Is there anything else?
C: No. Thank you for your help.
A: My pleasure. Goodbye, $first.
== closing
C: Thanks, you've been great. Bye!
A: Thank you. Have a nice $daytime.
== closing
C: Right. Bye.
A: Goodbye.
== closing
C: Okay thanks.
""")
