"""Collect Django's settings. Everything an operator may set is in `.env.example`."""

import os
from pathlib import Path

import drf_spectacular_sidecar
from csp.constants import NONE, SELF

import zelto.celery  # noqa: F401 - so that every task finds the application
from zelto import api_config, celery_config, cookie_config, public_config
from zelto.base_address import LOOPBACK_NAMES, base_address
from zelto.env import (
    broker_settings,
    data_directory,
    database_settings,
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_text,
    secret_key,
    web_threads,
)
from zelto.logging_config import logging_config
from zelto.mail_config import mail_settings
from zelto.outgoing_config import ca_bundle
from zelto.recording_config import recording_allow, recording_storage, stereo_channels

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_directory()
VERSION = "0.1.0"

# As many as the Procfile starts; half of them may give long answers.
WEB_THREADS = web_threads()

# Spelled as browsers do in `Origin` and `Host`: without a slash, a path or a usual port.
BASE_URL = str(base_address())
LOCAL_HOSTS = LOOPBACK_NAMES
BASE_HOST = base_address().host
IS_LOCAL, IS_HTTPS = public_config.is_local(), base_address().scheme == "https"

DEBUG, ALLOWED_HOSTS = public_config.debug(), public_config.allowed_hosts()
BEHIND_PROXY = public_config.behind_proxy()
SECRET_KEY = secret_key(DATA_DIR, required=not IS_LOCAL)
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS", [])
DEFAULT_EXCEPTION_REPORTER_FILTER = "web.logs.error_reports.ReportFilter"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "integrations.refused_forms.refuse_form"
COOKIE_NAMES = cookie_config.cookie_names()
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = COOKIE_NAMES["session"], COOKIE_NAMES["csrf"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
MESSAGE_STORAGE = "web.cookies.message_storage.MessageStorage"
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # whether other hosts of the domain use TLS is not ours to say
    "security.W021",  # nor whether browsers should be told so for good
    "security.W008",  # the proxy in front redirects; a redirected POST loses its body
]
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The last address in X-Forwarded-For is the one our own proxy wrote.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "accounts",
    "conversations",
    "integrations",
    "alerts",
    "api",
]

MIDDLEWARE = [
    "web.request_id.RequestIdMiddleware",
    "web.cache_control.CacheControlMiddleware",
    "integrations.program_paths.ProgramPathMiddleware",
    "integrations.ingest.middleware.WebhookMiddleware",
    "integrations.livekit_events.middleware.LiveKitEventMiddleware",
    "integrations.livekit_upload.middleware.LiveKitUploadMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "web.compression.CompressionMiddleware",
    "csp.middleware.CSPMiddleware",
    "web.cookies.earlier_session.EarlierSessionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sign_in.known_browser.KnownBrowserMiddleware",
    "accounts.sign_in.signing_out.SigningOutMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "integrations.refused_forms.MethodMiddleware",
    "web.server.head_requests.HeadMiddleware",
]

ROOT_URLCONF = "zelto.urls"
WSGI_APPLICATION = "zelto.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.navigation",
            ],
            "libraries": {
                "layout": "web.templatetags.layout",
                "moments": "web.templatetags.moments",
            },
        },
    },
]

DATABASES = {
    "default": {
        **database_settings(DATA_DIR),
        # Connections stay with their thread; one that broke is noticed and replaced.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
# A pooler that hands out connections by the transaction, such as PgBouncer: nothing may
# be kept in a session.
TRANSACTION_POOLING = env_bool("ZELTO_TRANSACTION_POOLING", False)
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = TRANSACTION_POOLING
# What every POST asks is prepared once per connection.
if env_bool("ZELTO_PREPARE_STATEMENTS", not TRANSACTION_POOLING):
    DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Holds the counts of the rate limits: every web process must see the same ones.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        # When it is full, live entries go too; an attacker must not get there.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.forms.LoginForm",
    "reset_password": "accounts.sign_in.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.sign_in.forms.ResetPasswordKeyForm",
    "change_password": "accounts.sign_in.forms.ChangePasswordForm",
}
# allauth's own notes addresses in a table beside the users, where an old one would
# still open the account; Django's binds a link to the user's address as well.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = (
    "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - a class
)
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Who guesses is held by accounts/sign_in/failed_logins.py; `login` must not hold up an
# office behind one address.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip"}
# Sign-up is by invitation unless this opens it.
OPEN_SIGNUP = env_bool("ZELTO_OPEN_SIGNUP", False)

_mail = mail_settings()
globals().update(_mail)
EMAIL_LOCAL_HOSTNAME: str = _mail["EMAIL_LOCAL_HOSTNAME"]
EMAIL_BACKEND: str = _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = DATA_DIR / "mail"  # of the backend without a mail server

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
# Of the package only what is shown: its other page would cost each start a second.
SWAGGER_UI = Path(drf_spectacular_sidecar.__file__).parent / (
    "static/drf_spectacular_sidecar/swagger-ui-dist"
)
STATICFILES_DIRS = [BASE_DIR / "static", ("swagger-ui", SWAGGER_UI)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "recordings": recording_storage(DATA_DIR),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **{f"{kind}-src": [SELF] for kind in ("script", "style", "font", "connect")},
        **{kind: [SELF] for kind in ("media-src", "form-action", "base-uri")},
        "img-src": [SELF, "data:"],
        **{kind: [NONE] for kind in ("default-src", "frame-ancestors")},
    },
}
X_FRAME_OPTIONS = "DENY"

# Whose certificates are trusted beside those that all trust, for every connection that
# Zelto opens; see web/outgoing/authorities.py.
CA_BUNDLE = ca_bundle()

# The webhook.
MAX_BODY_BYTES = env_int("ZELTO_MAX_BODY_BYTES", 5 * 1024 * 1024, minimum=1)
# Posts per organization and minute; 0 is no limit.
RATE_PER_MINUTE = env_int("ZELTO_RATE_PER_MINUTE", 0)
# How long a claimed delivery stays with a worker that may have died, seconds.
LEASE_SECONDS = env_int("ZELTO_LEASE_SECONDS", 60, minimum=1)

# Who may read /metrics: with this as a bearer token, or where it is empty, programs of
# this machine.
METRICS_TOKEN = public_config.metrics_token()
# Days until the body of a delivery, and a refused delivery altogether, is forgotten;
# 0 keeps for ever.
KEEP_BODIES_DAYS = env_int("ZELTO_KEEP_BODIES_DAYS", 90)
KEEP_REJECTED_DAYS = env_int("ZELTO_KEEP_REJECTED_DAYS", 14)
# What the refusals of an organization may take, and each kind of entry of its audit log,
# in bytes; 0 is no bound.
KEEP_REJECTED_BYTES = env_int("ZELTO_KEEP_REJECTED_BYTES", 64 * 1024 * 1024)
KEEP_AUDIT_BYTES = env_int("ZELTO_KEEP_AUDIT_BYTES", 8 * 1024 * 1024)

# Recordings: the largest one, and how long fetching it may take.
MAX_AUDIO_BYTES = env_int("ZELTO_MAX_AUDIO_BYTES", 500 * 1024 * 1024, minimum=1)
FETCH_SECONDS = env_int("ZELTO_FETCH_SECONDS", 600, minimum=1)
# What comes slower than this ends and is tried again; 0 lets everything come.
FETCH_MIN_BYTES_PER_SECOND = env_int("ZELTO_FETCH_MIN_BYTES_PER_SECOND", 8192)
# Hosts and networks of the operator's own that recordings may come from.
RECORDING_ALLOW = recording_allow()

# What is kept of a session for which LiveKit's redaction was asked.
LIVEKIT_REDACTED = env_choice("ZELTO_LIVEKIT_REDACTED", "nothing", "words", "all")

# Speech to text: which engine, its model by name or folder, how many processors it may
# take, and who speaks in the first and the second channel of a stereo recording.
STT_ENGINE = env_choice("ZELTO_STT_ENGINE", "faster-whisper", "none")
STT_MODEL = env_text("ZELTO_STT_MODEL", "base")
STT_THREADS = env_int(
    "ZELTO_STT_THREADS", max((os.cpu_count() or 1) // 2, 1), minimum=1
)
STEREO_CHANNELS = stereo_channels()

# Work behind the answers. The row is the job; a message only wakes a worker.
globals().update(broker_settings(DATA_DIR))
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "deliveries"
CELERY_TASK_ROUTES = celery_config.TASK_ROUTES
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# After a hundred tries, which is some fifty minutes, a worker would end, and all else
# with it; a broker that is away is no reason for that.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = celery_config.BEAT_SCHEDULE

# What programs read.
REST_FRAMEWORK = api_config.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api_config.spectacular_settings(VERSION, BASE_URL)

LOGGING = logging_config(env_text("ZELTO_LOG_FORMAT", "text"))
