#!/usr/bin/env python
"""Run Django's commands, with a sentence where the settings or the database fail."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import OperationalError


def main() -> None:
    """Run the command of the command line.

    Raises:
        OperationalError: the database is at fault, and nothing says how.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zelto.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError:
        # Asked only now: commands such as `check` need no database at all.
        from zelto.embedded.database_check import explain_unreachable_database

        sentence = explain_unreachable_database()
        if sentence is None:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    main()
