"""A stand-in for a LiveKit server: the websocket by which it hands jobs to workers.

Real messages of livekit-protocol; what it does not have is a room to join. It runs in
the environment of livekit-agents.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import WSMsgType, web
from livekit import api
from livekit.protocol import agent, models

KEY, SECRET = "APIofThisTest", "secret-" * 6
ENDED = {agent.JobStatus.JS_SUCCESS, agent.JobStatus.JS_FAILED}


def job_of(number: int, name: str, metadata: str, agent_name: str) -> agent.Job:
    """Return a job in a room of its own, which the server wants to be recorded."""
    return agent.Job(
        id=f"AJ_test{number:08d}",
        dispatch_id=f"AD_test{number:08d}",
        type=agent.JobType.JT_ROOM,
        room=models.Room(name=name, sid=f"RM_test{number:08d}", metadata=metadata),
        agent_name=agent_name,
        enable_recording=True,
    )


class Dispatcher:
    """Hands these jobs to the first worker that registers.

    all_ended: set once the worker has said of each that it is over.
    """

    def __init__(self, jobs: Sequence[agent.Job]) -> None:
        self.jobs = {job.id: job for job in jobs}
        self.states: dict[str, int] = {}
        self.all_ended = asyncio.Event()
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a loopback port."""
        application = web.Application()
        application.router.add_get("/agent", self._serve)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"ws://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for received in socket:
            if received.type is not WSMsgType.BINARY:
                continue
            message = agent.WorkerMessage()
            message.ParseFromString(received.data)
            for answer in self._answers(message):
                await socket.send_bytes(answer.SerializeToString())
        return socket

    def _answers(self, message: agent.WorkerMessage) -> list[agent.ServerMessage]:
        kind = message.WhichOneof("message")
        if kind == "register":
            registered = agent.RegisterWorkerResponse(worker_id="AW_test")
            return [
                agent.ServerMessage(register=registered),
                *(
                    agent.ServerMessage(availability=agent.AvailabilityRequest(job=job))
                    for job in self.jobs.values()
                ),
            ]
        if kind == "availability" and message.availability.available:
            job = self.jobs[message.availability.job_id]
            grants = api.VideoGrants(room_join=True, room=job.room.name, agent=True)
            token = api.AccessToken(KEY, SECRET).with_identity(f"agent-{job.id}")
            assignment = agent.JobAssignment(
                job=job, token=token.with_grants(grants).to_jwt()
            )
            return [agent.ServerMessage(assignment=assignment)]
        if kind == "update_job":
            self._note(message.update_job)
        return []

    def _note(self, update: agent.UpdateJobStatus) -> None:
        self.states[update.job_id] = update.status
        if all(self.states.get(one) in ENDED for one in self.jobs):
            self.all_ended.set()
