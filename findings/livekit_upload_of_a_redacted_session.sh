#!/bin/sh
# livekit-agents 1.8.9 with record={"redaction": True}.
# What one would guess: what leaves the worker is redacted, as the option says.
# What it does: the transcript leaves in plain text, in the session and in its logs, with
# a flag beside it (`redaction_enabled`); whoever receives it is to redact.
# What it means for Zelto: it keeps nothing of the words unless the operator says so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q livekit-agents==1.8.9
cat > "$folder/receiver.py" <<'PY'
import http.server, json, pathlib, sys

folder = pathlib.Path(sys.argv[1])
seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        run, _, signal, *_ = self.path.strip("/").split("/")
        kind = self.headers.get("Authorization", "none").split(" ")[0]
        seen.append([run, signal, kind, len(body)])
        (folder / f"{run}-{signal}").write_bytes(body)
        (folder / "seen.json").write_text(json.dumps(seen))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
(folder / "port").write_text(str(server.server_address[1]))
server.serve_forever()
PY
cat > "$folder/worker.py" <<'PY'
import asyncio, logging, sys
from livekit.agents import Agent, AgentServer, AgentSession, JobContext
from livekit.protocol import models


async def entrypoint(ctx: JobContext) -> None:
    session = AgentSession()
    await session.start(Agent(instructions="Be brief."), record={"audio": False, "redaction": True})
    session.history.add_message(role="user", content="My card ends in 4242.")
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
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    asyncio.run(asyncio.wait_for(main(), 100))
PY
python3 "$folder/receiver.py" "$folder" &
receiver=$!
trap 'kill $receiver; rm -rf "$folder"' EXIT
while [ ! -s "$folder/port" ]; do sleep 0.2; done
export LIVEKIT_API_KEY=APIprobe LIVEKIT_API_SECRET=secret-secret-secret-secret-secret
LIVEKIT_OBSERVABILITY_URL="http://127.0.0.1:$(cat "$folder/port")/redacted" \
    "$folder/venv/bin/python" "$folder/worker.py" 2> "$folder/redacted.log"
"$folder/venv/bin/python" - "$folder" <<'PY'
import json, pathlib, sys
from livekit.protocol import metrics

folder = pathlib.Path(sys.argv[1])
seen = json.loads((folder / "seen.json").read_text())


def header(run):
    """The protobuf part of the session's own request."""
    body = (folder / f"{run}-recordings").read_bytes()
    part = body.split(b"header.binpb", 1)[1].split(b"\r\n\r\n", 1)[1]
    message = metrics.MetricsRecordingHeader()
    message.ParseFromString(part.split(b"\r\n--", 1)[0])
    return message


body = (folder / "redacted-recordings").read_bytes()
flag = header("redacted").redaction_enabled
print(f"livekit-agents 1.8.9, redaction on: redaction_enabled is {flag}, and the body says")
start = body.index(b'"content"')
print(" ", body[start : body.index(b"]", start) + 1].decode())
assert flag
assert b"My card ends in 4242." in body
PY
