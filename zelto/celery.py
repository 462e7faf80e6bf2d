"""Make the Celery application: settings that begin with CELERY_, tasks of every app."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zelto.settings")
# kombu takes schemes of an address from this table only.
TRANSPORT_ALIASES["folder"] = "zelto.broker:Transport"

# About pickled messages read as root. We take JSON only (CELERY_ACCEPT_CONTENT).
warnings.simplefilter("ignore", SecurityWarning)

app = Celery("zelto", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
