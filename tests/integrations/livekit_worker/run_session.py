"""Runs worker code as LiveKit runs it: a real agent server, a real job process for each
session, the hook called by the SDK when the session has ended. Only the room is LiveKit's
own stand-in (`fake_job`), so that no media server is needed.

    var/livekit-venv/bin/python tests/integrations/livekit_worker/run_session.py \\
        --code zelto_forward.py --scenario order --scenario handoff

The key is ZELTO_API_KEY, as in a worker. Prints one JSON object:

    sessions  for each its scenario, room and jobId, the SDK's own report of it (null where
              there was no session), and seconds: how long the hook took
    log       every record that reached the worker's log: level, logger, message
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from livekit.agents import AgentServer, AgentSession, JobContext
from livekit.protocol import agent, models

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import scripted_agent  # noqa: E402
import voice  # noqa: E402
from dispatcher import KEY, SECRET, Dispatcher, job_of  # noqa: E402
from ending import end_in_order, end_within  # noqa: E402

# The job processes import this file anew; these tell them the options of the first one.
CODE, TRY_FOR, RECORD = "WORKER_CODE", "WORKER_CODE_TRY_FOR", "WORKER_RECORD"
NO_SESSION, VOICE, KILLED = "no_session", "voice", "killed"
WORKER_CODE = "pasted_worker_code"
RUN_AT_MOST = 90.0  # seconds
JOB_AT_MOST = 75.0  # before that, so that it can say where it hangs

# As the SDK's own command line has it: the exporter of logs would export what it logs of
# its own requests, again and again.
logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)


def load_worker_code() -> ModuleType:
    """Load the file as it is, under a name by which both processes find the hook."""
    if WORKER_CODE in sys.modules:
        return sys.modules[WORKER_CODE]
    spec = importlib.util.spec_from_file_location(WORKER_CODE, os.environ[CODE])
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[WORKER_CODE] = module
    spec.loader.exec_module(module)
    if TRY_FOR in os.environ and module.forward_to_zelto.__defaults__:
        module.forward_to_zelto.__defaults__ = (float(os.environ[TRY_FOR]),)
    return module


async def forward_by_its_own(ctx: JobContext) -> None:
    """Call the hook of this session's folder, with the key that lies beside it."""
    folder = Path(json.loads(ctx.job.room.metadata)["folder"])
    os.environ[CODE] = str(folder / "worker_code.py")
    if (folder / "key").exists():
        os.environ["ZELTO_API_KEY"] = (folder / "key").read_text("utf-8")
    await load_worker_code().forward_to_zelto(ctx)


if CODE in os.environ:
    load_worker_code()


async def entrypoint(ctx: JobContext) -> None:
    end_within(JOB_AT_MOST)
    options = json.loads(ctx.job.room.metadata)
    if not ctx.job.agent_name:
        ctx.job.agent_name = options["agentName"]  # a server's dispatch sets it
    closed_at: list[float] = []

    async def note_result() -> None:
        """Write the result, as a shutdown callback: after the hook, whatever it did."""
        write_result(ctx.make_session_report().to_dict() if closed_at else None)

    def write_result(report: dict[str, Any] | None) -> None:
        result = {
            "scenario": options["scenario"],
            "room": ctx.job.room.name,
            "jobId": ctx.job.id,
            "report": report,
            "seconds": time.time() - closed_at[0] if closed_at else None,
        }
        Path(options["result"]).write_text(json.dumps(result, default=str), "utf-8")

    ctx.add_shutdown_callback(note_result)
    if options["scenario"] != NO_SESSION:
        session, play = session_of(options["scenario"])
        session.on("close", lambda event: closed_at.append(event.created_at))
        recording = {"record": True} if RECORD in os.environ else {}
        await session.start(scripted_agent.Support(), **recording)
        await play()
        if options["scenario"] == KILLED:
            # A machine that runs out of memory does the same: nothing more runs.
            write_result(None)
            os.kill(os.getpid(), signal.SIGKILL)
    ctx.shutdown(reason="the script has ended")


def session_of(
    scenario: str,
) -> tuple[AgentSession[None], Callable[[], Awaitable[None]]]:
    """Return the session of a scenario, and what goes on in it."""
    if scenario == VOICE:
        session, microphone = voice.voice_session()
        return session, partial(voice.hold, session, microphone)
    session = AgentSession[None](llm=scripted_agent.ScriptedModel())
    scenario = "order" if scenario == KILLED else scenario
    return session, partial(scripted_agent.SCENARIOS[scenario], session)


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[dict[str, str]] = []
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(
            {
                "level": record.levelname,
                "logger": record.name,
                "message": self.format(record),
            }
        )


def make_server(ws_url: str, *, has_folders: bool = False) -> AgentServer:
    """Make a worker with the entrypoint, and with the hook where there is one.

    ws_url: of the LiveKit server that dispatches to it; empty for none. has_folders:
        each session has a hook of its own.
    """
    registered = {"ws_url": ws_url, "api_key": KEY, "api_secret": SECRET}
    server = AgentServer(
        host="127.0.0.1",
        port=0,
        num_idle_processes=0,
        **(registered if ws_url else {}),
    )
    if has_folders:
        server.rtc_session(entrypoint, on_session_end=forward_by_its_own)
    elif CODE in os.environ:
        hook = load_worker_code().forward_to_zelto
        server.rtc_session(entrypoint, on_session_end=hook)
    else:
        server.rtc_session(entrypoint)
    return server


async def serve(server: AgentServer, *, is_registered: bool) -> asyncio.Task[None]:
    """Start a worker, and return once it is up."""
    is_up = asyncio.Event()
    server.on("worker_started", is_up.set)
    serving = asyncio.create_task(
        server.run(devmode=True, unregistered=not is_registered)
    )
    started = asyncio.create_task(is_up.wait())
    await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
    if not started.done():
        serving.result()  # why it is not up
    return serving


async def run(args: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    jobs, results = [], []
    for number, requested in enumerate(args.scenario):
        scenario, _, name = requested.partition(":")
        results.append(folder / f"{number}.json")
        options = {
            "scenario": scenario,
            "agentName": args.agent_name,
            "result": str(results[-1]),
        }
        if args.folders is not None:
            options["folder"] = str(args.folders / name)
        metadata = json.dumps(options)
        jobs.append(job_of(number, name or scenario, metadata, args.agent_name))
    if args.dispatched:
        await run_dispatched(jobs)
    else:
        await run_simulated(jobs, has_folders=args.folders is not None)
    return [json.loads(result.read_text("utf-8")) for result in results]


async def run_dispatched(jobs: list[agent.Job]) -> None:
    """Have a LiveKit server hand the jobs to the worker, and wait until all are over."""
    dispatcher = Dispatcher(jobs)
    await dispatcher.start()
    server = make_server(dispatcher.url)
    serving = await serve(server, is_registered=True)
    await dispatcher.all_ended.wait()
    await end_in_order(server)
    await serving
    await dispatcher.stop()


async def run_simulated(jobs: list[agent.Job], *, has_folders: bool) -> None:
    """Give the jobs to a worker that is registered nowhere."""
    server = make_server("", has_folders=has_folders)
    serving = await serve(server, is_registered=False)
    for job in jobs:
        name = job.room.name
        room = models.Room(name=name, sid=f"RM_{name}", metadata=job.room.metadata)
        await server.simulate_job(name, fake_job=True, room_info=room)
    await end_in_order(server)
    await serving


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--code", type=Path, help="the hook, where there is one")
    parser.add_argument(
        "--folders",
        type=Path,
        help="holds a folder for each room, with worker_code.py and, where there is one, "
        "the key",
    )
    parser.add_argument(
        "--record", action="store_true", help="have the SDK upload the sessions itself"
    )
    parser.add_argument(
        "--scenario",
        action="append",
        required=True,
        help=f"{', '.join([*scripted_agent.SCENARIOS, VOICE, KILLED, NO_SESSION])}, each also as "
        "scenario:room; all run at once",
    )
    parser.add_argument(
        "--dispatched",
        action="store_true",
        help="by a stand-in for a LiveKit server, which wants them recorded",
    )
    parser.add_argument("--agent-name", default="", help="the name of the dispatch")
    parser.add_argument("--try-for", type=float, help="shrinks the hook's own budget")
    parser.add_argument(
        "--at-most",
        type=float,
        default=RUN_AT_MOST,
        help="seconds; after that it ends and says where it was",
    )
    args = parser.parse_args()
    end_within(args.at_most)
    if args.code is not None:
        os.environ[CODE] = str(args.code.resolve())
    if args.record:
        os.environ[RECORD] = "1"
    if args.try_for is not None:
        os.environ[TRY_FOR] = str(args.try_for)
    kept = Kept()
    logging.basicConfig(level=logging.DEBUG, handlers=[kept])
    try:
        with tempfile.TemporaryDirectory() as folder:
            sessions = asyncio.run(run(args, Path(folder)))
    except BaseException:
        print(json.dumps(kept.records, indent=1), file=sys.stderr)  # noqa: T201
        raise
    print(json.dumps({"sessions": sessions, "log": kept.records}))  # noqa: T201


if __name__ == "__main__":
    main()
