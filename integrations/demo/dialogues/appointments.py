"""The dialogues of the appointments agent, in English."""

from integrations.demo.script import talk

ENGLISH = talk("""
== greeting
A: Larkspur workshop, you can book an appointment with me. What should we look at?
== greeting
A: Hello, this is the workshop of Larkspur Outdoors. When would you like to come in?
== topic simple booking
C: I need a service for my bike, the normal one.
A: Gladly. Would a morning or an afternoon suit you better?
C: Afternoon, after $time if possible.
CALL: find_slot {"service": "standard service", "after": "$slot_date", "part_of_day": "afternoon"}
RESULT: {"slots": ["$slot_date 14:30", "$slot_date 16:00"]}
A: I have half past two or four o'clock on $day.
C: Four o'clock.
CALL: book_slot {"slot": "$slot_date 16:00", "service": "standard service", "name": "$name"}
RESULT: {"booking": "WS-$short", "slot": "$slot_date 16:00", "minutes": 60}
A: You are booked for $day at four. Your number is W S $short.
C: Super.
== topic slot taken
C: Can I come on $day morning? My brakes are squeaking like mad.
CALL: find_slot {"service": "brakes", "after": "$slot_date", "part_of_day": "morning"}
RESULT: {"slots": ["$slot_date 09:00"]}
A: There is exactly one left, at nine.
C: I take it.
CALL: book_slot {"slot": "$slot_date 09:00", "service": "brakes", "name": "$name"}
ERROR: booking service: 409 the slot was taken a moment ago
A: I am sorry, somebody was quicker. Let me look again.
CALL: find_slot {"service": "brakes", "after": "$slot_date", "part_of_day": "any"}
RESULT: {"slots": ["$slot_date 12:15", "$slot_date 17:00"]}
A: A quarter past twelve, or five in the afternoon?
C: Then the quarter past twelve, in my lunch break.
CALL: book_slot {"slot": "$slot_date 12:15", "service": "brakes", "name": "$name"}
RESULT: {"booking": "WS-$short", "slot": "$slot_date 12:15", "minutes": 45}
A: Now it is yours: $day, a quarter past twelve.
== topic reschedule
C: I have an appointment on $day but I can't make it.
A: No problem. Under which name is it?
C: $last, first name $first.
CALL: find_booking {"name": "$name"}
RESULT: {"booking": "WS-$short", "service": "wheel truing", "slot": "$slot_date 10:00"}
A: Wheel truing, at ten. When would be better?
C: Any day the week after. Mornings.
CALL: find_slot {"service": "wheel truing", "after": "$later_date", "part_of_day": "morning"}
RESULT: {"slots": ["$later_date 09:30", "$later_date 11:00"]}
A: Half past nine or eleven?
C: Half past nine.
CALL: move_booking {"booking": "WS-$short", "slot": "$later_date 09:30"}
RESULT: {"booking": "WS-$short", "slot": "$later_date 09:30"}
A: I have moved it to half past nine. You get a message on this number.
== topic cancel
C: I'd like to cancel my appointment. The number is W S $short.
CALL: cancel_booking {"booking": "WS-$short"}
RESULT: {"cancelled": true, "fee": 0}
A: It is cancelled, free of charge. Would you like another date?
C: Not now. My bike was stolen, to be honest.
A: Oh no, I am sorry. If you need the frame number for the police, we have it in our files.
C: Really? That would help a lot.
A: I send it to $email.
== topic fully booked
C: I need a slot before $day, we are leaving for a tour.
CALL: find_slot {"service": "standard service", "before": "$slot_date", "part_of_day": "any"}
RESULT: {"slots": []}
A: Everything before $day is taken. I can put you on the waiting list and call you as soon as something opens.
C: How likely is that?
A: About every second one gets a place.
C: Then do that, please.
CALL: join_waiting_list {"name": "$name", "before": "$slot_date"}
RESULT: {"position": 3}
A: You are number three on the list.
== topic price
C: How much is a big service, roughly?
A: One hundred and twenty dollars, plus parts. We call before we change anything over thirty.
C: And how long does it take?
A: Bring it in the morning and it is ready the same evening.
C: All right, then let's find a day.
CALL: find_slot {"service": "big service", "after": "$slot_date", "part_of_day": "morning"}
RESULT: {"slots": ["$slot_date 08:30", "$later_date 08:30"]}
A: $day at half past eight?
C: Yes.
CALL: book_slot {"slot": "$slot_date 08:30", "service": "big service", "name": "$name"}
RESULT: {"booking": "WS-$short", "slot": "$slot_date 08:30", "minutes": 180}
A: You are booked. Please take everything off the rack.
== topic ready yet
C: Is my bike ready? I brought it in this morning.
CALL: find_booking {"name": "$name"}
RESULT: {"booking": "WS-$short", "state": "waiting_for_part", "part": "chainring", "expected": "$later_date"}
A: Not yet. It needs a chainring that arrives in a few days.
C: A few days? I need it for work.
A: We can lend you a bicycle until then, at no cost.
C: Oh. Okay, that's decent of you.
== topic booking service down
C: I'd like an appointment for next week.
CALL: find_slot {"service": "standard service", "after": "$slot_date", "part_of_day": "any"}
ERROR: booking service: connection refused
A: The calendar does not answer. One moment, I try again.
CALL: find_slot {"service": "standard service", "after": "$slot_date", "part_of_day": "any"}
ERROR: booking service: connection refused
A: I am sorry, I cannot see the calendar right now. May a colleague call you back?
C: Sure, this number is fine.
A: Thank you, $first. You hear from us today.
== bridge
C: And I'd like to bring my daughter's bike as well.
A: Of course, let us do that too.
== bridge
A: Was that all?
C: No, something else.
A: Please.
== aside
C: Wait, I'm looking at my calendar.
PAUSE: 9
C: Yes, that works.
A: Good.
== aside
C: Which $day do you mean, this one or the next?
A: The coming one.
== aside
C: It's an e-bike, by the way. Does that matter?
A: Not at all. Please bring the charger and the key of the battery.
== closing
C: Great, see you then.
A: See you on $day. Goodbye.
== closing
A: Can I do anything else for you?
C: No thanks. Bye.
A: Goodbye, $first.
== closing
C: Thank you!
A: You're welcome.
""")
