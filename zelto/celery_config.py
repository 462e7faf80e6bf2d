"""Say which queue a task goes to, and which tasks run by the clock."""

from datetime import timedelta

from celery.schedules import crontab

# A process of its own: nothing that takes minutes is in the way of a delivery.
TASK_ROUTES = {
    "conversations.tasks.fetch_recordings": {"queue": "media"},
    "conversations.tasks.delete_unused_files": {"queue": "media"},
    "conversations.tasks.transcribe": {"queue": "media"},
    # A mail server may take its time.
    "integrations.tasks.send_waiting_mails": {"queue": "media"},
    # So that each tells when the other is away.
    "alerts.tasks.judge_from_media": {"queue": "media"},
    "alerts.tasks.tell_of_conversations": {"queue": "media"},
    "alerts.tasks.tell_of_weeks": {"queue": "media"},
    "alerts.tasks.send_messages": {"queue": "media"},
}

BEAT_SCHEDULE = {
    # Finds what no message announced. A sweep that waited is of no use: expires.
    "sweep-deliveries": {
        "task": "integrations.tasks.process_deliveries",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 2},
    },
    "sweep-livekit-events": {
        "task": "integrations.tasks.process_livekit_events",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 2},
    },
    "sweep-recordings": {
        "task": "conversations.tasks.fetch_recordings",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "sweep-transcriptions": {
        "task": "conversations.tasks.transcribe",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "send-waiting-mails": {
        "task": "integrations.tasks.send_waiting_mails",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "send-messages": {
        "task": "alerts.tasks.send_messages",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "delete-unused-files": {
        "task": "conversations.tasks.delete_unused_files",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    # What merges of agents left behind: usually nothing.
    "move-merged-conversations": {
        "task": "conversations.tasks.move_merged_conversations",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    # What no program asked for meanwhile, so that one that begins gets little of it.
    "give-positions-to-changes": {
        "task": "conversations.tasks.give_positions_to_changes",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    # What happens to a conversation within a few seconds is one event.
    "tell-of-conversations": {
        "task": "alerts.tasks.tell_of_conversations",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    # Each organization has a Monday morning of its own.
    "tell-of-weeks": {
        "task": "alerts.tasks.tell_of_weeks",
        "schedule": crontab(minute="*/10"),
        "options": {"expires": 600},
    },
    # What is usual for agents, which their silence is judged by.
    "learn-arrivals": {
        "task": "conversations.tasks.learn_arrivals",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    # What is wrong. Whichever of the two comes first does it.
    "judge": {
        "task": "alerts.tasks.judge",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "judge-from-media": {
        "task": "alerts.tasks.judge_from_media",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    # By the clock and often: an hour that beat was not up is not a day that is missed.
    "forget": {
        "task": "integrations.tasks.forget",
        "schedule": crontab(minute="17"),
        "options": {"expires": 3600},
    },
    "forget-messages": {
        "task": "alerts.tasks.forget_messages",
        "schedule": crontab(minute="37"),
        "options": {"expires": 3600},
    },
}
