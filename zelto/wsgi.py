"""What the web server loads."""

import multiprocessing
import os
import signal
import threading

from django.core.wsgi import get_wsgi_application

from integrations import running_totals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zelto.settings")
# libpq's own variable, for the web's connections only: somebody waits for each of their
# statements. A worker, a migration or a rebuild may take its time.
os.environ.setdefault("PGOPTIONS", "-c statement_timeout=30s -c lock_timeout=5s")
# The same for a server that does not even take the connection.
os.environ.setdefault("PGCONNECT_TIMEOUT", "5")

# A worker of granian takes over its signals only after this file is loaded. Until then
# it has the handler of its master, and would sleep through being asked to stop.
if (
    multiprocessing.parent_process() is not None
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

application = get_wsgi_application()
# Only here: commands and tests answer nobody.
running_totals.keep_writing()
