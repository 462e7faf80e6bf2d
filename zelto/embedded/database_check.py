"""Whether the database of the settings answers, and what to do where it does not."""

from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError

from zelto.env import env_text

NOT_RUNNING = (
    "The database is not running. Start it with `make run`, or set DATABASE_URL."
)


def database_trouble() -> str | None:
    """One sentence, or None where the database answers and the trouble is another."""
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
