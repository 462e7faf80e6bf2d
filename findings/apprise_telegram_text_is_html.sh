#!/usr/bin/env bash
# apprise 2.3.0: `notify(title=..., body=...)` without a `body_format` posts to Telegram with
# `parse_mode` HTML and the texts as they are: the title
# `Front <desk>` becomes `<b>Front <desk></b>`, markup that Telegram does not know. With
# `body_format="text"` the same is escaped; with "html" the word in brackets is gone.
# What it means for Zelto: names of agents and keys are escaped by our own channels, each
# as its protocol has it (`alerts/channels/`).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check apprise==2.3.0
cat > ask.py <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import apprise
from apprise.plugins.telegram import NotifyTelegram

posts = []


class Telegram(BaseHTTPRequestHandler):
    def do_POST(self):
        posts.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        answer = b'{"ok": true, "result": {}}'
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Telegram)
threading.Thread(target=server.serve_forever, daemon=True).start()
NotifyTelegram.notify_url = f"http://127.0.0.1:{server.server_port}/bot"
sender = apprise.Apprise()
sender.add("tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/1234567/")
for form in ({}, {"body_format": "text"}, {"body_format": "html"}):
    sender.notify(title="Front <desk>", body="silent", **form)
    post = posts[-1]
    print(form.get("body_format"), post["parse_mode"], repr(post["text"]))
seen = [(post["parse_mode"], post["text"].split("</b>")[0]) for post in posts]
assert seen == [
    ("HTML", "<b>Front <desk>"),
    ("HTML", "<b>Front &lt;desk&gt;"),
    ("HTML", "<b>Front "),
], seen
server.shutdown()
PY
env/bin/python ask.py
echo "apprise 2.3.0: plain text without a body_format was posted to Telegram as HTML, unescaped."
