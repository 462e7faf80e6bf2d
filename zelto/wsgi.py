"""What the web server loads."""

import multiprocessing
import os
import signal
import threading

from django.core.wsgi import get_wsgi_application

from integrations import running_totals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zelto.settings")

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
