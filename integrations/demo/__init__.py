"""Four weeks of invented calls of an invented shop, for `manage.py demo`.

    dialogues/   what is said, as text
    script       reads that text
    cast         the agents, and when they work
    fillers      names, products, dates
    weeks        when the calls of the last four weeks ended
    performance  a script becomes a session with times, metrics, tools
    session      one session: its agent, its fate, how it was worded
    bodies       a session as its worker writes it, in each of the shapes
    posts        what is posted of a session, again, with misfits
    refusals     what the webhook will not take
    plan         all posts, in the order of time
    sending      posts them
    voices       what a session sounds like
    recordings   gives some sessions their audio
    backdating   moves their arrival to when the session ended

Everything follows from the seed and the number of the slot, apart from the present.
"""
