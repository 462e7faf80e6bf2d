"""The dialogues of the night line, the returns desk and the warehouse, in English."""

from integrations.demo.script import talk

NIGHT_LINE = talk("""
== greeting
A: Larkspur night line. Is anybody in danger, or is it about a parcel locker or a rental bike?
== greeting
A: Night line of Larkspur Outdoors. What has happened?
== topic locker
C: The parcel locker in $street won't open. I've got the code and everything.
A: Which locker is it? The number is on the top left.
C: Locker $short.
CALL: open_locker {"locker": "$short", "reason": "code refused"}
RESULT: {"opened": true, "door": 7}
A: Door seven should have opened just now.
C: Yes! Thank you, it's freezing out here.
== topic locker offline
C: I'm standing in front of your locker and the screen is black.
A: I try to start it from here. Please wait a moment.
CALL: open_locker {"locker": "$short", "reason": "screen off"}
ERROR: locker $short: offline since 01:12, no answer
A: It does not answer; it has no power. I send a technician in the morning, and your parcel stays safe inside.
C: Great. So I came for nothing.
A: I am sorry. You get five dollars credit for the way.
== topic rental lock
C: I can't lock the rental bike. The app just keeps spinning.
A: Where are you?
C: At the station in $town.
CALL: end_rental {"bike": "B-$short", "place": "$town station"}
RESULT: {"ended": true, "charged": 3.50}
A: I have ended the rental here. You can leave the bike as it stands.
C: And I'm not paying for the whole night?
A: No, three dollars fifty, until now.
== topic flat tyre
C: I've got a flat tyre, in the middle of nowhere, somewhere between $town and the lake.
A: Are you safe where you are?
C: Yes, there's a bus shelter.
A: Good. The taxi that we work with can be there in twenty-five minutes. Shall I send it?
C: Please.
CALL: send_taxi {"near": "$town", "luggage": "bicycle"}
RESULT: {"minutes": 25, "plate": "EX $short"}
A: It is on its way. The plate ends in $short.
== topic alarm
C: The alarm of your shop has been ringing for half an hour. I live upstairs and I have to get up at five.
A: Thank you for calling. I am waking our security service now.
CALL: call_security {"shop": "$town"}
RESULT: {"on_site_in_minutes": 15}
A: They will be there in fifteen minutes.
C: Fifteen. Wonderful.
== topic just talking
C: I can't sleep and I thought I'd ask whether you have the $product.
A: We do, from nine in the morning on. The shop colleagues can tell you more then.
C: Fair enough. Good night.
END: participant_disconnected
== bridge
C: And since you're awake.
A: I am always awake.
== aside
C: Hello? Are you there?
A: Yes, I am here.
== aside
C: Speak up, it's windy.
A: Is this better?
C: Yes.
A: Good.
== closing
C: Thanks. Good night.
A: Good night, get home safely.
== closing
C: Okay. Bye.
""")

RETURNS_DESK = talk("""
== greeting
A: Larkspur returns desk. Which order would you like to send back?
== greeting
A: Hello, this is the returns desk. What is the order number?
== topic label
C: Order $order, the $product. It's too small.
CALL: start_return {"order_id": "$order", "reason": "too small"}
RESULT: {"return_id": "RT-$short", "label_sent_to": "$email"}
A: The label is on its way to $email. You have thirty days.
C: Can I hand it in at a shop too?
A: At any of our shops, without the label.
== topic no printer
C: I don't have a printer. How do I get that label on the parcel?
A: I can send a code to your phone; the parcel shop prints it for you.
C: Yes, please.
CALL: send_return_code {"order_id": "$order", "channel": "sms"}
RESULT: {"sent": true}
A: It should arrive any second.
PAUSE: 8
C: There it is.
== topic exchange
C: $order. I'd like the same $product, but one size larger.
CALL: check_stock {"product": "$product", "size": "L"}
RESULT: {"in_stock": 12}
A: We have it. I send the larger one today, and you put the other one into the same box.
C: That's clever.
== topic has it arrived
C: I sent something back a week ago and haven't heard anything. $order.
CALL: find_return {"order_id": "$order"}
ERROR: returns service: 404 nothing received for this order
A: It has not been scanned here yet. Do you have the receipt of the parcel shop?
C: Somewhere, yes.
A: Please keep it. If nothing has arrived by $day, we count it as received and refund $amount.
== topic no box
C: I threw away the original box. Is that a problem?
A: Not at all. Any box will do, as long as it holds.
== bridge
C: And there's a second thing I'd like to send back.
A: Go on.
== aside
C: Wait, where do I find that number?
A: At the top of the mail, in bold.
== closing
C: Thanks, bye.
A: Goodbye.
== closing
A: Is there anything else?
C: No, that's it.
A: Then have a good $daytime.
""")

WAREHOUSE = talk("""
== greeting
A: Warehouse hotline. Name and carrier, please.
== topic dock
C: Swift Parcel, $last. I'm ten minutes out, which dock?
A: Dock four, please. Mind the new barrier.
C: Dock four, got it.
== topic late truck
C: This is $name from Brightwater Freight. I'm stuck near $town, two hours late.
A: Thank you. I move you to the slot at $time.
C: Perfect.
== topic pallets
C: I've got six pallets on the note and five on the truck.
A: Then please sign for five and write it on the note. I tell the office.
C: Will do.
== topic gate
C: The gate doesn't open.
A: Please drive up to the line. The camera needs to see the plate.
C: Ah. Now it does.
== closing
C: Cheers.
== closing
C: Thanks, bye.
A: Bye.
""")
