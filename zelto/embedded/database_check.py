"""Ask whether the database of the settings answers, and say what to do if not."""

from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError

from zelto.env import env_text

NOT_RUNNING = (
    "The database is not running. Start it with `make run`, or set DATABASE_URL."
)


def explain_unreachable_database() -> str | None:
    """Return a sentence for the operator, or None where the database answers."""
    connection.close()
    try:
        connection.ensure_connection()
    except OperationalError as error:
        if not env_text("DATABASE_URL"):
            return NOT_RUNNING
        reason = " ".join(str(error).split())
        name = settings.DATABASES["default"]["NAME"]
        return f"The database {name!r} of DATABASE_URL does not answer: {reason}"
    return None
