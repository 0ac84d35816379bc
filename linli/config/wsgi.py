"""The WSGI application that granian serves."""

import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

# A thread that draws a long list hands over every millisecond (Python: 5), so that the questions of a thousand open
# desks, each with a few turns at the database, do not wait behind it at every turn.
sys.setswitchinterval(0.001)
application = get_wsgi_application()
# Import every room's views now, or the first visitor would wait for it.
get_resolver().url_patterns  # noqa: B018
