#!/usr/bin/env bash
# granian 2.8.7, ASGI: a request by HTTP/1.0 has `http_version` "1" in its scope, where the
# specification of ASGI has "1.0"; HTTP/1.1 is "1.1" as it says.
# What it means for Zelto: web/server/environ.py says HTTP/1.0 to Django, by which a proxy
# that asks for somebody else without naming them is known.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check granian==2.8.7
cat > app.py <<'PY'
async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = scope["http_version"].encode()
    await send({"type": "http.response.body", "body": body})
PY
cat > ask.py <<'PY'
import socket, sys, time

port = int(sys.argv[1])


def told(version):
    for _ in range(100):
        try:
            client = socket.create_connection(("127.0.0.1", port))
            break
        except OSError:
            time.sleep(0.1)
    request = f"GET / HTTP/{version}\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    client.sendall(request.encode())
    answer = b""
    while data := client.recv(65536):
        answer += data
    return answer.partition(b"\r\n\r\n")[2]


seen = {version: told(version) for version in ("1.0", "1.1")}
print(seen)
sys.exit(not (seen["1.0"].strip() == b"1" and b"1.1" in seen["1.1"]))
PY
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
env/bin/granian --interface asgi --port "$port" --workers 1 app:application >log 2>&1 &
server=$!
env/bin/python ask.py "$port"
echo 'granian 2.8.7 calls HTTP/1.0 "1" in the scope of ASGI.'
