"""`/org/<slug>/settings/integrations/api`."""

import html
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys

import pytest

from conversations.models import Charge, Conversation
from integrations.models import Delivery
from integrations.providers import read
from integrations.snippets import code_files, samples
from integrations.snippets.body_fields import body_fields
from tests.integrations.conftest import session

URL = "/org/acme/settings/integrations/api"


def page_of(client):
    response = client.get(URL)
    assert response.status_code == 200
    return response.content.decode()


def code_of(content, part):
    [code] = re.findall(rf'<code id="{part}">(.*?)</code>', content, re.DOTALL)
    return html.unescape(code)


def test_the_sample_body_fits_without_a_warning(bob_client):
    reading = read("zelto", json.loads(code_of(page_of(bob_client), "sample-body")))
    assert reading.update is not None
    assert reading.errors == reading.warnings == []


def test_the_curl_names_this_instance(bob_client, settings):
    settings.BASE_URL = "https://zelto.example.com"
    words = shlex.split(code_of(page_of(bob_client), "sample-curl"))
    assert "https://zelto.example.com/webhooks/calls" in words
    assert "Authorization: Bearer $ZELTO_API_KEY" in words
    assert read("zelto", json.loads(words[-1])).warnings == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.django_db(transaction=True)
def test_the_curl_works_as_it_is_pasted(live_server, organization, make_key):
    text = make_key(organization)[1]
    lines = samples.curl(live_server.url, text)
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", lines], capture_output=True, text=True, check=True, timeout=30
    )
    assert json.loads(done.stdout) == {"received": True}
    assert Delivery.objects.get().external_id == "call-1001"


@pytest.fixture
def run(organization, make_key, live_server, tmp_path):
    """Runs a sample as a user would who saved it; what it printed."""
    text = make_key(organization)[1]

    def run_sample(program, name, code, key=text):
        path = shutil.which(program)
        if path is None:
            pytest.skip(f"there is no {program} here")
        file = tmp_path / name
        file.write_text(code, "utf-8")
        return subprocess.run(  # noqa: S603
            [path, str(file)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={"ZELTO_API_KEY": key},
        )

    return run_sample


SAMPLES = {
    "send_call.py": (sys.executable, code_files.python_code),
    "send_call.mjs": ("node", code_files.node_code),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_code_posts_a_call(live_server, run, process, name):
    program, code = SAMPLES[name]
    done = run(program, name, code(live_server.url))
    assert done.returncode == 0, done.stderr
    assert "received" in done.stdout
    process()
    conversation = Conversation.objects.get()
    assert conversation.external_id == "call-1001"
    assert conversation.turn_count == 3
    assert not Delivery.objects.get().warnings


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_code_says_why_a_call_was_refused(live_server, run, name):
    program, code = SAMPLES[name]
    done = run(program, name, code(live_server.url), key="mistyped")
    assert done.returncode == 1
    assert "Zelto did not take the call: 401" in done.stderr
    assert "This is not a Zelto API key" in done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", SAMPLES)
def test_the_code_tries_again_before_it_gives_up(run, name):
    program, code = SAMPLES[name]
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and never listens
        patient = code(f"http://127.0.0.1:{silent.getsockname()[1]}")
        for long, short in (("wait = 0.5", "wait = 0.01"), ("wait = 500", "wait = 10")):
            patient = patient.replace(long, short)
        done = run(program, name, patient)
    assert done.returncode == 1
    assert "Zelto did not take the call: 503" in done.stderr
    assert "refused" in done.stderr.lower()


def test_the_code_on_the_page_names_this_instance(bob_client, settings):
    settings.BASE_URL = "https://zelto.example.com"
    content = page_of(bob_client)
    for part in ("sample-python", "sample-node"):
        code = code_of(content, part)
        assert '"https://zelto.example.com/webhooks/calls"' in code
        assert "127.0.0.1" not in code


def test_a_new_key_stands_in_the_lines_to_copy(dora_client):
    response = dora_client.post(f"{URL}/keys", {"name": "one", "scope": "ingest"})
    content = response.content.decode()
    line = f"export ZELTO_API_KEY={code_of(content, 'made-key')}"
    for part in ("sample-curl", "sample-key-python", "sample-key-node"):
        assert line in code_of(content, part)


def test_the_prompt_for_an_agent_names_all_that_it_needs(bob_client):
    prompt = code_of(page_of(bob_client), "agent-prompt")
    for needed in ("/webhooks/calls", "ZELTO_API_KEY", "Retry-After"):
        assert needed in prompt
    body = prompt[prompt.index("{") : prompt.index("\n}") + 2]
    assert read("zelto", json.loads(body)).warnings == []
    for field in body_fields():
        livekits_own = field.path in {"transcript.items", "sessionReport"}
        assert (f"- {field.path}: " in prompt) is not livekits_own
    line = "- call.externalId: required; text, 1 to 255 characters; refused. Your id"
    assert line in prompt


def test_every_field_of_the_body_is_in_the_table(bob_client):
    content = page_of(bob_client)
    for field in body_fields():
        assert f"<code>{field.path}</code>" in content
    paths = {field.path: field for field in body_fields()}
    assert paths["call.externalId"].required
    assert paths["call.externalId"].type == "text, 1 to 255 characters"
    assert paths["transcript.turns[].role"].required
    assert not paths["agent.name"].required
    assert paths["call.startedAt"].type == "ISO 8601 time or Unix seconds"
    assert paths["transcript.turns[].arguments"].type == "any JSON"


def test_the_table_tells_what_refuses_a_call():
    misfits = {field.path: field.misfit for field in body_fields()}
    assert {path for path, misfit in misfits.items() if misfit == "refused"} == {
        "call",
        "call.externalId",
        "agent",
        "agent.externalId",
        "agentId",
        "transcript",
        "transcript.turns",
        "transcript.turns[].role",
    }
    assert misfits["call.endedReason"] == misfits["systemPrompt"] == "cut"
    assert misfits["call.cost"] == misfits["call.recordingUrl"] == "dropped"
    assert misfits["metadata"] == "dropped"
    assert misfits["transcript.turns[].arguments"] == "taken"


def test_a_test_call_goes_the_way_of_a_real_one(
    dora_client, bob_client, process, organization
):
    response = dora_client.post(f"{URL}/test-call")
    delivery = Delivery.objects.get()
    assert delivery.provider == "zelto"
    assert response["Location"] == f"{URL}?test={delivery.uuid}#verify"
    page = dora_client.get(response["Location"])
    assert b"The test session is stored." in page.content
    assert f'data-refresh="{URL}/status?test={delivery.uuid}"' in page.content.decode()
    process()
    status = dora_client.get(f"{URL}/status?test={delivery.uuid}").content.decode()
    conversation = Conversation.objects.get()
    assert conversation.is_test
    assert f'href="/org/acme/conversations/{conversation.id}"' in status
    assert "Waiting" in status
    assert not Charge.objects.exists()
    assert bob_client.post(f"{URL}/test-call").status_code == 403


def test_the_latest_calls_are_listed_for_admins(dora_client, bob_client, post):
    post(session("mine"))
    post(session("livekit-call"), **{"X-Zelto-Provider": "livekit"})
    assert ">mine<" in page_of(dora_client)
    assert "livekit-call" not in page_of(dora_client)
    assert "mine" not in page_of(bob_client).partition("<main")[2]


def test_it_says_whether_calls_arrive(bob_client, post, process):
    assert "Waiting for the first call" in page_of(bob_client)
    post(session())
    process()
    assert "Last session" in page_of(bob_client)
    status = bob_client.get(f"{URL}/status").content.decode()
    assert "Active" in status
    assert "<html" not in status


def test_a_member_sees_no_keys(bob_client, organization, make_key):
    make_key(organization, name="secret-name")
    content = page_of(bob_client)
    assert "secret-name" not in content
    assert 'id="keys"' not in content


def test_it_takes_a_fixed_number_of_queries(
    dora_client, organization, make_key, django_assert_num_queries
):
    dora_client.get(URL)
    with django_assert_num_queries(13):
        dora_client.get(URL)
    for number in range(5):
        make_key(organization, name=f"key-{number}")
    # And who uses them.
    with django_assert_num_queries(14):
        dora_client.get(URL)


@pytest.mark.parametrize("path", [URL, f"{URL}/status"])
def test_it_refuses_an_outsider(charlie_client, organization, path):
    assert charlie_client.get(path).status_code == 404


@pytest.mark.parametrize("path", [URL, f"{URL}/status"])
def test_signed_out_leads_to_the_login(client, organization, path):
    assert client.get(path)["Location"].startswith("/login")


def test_the_prompt_tells_livekits_agents_of_the_way_without_code(bob_client):
    prompt = " ".join(code_of(page_of(bob_client), "agent-prompt").split())
    for fact in (
        *("livekit-agents 1.5.1", "@livekit/agents 1.8.0", "LIVEKIT_OBSERVABILITY_URL"),
        *("record=True", "LiveKit Cloud's own insights"),
    ):
        assert fact in prompt
