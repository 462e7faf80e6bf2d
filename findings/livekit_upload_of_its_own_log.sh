#!/bin/sh
# livekit-agents 1.8.9, recorded, with the root logger at DEBUG (logging.basicConfig), and
# without the SDK's own command line, which silences urllib3.
# What one would guess: some more lines in the log.
# What it does: what urllib3 logs of each upload of log records is a record to upload, and
# so on: thousands of requests of half a kilobyte within the ten seconds that the job
# takes longer for it.
# What it means for Zelto: log records that say nothing of a session are counted and not
# kept, and how many there are holds up no session.
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
    logging.basicConfig(level=getattr(logging, sys.argv[1]), stream=sys.stderr)
    asyncio.run(asyncio.wait_for(main(), 100))
PY
python3 "$folder/receiver.py" "$folder" &
receiver=$!
trap 'kill $receiver; rm -rf "$folder"' EXIT
while [ ! -s "$folder/port" ]; do sleep 0.2; done
export LIVEKIT_API_KEY=APIprobe LIVEKIT_API_SECRET=secret-secret-secret-secret-secret
for level in INFO DEBUG; do
    LIVEKIT_OBSERVABILITY_URL="http://127.0.0.1:$(cat "$folder/port")/$level" \
        "$folder/venv/bin/python" "$folder/worker.py" "$level" 2> "$folder/$level.log"
done
"$folder/venv/bin/python" - "$folder" <<'PY'
import json, pathlib, sys

folder = pathlib.Path(sys.argv[1])
seen = json.loads((folder / "seen.json").read_text())

print("livekit-agents 1.8.9, requests of a session of one message, by level of the log:")
count = {}
for level in ("INFO", "DEBUG"):
    sizes = [size for run, signal, _, size in seen if (run, signal) == (level, "logs")]
    count[level] = len(sizes)
    print(f"  {level}: {len(sizes)} of logs, {sum(sizes)} bytes")
assert count["INFO"] < 10
assert count["DEBUG"] > 100
PY
