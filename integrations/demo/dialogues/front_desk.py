"""The dialogues of the front desk, in English."""

from integrations.demo.script import talk

ENGLISH = talk("""
== greeting
A: Larkspur Outdoors, good $daytime. How can I help?
== greeting
A: Hello, you have reached the front desk of Larkspur Outdoors. What can I do for you?
== greeting
A: Larkspur Outdoors, this is the front desk. Who am I speaking with?
C: This is $first.
A: Nice to meet you, $first. How can I help?
== topic opening hours
C: Hi, I just want to know how late you are open on $day.
A: On $day the shop is open from nine until seven, and the workshop until five.
C: And on Saturdays?
A: Saturdays from ten until four. The workshop is closed then.
C: Good, that works for me.
== topic parking
C: I'm driving over from $town. Is there anywhere to park?
A: Yes, there is a car park behind the building. You get in from $street, and the first hour is free.
C: Is it high enough for a van with a roof box?
A: The entrance is two metres ten. With a roof box I would rather use the open car park across the road.
C: Ah, good that I asked.
== topic lost thing
C: I think I left my $product in your shop on $day. Grey, with a sticker on it.
A: Let me see what has been handed in. Do you remember where you had it last?
C: At the till, or maybe in the fitting room. I was there with two kids, so honestly I have no idea.
PAUSE: 6
A: Something that fits was handed in on $day evening. It is at the front desk under the number $short. Please bring something with your name on it.
C: Oh wonderful, you have saved my week.
== topic a person please
C: Can I speak to a real person, please?
A: Of course. May I ask what it is about, so that I find the right one?
C: It's about a quote for twenty rental bikes for our company outing.
A: That would be Ottilie Brandt in group rentals. She is in a meeting until $time. Shall she call you back?
C: Yes please, on this number.
A: I have noted it: $name, twenty rental bikes, call back after $time.
C: Perfect.
== topic invoice twice
C: I've got two invoices for the same thing. $amount each. I only bought one $product.
A: That sounds like one for our billing colleagues. I will put you through; they see what I see.
HANDOFF: billing
A: Billing here. You have two invoices over $amount, is that right?
C: Yes, $invoice and another one with a number right after it.
CALL: find_invoice {"invoice": "$invoice"}
RESULT: {"invoice": "$invoice", "total": $amount_number, "currency": "USD", "duplicate_of": null, "status": "paid"}
A: The first one is paid. The second was made when the card terminal lost its connection. I have cancelled it, so nothing will be taken.
C: Do I get that in writing?
A: You will have the cancellation at $email within the hour.
== topic old invoice
C: I need a copy of an invoice from last year for my tax return. Number $invoice.
A: Billing can send that. I will connect you.
HANDOFF: billing
A: Hello, billing. Which invoice do you need?
C: $invoice, from last spring.
CALL: find_invoice {"invoice": "$invoice"}
ERROR: archive service: 504 gateway timeout
A: The archive does not answer just now. I have put your request in the queue; it goes to $email as soon as it is back.
C: It's not urgent. Thanks.
== topic gift card
C: How do I find out what's left on a gift card?
A: Could you read me the last six digits?
C: Four, one, $short.
CALL: gift_card_balance {"last_digits": "41$short"}
RESULT: {"balance": 35.00, "currency": "USD", "valid_until": "2029-12-31"}
A: There are thirty-five dollars left, and it is valid for several years.
C: And can I use it online too?
A: Yes, at the last step, under Vouchers.
== topic job
C: I saw that you're looking for someone in the workshop. Who do I write to?
A: To jobs at example dot com. The closing date is in two weeks.
C: Do I need a certificate, or is experience enough? I've been fixing bikes for about ten years, mostly for friends and for the repair café in $town.
A: Experience is welcome. Please write a few lines about it, and when you could start.
C: Great, I'll do that tonight.
== topic driver complaint
C: I want to complain. Your driver left my parcel on the pavement, in the rain.
A: I am sorry, that should not happen. Is the content damaged?
C: The box is soaked. The $product is wet but I think it works.
A: I will pass that on to the carrier. May I have the order number?
C: $order.
A: Thank you. If it turns out to be damaged, call us within fourteen days and we exchange it without any questions.
C: Well. All right. But please tell them.
A: I have written it down word for word.
== topic wheelchair
C: Is your shop accessible with a wheelchair?
A: Yes. There is a ramp at the side entrance on $street, and a lift to the first floor.
C: And the toilets?
A: On the ground floor, next to the workshop. The door opens by itself.
== topic newsletter
C: I get your newsletter three times a week and I can't get rid of it.
A: I am sorry about that. Which address does it go to?
C: $email.
CALL: unsubscribe {"email": "$email", "list": "newsletter"}
RESULT: {"removed": true}
A: It is done. One that is already on its way may still arrive.
C: Finally.
== topic wrong number
C: Hi, is this the dentist?
A: No, this is Larkspur Outdoors. We mend bicycles, not teeth.
C: Oh! Sorry. Bye.
END: participant_disconnected
== topic press
C: Hello, I'm writing about small shops in $town for the local paper. Could I talk to the owner?
A: I can take a message for her. When does the article come out?
C: In about ten days. I'd need half an hour, on the phone is fine.
A: I have noted your name, $name, and that it is for the local paper. She will call before $day.
C: Lovely, thank you.
== topic stock
C: Do you have the $product in stock, or do I have to order it?
CALL: check_stock {"product": "$product", "shop": "$town"}
RESULT: {"in_stock": 3, "shop": "$town", "aisle": "C4"}
A: There are three in the shop in $town. Shall I put one aside for you?
C: Yes please, until $day if you can.
A: It will be at the till under $last until $day evening.
== bridge
A: Is there anything else?
C: Yes, actually, one more thing.
A: Go ahead.
== bridge
C: While I have you on the line.
A: Yes?
== aside
C: Sorry, could you say that again? The line is bad.
A: Of course, I will say it a little slower.
== aside
C: Wait, let me write that down.
PAUSE: 7
C: Okay, got it.
A: Take your time.
== aside
C: Am I talking to a computer, by the way?
A: Yes, I am a voice assistant. I can put you through to a colleague at any time.
C: No, no, this is fine.
A: Then let us go on.
== aside
C: Hang on, someone's at the door.
PAUSE: 19
C: So, I'm back.
A: Welcome back.
== closing
A: Is there anything else I can do for you?
C: No, that's all. Thanks!
A: You're welcome. Have a good $daytime.
== closing
C: Thanks a lot, bye.
A: Goodbye, $first.
== closing
C: That's it. Bye-bye.
A: Thank you for calling. Goodbye.
== closing
C: Cheers.
""")
