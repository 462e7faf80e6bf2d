import re
from smtplib import SMTPServerDisconnected

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY, authenticate

from accounts.models import User

URL = "/password/reset"
NEW = "seven grey herons wade"


def mailed_path(mailoutbox, settings):
    (link,) = re.findall(r"https?://\S+/password/reset/\S+", mailoutbox[0].body)
    assert link.startswith(settings.BASE_URL + "/")
    return link.removeprefix(settings.BASE_URL)


def form_path(client, path):
    response = client.get(path)
    # The secret leaves the address at once, into the session.
    assert response["Location"].endswith("-set-password")
    return response["Location"]


def choose(client, path, new=NEW):
    return client.post(path, {"password1": new, "password2": new})


def test_it_mails_a_link_and_sets_the_password(client, alice, mailoutbox, settings):
    response = client.post(URL, {"email": "Alice@example.org"})
    assert response["Location"] == "/password/reset/sent"
    assert mailoutbox[0].to == ["alice@example.org"]
    path = form_path(client, mailed_path(mailoutbox, settings))
    response = choose(client, path)
    assert response["Location"] == "/password/reset/done"
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert b"Password changed" in client.get("/password/reset/done").content


def test_it_takes_the_link_from_the_settings_not_from_the_request(
    client, alice, mailoutbox, settings
):
    settings.ALLOWED_HOSTS = ["*"]
    client.post(URL, {"email": alice.email}, headers={"Host": "evil.example"})
    assert "evil.example" not in mailoutbox[0].body
    assert "evil.example" not in mailoutbox[0].subject
    assert settings.BASE_URL in mailoutbox[0].body


def test_it_answers_the_same_for_an_unknown_address(client, alice, mailoutbox):
    known = client.post(URL, {"email": alice.email}, follow=True)
    unknown = client.post(URL, {"email": "nobody@example.org"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert known.content == unknown.content
    # A mail either way, so that the time it takes says nothing.
    assert [mail.to[0] for mail in mailoutbox] == [alice.email, "nobody@example.org"]
    assert "/password/reset/" not in mailoutbox[1].body


def test_its_link_works_once(client, alice, mailoutbox, settings):
    client.post(URL, {"email": alice.email})
    link = mailed_path(mailoutbox, settings)
    choose(client, form_path(client, link))
    response = client.get(link)
    assert b"This link does not work" in response.content
    client.post(
        link, {"password1": "another one still", "password2": "another one still"}
    )
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_it_refuses_a_link_that_was_changed(client, alice, bob, mailoutbox, settings):
    client.post(URL, {"email": alice.email})
    link = mailed_path(mailoutbox, settings)
    for wrong in (link[:-1], link.replace(alice.pk.hex, bob.pk.hex)):
        assert b"This link does not work" in client.get(wrong).content


def test_it_refuses_a_weak_password(client, alice, mailoutbox, settings):
    client.post(URL, {"email": alice.email})
    path = form_path(client, mailed_path(mailoutbox, settings))
    assert choose(client, path, "password").status_code == 200
    assert choose(client, path, "alice@example.org").status_code == 200
    alice.refresh_from_db()
    assert not alice.check_password("password")


def test_it_ends_every_session(client, alice, alice_client, mailoutbox, settings):
    client.post(URL, {"email": alice.email})
    choose(client, form_path(client, mailed_path(mailoutbox, settings)))
    response = alice_client.get("/org/acme/settings/members")
    assert response["Location"].startswith("/login")


def test_it_sends_nothing_to_who_is_switched_off(client, alice, mailoutbox):
    alice.is_active = False
    alice.save()
    client.post(URL, {"email": alice.email})
    assert "/password/reset/" not in mailoutbox[0].body


def test_it_is_limited_for_one_address(client, alice, mailoutbox):
    for _ in range(5):
        assert client.post(URL, {"email": alice.email}).status_code == 302
    response = client.post(URL, {"email": alice.email})
    assert response.status_code == 429
    assert b"Too many attempts" in response.content
    assert len(mailoutbox) == 5


def test_it_answers_though_the_mail_server_is_away(client, alice, monkeypatch, caplog):
    def send(*args, **kwargs):
        raise SMTPServerDisconnected

    monkeypatch.setattr("django.core.mail.EmailMessage.send", send)
    response = client.post(URL, {"email": alice.email})
    assert response["Location"] == "/password/reset/sent"
    assert "could not be sent" in caplog.text
    assert alice.email not in caplog.text


def test_it_writes_mails_to_a_folder_without_a_mail_server(
    client, alice, settings, tmp_path
):
    assert settings.EMAIL_HOST == ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    client.post(URL, {"email": alice.email})
    (file,) = tmp_path.iterdir()
    assert "/password/reset/" in file.read_text()


def test_it_lets_in_after_it_was_locked_by_wrong_guesses(
    client, alice, mailoutbox, settings
):
    for _ in range(6):
        client.post("/login", {"login": alice.email, "password": "wrong"})
    client.post(URL, {"email": alice.email})
    choose(client, form_path(client, mailed_path(mailoutbox, settings)))
    client.post("/login", {"login": alice.email, "password": NEW})
    assert SESSION_KEY in client.session


def test_an_address_that_was_given_up_opens_nothing(
    client, alice, mailoutbox, settings
):
    client.post(URL, {"email": alice.email})
    link = mailed_path(mailoutbox, settings)
    choose(client, form_path(client, link))
    client.post(URL, {"email": alice.email})
    assert not EmailAddress.objects.exists()
    User.objects.update(email="alice@elsewhere.example")
    client.post("/login", {"login": "alice@example.org", "password": NEW})
    assert SESSION_KEY not in client.session
    client.post(URL, {"email": "alice@example.org"})
    assert "/password/reset/" not in mailoutbox[-1].body
    # The link sent to it before is void as well.
    last = mailoutbox[1].body.split("/password/reset/")[1].split()[0]
    response = client.get(f"/password/reset/{last}")
    assert b"This link does not work" in response.content


def test_it_leaves_an_outsider_alone(client, alice, charlie, mailoutbox, settings):
    client.post(URL, {"email": alice.email})
    choose(client, form_path(client, mailed_path(mailoutbox, settings)))
    assert authenticate(None, email=charlie.email, password=NEW) is None
