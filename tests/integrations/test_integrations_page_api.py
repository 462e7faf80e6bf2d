"""`/org/<slug>/settings/integrations/api`."""

import html
import json
import re
import shlex
import shutil
import subprocess

import pytest

from integrations import samples
from integrations.body_fields import body_fields
from integrations.models import Delivery
from integrations.providers import read
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


def test_the_prompt_for_an_agent_names_all_that_it_needs(bob_client):
    prompt = code_of(page_of(bob_client), "agent-prompt")
    for needed in (
        "/webhooks/calls",
        "ZELTO_API_KEY",
        "call.externalId",
        "Retry-After",
    ):
        assert needed in prompt
    body = prompt[prompt.index("{") : prompt.rindex("\n}") + 2]
    assert read("zelto", json.loads(body)).warnings == []


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
    with django_assert_num_queries(11):
        dora_client.get(URL)
    for number in range(5):
        make_key(organization, name=f"key-{number}")
    # And who uses them.
    with django_assert_num_queries(12):
        dora_client.get(URL)


@pytest.mark.parametrize("path", [URL, f"{URL}/status"])
def test_it_refuses_an_outsider(charlie_client, organization, path):
    assert charlie_client.get(path).status_code == 404


@pytest.mark.parametrize("path", [URL, f"{URL}/status"])
def test_signed_out_leads_to_the_login(client, organization, path):
    assert client.get(path)["Location"].startswith("/login")
