"""A sender in a process of its own, on the database of a test, until it is killed.

python -m tests.alerts.messages.run_sender DATABASE

DATABASE: the parameters of a connection, as JSON. A lease ends soon, so that what a killed
one held comes back.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta

LEASE = timedelta(seconds=2)


def main(database: dict[str, object]) -> None:
    """Send what is due, again and again."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zelto.settings")
    import django
    from django.conf import settings

    settings.DATABASES["default"].update(database)
    django.setup()
    from alerts.messages import sending, wakeup
    from alerts.models import Message

    Message.LEASE = LEASE
    wakeup.wake_worker = lambda: None
    parent = os.getppid()
    while os.getppid() == parent:
        sending.send_due(lambda: False)
        time.sleep(0.05)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
