#!/usr/bin/env bash
# django-allauth 65.21.1: a HEAD of its sign-up page counts as a sign-up, a GET does not.
# `allauth.core.internal.ratelimit.consume` leaves out requests whose method is "GET", and
# a HEAD, which Django's class-based views answer as a GET, has another one. So whoever
# looks at a link with HEAD, as mail servers do, uses up the sign-ups of an address.
# What it means for Zelto: web/server/head_requests.py has views see a GET.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django==5.2.19 django-allauth==65.21.1
cat > ask.py <<'PY'
import sys

from django.conf import settings

settings.configure(
    SECRET_KEY="of a test",
    ALLOWED_HOSTS=["testserver"],
    ROOT_URLCONF="allauth.account.urls",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "allauth",
        "allauth.account",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"]
            },
        }
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    ACCOUNT_RATE_LIMITS={"signup": "5/m/ip"},
)
import django

django.setup()
from django.core.management import call_command
from django.test import Client

call_command("migrate", verbosity=0)
got = [Client().get("/signup/").status_code for _ in range(6)]
asked = [Client().head("/signup/").status_code for _ in range(6)]
print("6 times GET:", got, "6 times HEAD:", asked)
sys.exit(not (got == [200] * 6 and asked == [200] * 5 + [429]))
PY
env/bin/python ask.py
echo "django-allauth 65.21.1 counted each HEAD of the sign-up page as a sign-up."
