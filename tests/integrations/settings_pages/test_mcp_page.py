"""`/org/<slug>/settings/integrations/mcp`."""

import html
import json
import re
import shlex
import uuid

from django.utils import timezone

from accounts.models import ApiKey

URL = "/org/acme/settings/integrations/mcp"
OVERVIEW = "/org/acme/settings/integrations"


def code_of(response, part):
    assert response.status_code == 200
    content = response.content.decode()
    [code] = re.findall(rf'<code id="{part}">(.*?)</code>', content, re.DOTALL)
    return html.unescape(code)


def words_of(response, part):
    """As a shell reads them."""
    return shlex.split(code_of(response, part).replace("\\\n", " "))


def test_the_overview_leads_here(bob_client):
    assert f'href="{URL}"'.encode() in bob_client.get(OVERVIEW).content


def test_both_say_whether_a_key_can_read(bob_client, organization, make_key):
    make_key(organization, scope=ApiKey.Scope.INGEST)
    make_key(organization, scope=ApiKey.Scope.READ, revoked_at=timezone.now())
    for address in (URL, OVERVIEW):
        assert "No key can read" in bob_client.get(address).content.decode()
    make_key(organization)
    make_key(organization, scope=ApiKey.Scope.READ, last_used_at=timezone.now())
    for address in (URL, OVERVIEW):
        content = bob_client.get(address).content.decode()
        assert "2 keys can read" in content
        assert "one that only reads was used" in content


def test_it_hands_out_what_each_client_needs(bob_client, settings):
    settings.BASE_URL = "https://zelto.example.com"
    response = bob_client.get(URL)
    claude = words_of(response, "claude-code")
    assert claude[:5] == ["claude", "mcp", "add", "--transport", "http"]
    assert claude[5:7] == ["zelto", "https://zelto.example.com/mcp"]
    assert claude[7:] == ["--header", "Authorization: Bearer $ZELTO_API_KEY"]
    assert words_of(response, "codex") == [
        *("codex", "mcp", "add", "zelto"),
        *("--url", "https://zelto.example.com/mcp"),
        *("--bearer-token-env-var", "ZELTO_API_KEY"),
    ]
    server = json.loads(code_of(response, "cursor"))["mcpServers"]["zelto"]
    assert server["url"] == "https://zelto.example.com/mcp"
    assert server["headers"] == {"Authorization": "Bearer ${env:ZELTO_API_KEY}"}


def test_a_key_made_here_only_reads_unless_one_chooses(dora_client):
    content = dora_client.get(URL).content.decode()
    assert '<option value="read" selected>' in content
    form = {"name": "one", "scope": "read", "form_token": str(uuid.uuid4())}
    response = dora_client.post(f"{URL}/keys", form)
    text = code_of(response, "made-key")
    assert code_of(response, "agent-key") == f"export ZELTO_API_KEY={text}"
    key = ApiKey.objects.get()
    assert key.scope == "read"
    page = dora_client.get(f"{URL}/keys/{key.id}").content.decode()
    assert f'href="{URL}#keys">AI agent access</a>' in page


def test_other_pages_offer_full_access_first(dora_client):
    content = dora_client.get(f"{OVERVIEW}/livekit").content.decode()
    assert '<option value="full" selected>' in content


def test_a_member_sees_no_keys(bob_client, organization, make_key):
    make_key(organization, name="secret-name")
    content = bob_client.get(URL).content.decode()
    assert "an admin or owner creates one" in content
    assert "secret-name" not in content


def test_more_keys_take_no_more_queries(
    dora_client, organization, make_key, django_assert_num_queries
):
    make_key(organization)
    dora_client.get(URL)
    with django_assert_num_queries(7):
        dora_client.get(URL)
    for number in range(10):
        make_key(organization, name=f"key-{number}")
    with django_assert_num_queries(7):
        dora_client.get(URL)


def test_it_refuses_an_outsider(charlie_client, organization):
    assert charlie_client.get(URL).status_code == 404


def test_signed_out_leads_to_the_login(client, organization):
    assert client.get(URL)["Location"].startswith("/login")


def test_it_is_only_read(dora_client):
    assert dora_client.post(URL).status_code == 405
