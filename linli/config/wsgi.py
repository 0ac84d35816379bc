"""The WSGI application that granian serves."""

import gc
import sys

# What is imported stays: looking through it for rubbish again and again while it grows costs a third of the start.
gc.disable()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - after the switch above
from django.urls import get_resolver  # noqa: E402 - as above

# A thread that draws a long list hands over every millisecond (Python: 5), so that the questions of a thousand open
# desks, each with a few turns at the database, do not wait behind it at every turn.
sys.setswitchinterval(0.001)
application = get_wsgi_application()
# Import every room's views now, or the first visitor would wait for it.
get_resolver().url_patterns  # noqa: B018 - asking for it imports them
# No collection looks at all this again, so none holds a request up for long.
gc.freeze()
# What a request makes dies with its last reference; cycles are few, so they are looked for a seventieth as often.
gc.set_threshold(50_000, 20, 50)
gc.enable()
