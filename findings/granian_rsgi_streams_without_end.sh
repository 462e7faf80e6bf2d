#!/usr/bin/env bash
# granian 2.8.7, RSGI: `await transport.send_bytes(...)` of a streamed answer returns at once
# for a client that reads nothing, so all of a large answer lies in memory. The same server
# with the same client over ASGI waits in `await send(...)` until the client reads.
# What it means for Zelto: it streams exports and recordings over ASGI.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check granian==2.8.7
cat > app.py <<'PY'
CHUNK = b"x" * 65536
CHUNKS = 600  # 39 MB


def note(name, sent):
    with open(name, "w") as file:
        file.write(str(sent))


async def rsgi(scope, protocol):
    transport = protocol.response_stream(200, [("content-type", "text/plain")])
    for number in range(CHUNKS):
        await transport.send_bytes(CHUNK)
        note("rsgi.sent", number + 1)


async def asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in range(CHUNKS):
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
        note("asgi.sent", number + 1)
PY
cat > ask.py <<'PY'
import pathlib, socket, sys, time

port, counted = int(sys.argv[1]), pathlib.Path(sys.argv[2])
for _ in range(100):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    try:
        client.connect(("127.0.0.1", port))
        break
    except OSError:
        client.close()
        time.sleep(0.1)
client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
time.sleep(3)
# While the client is there: what is sent to nobody is taken too.
counted.with_suffix(".seen").write_text(counted.read_text())
PY
for interface in rsgi asgi; do
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    name=$interface
    [ "$interface" = rsgi ] || name=asginl
    env/bin/granian --interface "$name" --port "$port" --workers 1 "app:$interface" >log 2>&1 &
    server=$!
    env/bin/python ask.py "$port" "$interface.sent"
    kill "$server"
    wait "$server" || true
    server=
    echo "$interface: $(cat $interface.seen) of 600 chunks were taken for a client that read nothing"
done
[ "$(cat rsgi.seen)" -eq 600 ] && [ "$(cat asgi.seen)" -lt 300 ]
