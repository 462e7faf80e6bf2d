"""Make the application that the web server loads."""

import multiprocessing
import os
import threading

from django.core.wsgi import get_wsgi_application

from integrations.operations import counters
from web.pooling.statement_limits import limit_statements
from web.server.stalled_clients import ended_when_stalled
from zelto.draining import Draining

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zelto.settings")
# For the web's connections only: somebody waits for each of their statements. A worker, a
# migration or a rebuild may take its time.
limit_statements()
# The same for a server that does not even take the connection: libpq's own variable.
os.environ.setdefault("PGCONNECT_TIMEOUT", "5")

draining = Draining()
# In a worker of granian, whose other threads are not there yet.
if (
    multiprocessing.parent_process() is not None
    and threading.current_thread() is threading.main_thread()
):
    draining.listen()

application = ended_when_stalled(draining.announced_by(get_wsgi_application()))
# Only here: commands and tests answer nobody.
counters.keep_writing()
