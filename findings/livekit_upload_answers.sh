#!/bin/sh
# livekit-agents 1.8.9 uploads each recorded session by itself (LIVEKIT_OBSERVABILITY_URL).
# What one would guess: a 503 with Retry-After is tried again, a redirect is followed with
# the body or is an error. What it does: Retry-After is ignored and the session is lost;
# a 302 is requested again with GET, and counts as delivered; only a protobuf
# google.rpc.RetryInfo in the answer makes it come again, whatever the status.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q livekit-agents==1.8.9
cat > "$folder/receiver.py" <<'PY'
import asyncio, json, logging, os, sys
from aiohttp import web

PATH = "/observability/recordings/v0"
DELAY = b"\x0a\x02\x08\x00"  # RetryInfo: a Duration of 0 seconds
TYPE = b"type.googleapis.com/google.rpc.RetryInfo"
ANY = b"\x0a" + bytes([len(TYPE)]) + TYPE + b"\x12" + bytes([len(DELAY)]) + DELAY
STATUS = b"\x08\x0e\x1a" + bytes([len(ANY)]) + ANY
ANSWERS = {
    "200": lambda: web.Response(status=200),
    "302": lambda: web.Response(status=302, headers={"Location": "/elsewhere"}),
    "503 Retry-After": lambda: web.Response(status=503, headers={"Retry-After": "0"}),
    "503 RetryInfo": lambda: web.Response(
        status=503, body=STATUS, content_type="application/x-protobuf"
    ),
}


async def receive(folder: str) -> None:
    seen = {name: [] for name in ANSWERS}

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        name = request.path.split("/")[1].replace("_", " ")
        if request.path.endswith(PATH):
            seen[name].append(request.method)
            result = ANSWERS[name]()
        else:
            if request.path == "/elsewhere":
                seen["302"].append(f"{request.method} elsewhere, {len(body)} bytes")
            result = web.Response(status=200)
        with open(f"{folder}/seen.json", "w") as file:
            json.dump(seen, file)
        return result

    application = web.Application(client_max_size=2**26)
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with open(f"{folder}/port", "w") as file:
        file.write(str(runner.addresses[0][1]))
    await asyncio.Event().wait()


asyncio.run(receive(sys.argv[1]))
PY
cat > "$folder/worker.py" <<'PY'
import asyncio, json, logging, os, sys
from livekit.agents import Agent, AgentServer, AgentSession, JobContext
from livekit.protocol import models


async def entrypoint(ctx: JobContext) -> None:
    session = AgentSession()
    await session.start(Agent(instructions="Be brief."), record={"audio": False})
    session.history.add_message(role="user", content="Hello?")
    ctx.shutdown(reason="done")


async def main() -> None:
    server = AgentServer(host="127.0.0.1", port=0, num_idle_processes=0)
    server.rtc_session(entrypoint)
    up = asyncio.Event()
    server.on("worker_started", up.set)
    serving = asyncio.create_task(server.run(devmode=True, unregistered=True))
    await up.wait()
    await server.simulate_job(
        "room", fake_job=True, room_info=models.Room(name="room", sid="RM_room")
    )
    await server.drain()
    await server.aclose()
    await serving


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    asyncio.run(asyncio.wait_for(main(), 100))
PY
"$folder/venv/bin/python" "$folder/receiver.py" "$folder" &
receiver=$!
trap 'kill $receiver; rm -rf "$folder"' EXIT
while [ ! -s "$folder/port" ]; do sleep 0.2; done
port=$(cat "$folder/port")
export LIVEKIT_API_KEY=APIprobe LIVEKIT_API_SECRET=secret-secret-secret-secret-secret
for name in 200 302 503_Retry-After 503_RetryInfo; do
    LIVEKIT_OBSERVABILITY_URL="http://127.0.0.1:$port/$name" \
        "$folder/venv/bin/python" "$folder/worker.py" 2> "$folder/$name.log" || true
done
"$folder/venv/bin/python" - "$folder" <<'PY'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
seen = json.loads((folder / "seen.json").read_text())
print("livekit-agents 1.8.9, requests to /observability/recordings/v0 by the answer:")
for name, methods in seen.items():
    log = (folder / f"{name.replace(' ', '_')}.log").read_text()
    failed = "failed to upload the session report" in log
    print(f"  {name}: {methods}; {'an error' if failed else 'no error'} in the log")
assert seen["200"] == ["POST"]
assert seen["302"][0] == "POST" and seen["302"][1].startswith("GET elsewhere, 0 bytes")
assert seen["503 Retry-After"] == ["POST"]
assert len(seen["503 RetryInfo"]) == 4
PY
