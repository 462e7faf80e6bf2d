"""The dialogues of the survey caller, in English."""

from integrations.demo.script import talk

ENGLISH = talk("""
== greeting
A: Hello, this is an automated call from Larkspur Outdoors. You bought a $product from us. Do you have two minutes for three questions?
== greeting
A: Good $daytime, am I speaking with $name? This is Larkspur Outdoors with a very short survey.
== topic whole survey
C: Sure, go ahead.
A: On a scale of one to ten, how happy are you with your $product?
C: I'd say $score.
A: Thank you. How was the delivery?
C: On time. The driver was friendly.
A: And would you buy from us again?
C: Yes, I think so.
== topic detailed survey
C: Okay, if it's really two minutes.
A: It is. From one to ten, how happy are you with your $product?
C: $score. It does what it should, but the instructions are a joke. I had to watch a video to put it together.
A: I have noted that about the instructions. How was the delivery, from one to ten?
C: Ten.
A: What could we do better?
C: Answer mails faster. I waited four days for a simple answer.
A: Thank you. Would you recommend us to a friend?
C: I already have.
== topic unhappy
C: You've got some nerve. The $product broke on the second day!
A: I am sorry to hear that. Would you like a colleague to call you about it?
C: Yes, and soon.
A: I have marked it as urgent. Someone will call within one working day.
C: I'll believe it when it happens.
== topic busy
C: I'm in a meeting.
A: I am sorry. May I call again in the evening?
C: After seven, yes.
A: Thank you, until then.
END: Call back requested: after 19:00
== topic opt out
C: Please take me off your list. I don't want these calls.
A: Of course. You will not be called again.
C: Thank you.
END: Customer opted out
== topic not the customer
C: $first isn't home. This is the neighbour, I'm just watering the plants.
A: Then I will try another time. Thank you.
C: Try at $time, that's usually good.
A: That is good to know.
END: Wrong person, try again later
== topic suspicious
C: How do I know this isn't a scam?
A: I will not ask for any payment or address. You can also call the number on your invoice and take part there.
C: Then I'll do that. No offence.
A: None taken.
END: Customer will take part on the inbound line
== topic machine
C: Hi, this is the voicemail of $name. Please leave a message after the tone.
END: Voicemail, no message left
== aside
C: What was the question?
A: I repeat it gladly.
== aside
C: Mhm.
A: Thank you.
== closing
A: That was all. Thank you, and goodbye.
C: Bye.
== closing
A: Thank you for your time. Have a good $daytime.
""")
