"""What the web server loads for a comparison: its view within Zelto's own bounds."""

from bench.comparison.wsgi import application as wsgi_application
from web.server.application import Server
from web.server.limits import Limits
from web.server.turns import Lane

application = Server(
    wsgi_application,
    Limits(threads=6, max_body_bytes=6 * 1024 * 1024),
    lane_of=lambda path: Lane.POSTS,
    reads_as_it_arrives=lambda path: False,
)
