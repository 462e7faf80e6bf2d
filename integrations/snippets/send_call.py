# Python 3.9 or later, without packages: ZELTO_API_KEY=... python send_call.py
import json
import os
import time
import urllib.error
import urllib.request

ZELTO_URL = "http://127.0.0.1:8000/webhooks/calls"
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}


def send_to_zelto(call: dict, tries: int = 4) -> dict:
    """Post a call, up to `tries` times, and return Zelto's answer.

    Raises:
        RuntimeError: the call was refused or did not arrive.
    """
    headers = {
        "Authorization": f"Bearer {os.environ['ZELTO_API_KEY']}",
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(ZELTO_URL, json.dumps(call).encode(), headers)
    wait = 0.5
    for attempt in range(1, tries + 1):
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode(errors="replace")
            after = error.headers.get("Retry-After", "")
            wait = max(wait, float(after) if after.isdigit() else 0)
        except OSError as error:  # no connection, or no answer in time
            status, text = 503, str(error)
        if status not in TRY_AGAIN or attempt == tries:
            break
        time.sleep(wait)
        wait *= 2
    raise RuntimeError(f"Zelto did not take the call: {status} {text}")


if __name__ == "__main__":
    sample = {
        "call": {"externalId": "call-1001"},  # your own id of the call
        "agent": {"externalId": "front-desk", "name": "Front desk"},
        "transcript": {
            "turns": [
                {"role": "assistant", "content": "Northwind, how can I help?"},
                {"role": "user", "content": "Where is my order 4711?"},
                {"role": "assistant", "content": "It is due tomorrow."},
            ]
        },
    }
    print(send_to_zelto(sample))
