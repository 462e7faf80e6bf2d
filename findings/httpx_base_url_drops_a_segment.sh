#!/usr/bin/env bash
# httpx 0.28.1: a client with a `base_url` that posts to a path with two slashes in front,
# as `//webhooks/calls`, sends it without its first segment: `/calls`, to the same host.
# The path is read as `//host/path`; of the host that is no host nothing is left.
# What it means for Zelto: such a post comes to no path of ours, and cannot be told.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check httpx==0.28.1
cat > ask.py <<'PY'
import httpx

seen = []


def answer(request):
    seen.append(f"{request.url.host} {request.url.raw_path.decode()}")
    return httpx.Response(200)


with httpx.Client(
    base_url="https://zelto.example.com", transport=httpx.MockTransport(answer)
) as client:
    for path in ("/webhooks/calls", "//webhooks/calls"):
        client.post(path)
        print(f"{path} -> {seen[-1]}")
assert seen == ["zelto.example.com /webhooks/calls", "zelto.example.com /calls"]
PY
env/bin/python ask.py
echo "httpx 0.28.1: the first segment of //webhooks/calls was not sent."
