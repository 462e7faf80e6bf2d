import json
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import keys
from accounts.actions import provision
from accounts.models import ApiKey, Membership, Organization, User

PASSWORD = "nine calm otters float"


def run(*extra, organization="Acme", email="ada@example.org", password=PASSWORD):
    out, err = StringIO(), StringIO()
    arguments = ["--organization", organization, "--email", email]
    call_command(
        "provision", *arguments, "--password", password, *extra, stdout=out, stderr=err
    )
    return json.loads(out.getvalue().splitlines()[-1]), err.getvalue()


@pytest.mark.django_db
def test_it_makes_an_organization_and_a_user_who_can_log_in(client):
    answer, _ = run(email="Ada@Example.org")
    user, organization = User.objects.get(), Organization.objects.get()
    assert answer == {
        "organizationId": str(organization.pk),
        "slug": "acme",
        "userId": str(user.pk),
        "apiKey": None,
    }
    client.post("/login", {"login": "ada@example.org", "password": PASSWORD})
    assert client.session[SESSION_KEY] == str(user.pk)
    assert client.get("/")["Location"] == "/org/acme/"
    assert Membership.objects.get().role == "owner"


@pytest.mark.django_db
def test_it_may_be_run_again():
    first, _ = run()
    second, _ = run()
    assert first == second
    assert User.objects.count() == Organization.objects.count() == 1
    assert Membership.objects.count() == 1


@pytest.mark.django_db
def test_it_makes_a_key_once_per_name():
    first, _ = run("--key-name", "worker", "--key-scope", "ingest")
    again, _ = run("--key-name", "worker")
    other, _ = run("--key-name", "agent", "--key-scope", "read")
    assert keys.is_well_formed(first["apiKey"])
    assert again["apiKey"] is None
    assert keys.is_well_formed(other["apiKey"])
    scopes = {key.name: key.scope for key in ApiKey.objects.all()}
    assert scopes == {"worker": "ingest", "agent": "read"}
    worker = ApiKey.objects.get(name="worker")
    assert bytes(worker.digest) == keys.digest(first["apiKey"])
    assert worker.made_by == User.objects.get()


@pytest.mark.django_db
def test_a_key_is_full_unless_said_otherwise():
    run("--key-name", "worker")
    key = ApiKey.objects.get()
    assert (key.scope, key.expires_at) == ("full", None)


@pytest.mark.django_db
def test_a_revoked_key_is_not_made_again(alice):
    run("--key-name", "worker")
    ApiKey.objects.update(revoked_at=timezone.now())
    answer, _ = run("--key-name", "worker")
    assert answer["apiKey"] is None


@pytest.mark.django_db
def test_a_date_lasts_until_the_end_of_that_day():
    run()
    Organization.objects.update(time_zone="Asia/Tokyo")
    run("--key-name", "worker", "--key-expires", "2999-12-30")
    assert ApiKey.objects.get().expires_at == datetime(2999, 12, 30, 15, tzinfo=UTC)


@pytest.mark.django_db
def test_a_key_may_expire_at_a_moment():
    moment = timezone.now() + timedelta(seconds=30)
    run("--key-name", "worker", "--key-expires", moment.isoformat())
    assert ApiKey.objects.get().expires_at == moment


@pytest.mark.django_db
def test_it_sets_the_role_also_of_who_is_there():
    run(email="owner@example.org")
    for role in ("member", "admin", "owner"):
        run("--role", role)
        assert Membership.objects.get(user__email="ada@example.org").role == role


@pytest.mark.django_db
def test_a_new_organization_may_begin_with_a_member():
    run("--role", "member")
    assert Membership.objects.get().role == "member"


@pytest.mark.django_db
def test_it_leaves_the_last_owner_an_owner():
    run()
    with pytest.raises(CommandError, match="last owner"):
        run("--role", "member", password="another one entirely")
    assert Membership.objects.get().role == "owner"
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.django_db
def test_it_sets_the_password_given(client):
    run()
    User.objects.update(is_active=False)
    run(password="another one entirely")
    user = User.objects.get()
    assert user.is_active
    assert user.check_password("another one entirely")


@pytest.mark.django_db
def test_the_same_password_ends_no_session(client):
    run()
    client.force_login(User.objects.get())
    run()
    assert client.get("/org/acme/settings/members").status_code == 200


@pytest.mark.django_db
def test_one_user_may_be_in_two_organizations():
    first, _ = run()
    second, _ = run(organization="Globex")
    assert first["userId"] == second["userId"]
    assert first["organizationId"] != second["organizationId"]


@pytest.mark.django_db
def test_a_weak_password_is_taken_with_a_warning():
    _, warning = run(password="secret")
    assert "Weak password" in warning
    assert "secret" not in warning
    assert User.objects.get().check_password("secret")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "named", "sentence"),
    [
        ([], {"email": "nonsense"}, "--email 'nonsense' is not an e-mail address."),
        ([], {"password": ""}, "--password is empty."),
        ([], {"organization": "  "}, "--organization must have 1 to 255"),
        ([], {"organization": "x" * 256}, "--organization must have 1 to 255"),
        ([], {"organization": "a\nb"}, "--organization: A name is one line"),
        (["--key-name", ""], {}, "--key-name must have 1 to 255"),
        (["--key-scope", "all", "--key-name", "k"], {}, "invalid choice: 'all'"),
        (["--role", "emperor"], {}, "invalid choice: 'emperor'"),
        (["--key-name", "k", "--key-expires", "soon"], {}, "'soon' is not a date"),
        (["--key-name", "k", "--key-expires", "2030-02-31"], {}, "is not a date"),
        (["--key-name", "k", "--key-expires", "2020-01-01"], {}, "is in the past"),
        (
            ["--key-name", "k", "--key-expires", "2020-01-01T00:00:00Z"],
            {},
            "is in the past",
        ),
        (["--key-name", "k", "--key-expires", "9999-12-31"], {}, "too far away"),
        (["--key-expires", "2999-01-01"], {}, "needs --key-name"),
    ],
)
def test_it_says_in_one_line_what_is_wrong(options, named, sentence):
    with pytest.raises(CommandError) as error:
        run(*options, **named)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert not User.objects.exists()
    assert not Organization.objects.exists()


@pytest.mark.django_db
def test_it_leaves_an_outsider_alone(charlie, password):
    run("--key-name", "worker", organization="Acme")
    charlie.refresh_from_db()
    assert charlie.check_password(password)
    assert not ApiKey.objects.filter(organization__slug="globex").exists()


@pytest.mark.django_db(transaction=True)
def test_run_several_times_at_once_it_makes_everything_once():
    made, start = [], threading.Barrier(4)

    def make():
        start.wait()
        try:
            done = provision(
                organization_name="Acme",
                email="ada@example.org",
                password=PASSWORD,
                role="owner",
                key_name="worker",
            )
            made.append(done.key_text)
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len([text for text in made if text]) == 1
    assert Organization.objects.count() == User.objects.count() == 1
    assert ApiKey.objects.count() == 1


def run_with_input(text, *extra, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO(text))
    out = StringIO()
    call_command(
        "provision",
        *("--organization", "Acme", "--email", "ada@example.org", *extra),
        stdout=out,
        stderr=StringIO(),
    )
    return json.loads(out.getvalue().splitlines()[-1])


@pytest.mark.django_db
@pytest.mark.parametrize("option", [("--password", "-"), ()])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_the_password_may_come_on_standard_input(option, end, monkeypatch):
    run_with_input(f" {PASSWORD} {end}", *option, monkeypatch=monkeypatch)
    assert User.objects.get().check_password(f" {PASSWORD} ")


@pytest.mark.django_db
def test_it_says_so_where_nothing_comes_on_standard_input(monkeypatch):
    with pytest.raises(CommandError, match="standard input"):
        run_with_input("", "--password", "-", monkeypatch=monkeypatch)
    assert not User.objects.exists()


@pytest.mark.django_db
def test_it_asks_a_person_without_showing_what_is_typed(monkeypatch):
    class Terminal(StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: PASSWORD)
    call_command(
        *("provision", "--organization", "Acme", "--email", "ada@example.org"),
        stdout=StringIO(),
    )
    assert User.objects.get().check_password(PASSWORD)


def test_its_help_says_who_sees_an_argument(capsys):
    with pytest.raises(SystemExit):
        call_command("provision", "--help")
    told = " ".join(capsys.readouterr().out.split())
    assert "list of processes" in told
    assert "standard input" in told
