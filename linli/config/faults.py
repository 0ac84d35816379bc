"""What is shown when an answer cannot be given."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

RETRY_AFTER_SECONDS = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours (500); or, where the database is away for a moment, the advice to try again (503).

    What was being written when the database went away is not half done: it is one transaction.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        # Without the request: whatever asks it for the session would ask the database.
        response = HttpResponse(loader.get_template("503.html").render(), status=503)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return defaults.server_error(request)
