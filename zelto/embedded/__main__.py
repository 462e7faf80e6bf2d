"""python -m zelto.embedded run | exec COMMAND"""

import argparse
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from zelto.embedded.command import run_command
from zelto.embedded.errors import Trouble
from zelto.embedded.output import say
from zelto.embedded.shutdown import Stopping, StopRequested
from zelto.embedded.stack import Stack
from zelto.env import data_directory


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m zelto.embedded",
        description="Starts the database that comes with Zelto (or, with DATABASE_URL, "
        "uses that one), does something with it, and stops it again.",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        help="where everything is kept (ZELTO_DATA_DIR, or var in the checkout)",
    )
    parser.add_argument(
        "--throwaway",
        action="store_true",
        help="faster, but a power cut ruins the data: for tests",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="the processes of the Procfile")
    run.add_argument("processes", nargs="*", help="only these")
    command = actions.add_parser("exec", help="one command, in the foreground")
    command.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def main() -> int:
    # A log line that this terminal cannot show must not end the stack.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    arguments = read_arguments()
    stopping = Stopping()
    stopping.listen()
    try:
        data_dir = (arguments.data_dir or data_directory()).absolute()
        if arguments.action == "run":
            stack = Stack(data_dir, arguments.processes, stopping)
            return stack.run(throwaway=arguments.throwaway)
        return run_command(
            arguments.command, data_dir, stopping, throwaway=arguments.throwaway
        )
    except StopRequested:
        say("Stopped.")
        return 0 if arguments.action == "run" else 1
    except (Trouble, ImproperlyConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except PermissionError as error:
        sys.stderr.write(f"{error.filename} cannot be used: {error.strerror}.\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
