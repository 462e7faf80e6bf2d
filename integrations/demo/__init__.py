"""Four weeks of invented calls of an invented shop, for `manage.py demo`.

    dialogues/   what is said, as text
    script       reads that text
    agents       the agents, and when they work
    fillers      names, products, dates
    chance       random numbers that are the same in each run
    weeks        when the calls of the last four weeks ended
    simulation   a script becomes a session with times, metrics, tools
    session      one session: its agent, how it ended, what was said
    bodies       a session as its worker writes it, in each of the shapes
    posts        what is posted of a session, once or again, with values that do not fit
    refusals     what the webhook does not take
    plan         all posts, in the order of time
    sending      posts them
    voices       the audio of a session
    recordings   gives some sessions their audio
    livekit      what LiveKit would have told of the sessions, and of a few others
    backdating   moves their arrival to when the session ended

All of it depends on the seed and the number of the slot alone, and on the present time.
"""
