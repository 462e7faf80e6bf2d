"""A project as `startproject` makes it, with Django REST framework and what the naive
endpoint needs.

The database, its connections and the server are Zelto's own.
"""

from zelto import settings as zelto

SECRET_KEY = zelto.SECRET_KEY
ALLOWED_HOSTS = zelto.ALLOWED_HOSTS
DATABASES = zelto.DATABASES
DEFAULT_AUTO_FIELD = zelto.DEFAULT_AUTO_FIELD
AUTH_USER_MODEL = zelto.AUTH_USER_MODEL
TIME_ZONE = "UTC"
USE_TZ = True

ROOT_URLCONF = "bench.comparison.naive.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "accounts",
    "bench.comparison.naive",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
