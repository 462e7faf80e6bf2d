#!/bin/sh
# livekit-agents 1.8.9 with a user and a password in LIVEKIT_OBSERVABILITY_URL
# (http://user:pass@host).
# What one would guess: all of a session is sent with them, or nothing is.
# What it does: logs, traces and metrics are sent, with `Authorization: Basic`; the session
# itself, with its transcript and audio, is not, since aiohttp refuses two kinds of
# credentials. The job succeeds.
# What it means for Zelto: the token is in the path, and the logs alone are a conversation.
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
    await session.start(Agent(instructions="Be brief."), record={"audio": False})
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
LIVEKIT_OBSERVABILITY_URL="http://127.0.0.1:$(cat "$folder/port")/plain" \
    "$folder/venv/bin/python" "$folder/worker.py" 2> "$folder/plain.log"
LIVEKIT_OBSERVABILITY_URL="http://user:pass@127.0.0.1:$(cat "$folder/port")/password" \
    "$folder/venv/bin/python" "$folder/worker.py" 2> "$folder/password.log"
"$folder/venv/bin/python" - "$folder" <<'PY'
import json, pathlib, sys

folder = pathlib.Path(sys.argv[1])
seen = json.loads((folder / "seen.json").read_text())

print("livekit-agents 1.8.9, what arrives by the URL:")
found = {}
for run in ("plain", "password"):
    found[run] = {(signal, kind) for name, signal, kind, _ in seen if name == run}
    print(f"  {run}: {sorted(found[run])}")
log = (folder / "password.log").read_text()
print("  in the log:", next(one for one in log.splitlines() if one[:10] == "ValueError"))
assert ("recordings", "Bearer") in found["plain"]
assert {kind for _, kind in found["password"]} == {"Basic"}
assert {signal for signal, _ in found["password"]} >= {"logs", "traces"}
assert "recordings" not in {signal for signal, _ in found["password"]}
PY
