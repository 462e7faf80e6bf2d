#!/usr/bin/env bash
# granian 2.8.7, WSGI over HTTP/1.1: a body that raises after its first part is ended with
# the last chunk, so a client takes a broken file for a whole one. PEP 3333 leaves a
# started answer to the server; breaking the connection is what would tell the client.
# What it means for Zelto: an export says in its last line that it broke off.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check granian==2.8.7
cat > app.py <<'PY'
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])

    def parts():
        yield b"first part\n"
        raise RuntimeError("the second part cannot be made")

    return parts()
PY
cat > ask.py <<'PY'
import socket, sys, time

port = int(sys.argv[1])
for _ in range(100):
    try:
        client = socket.create_connection(("127.0.0.1", port))
        break
    except OSError:
        time.sleep(0.1)
client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
answer = b""
while data := client.recv(65536):
    answer += data
head, _, body = answer.partition(b"\r\n\r\n")
print(head.split(b"\r\n")[0].decode(), "|", body)
sys.exit(not (b"200" in head and b"first part" in body and body.endswith(b"0\r\n\r\n")))
PY
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
env/bin/granian --interface wsgi --port "$port" --workers 1 app:application >log 2>&1 &
server=$!
env/bin/python ask.py "$port"
echo "granian 2.8.7 ended a body that raised with the last chunk, as if it were whole."
