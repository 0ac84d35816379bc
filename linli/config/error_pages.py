"""What is shown when an answer cannot be given."""

from __future__ import annotations

import sys

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

_log = structlog.get_logger("linli.faults")
RETRY_AFTER_SECONDS = 5
PLAIN = (
    "系统出错了，刚才的操作没有保存。请稍后再试；有危险请直接拨打 110、119、120。\n"
    "Something went wrong; what you just did was not saved. Try again later; in danger call 110, 119 or 120.\n"
)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours (500); or, where the database is away for a moment, the advice to try again (503).

    What was being written when the database went away is not half done: it is one transaction.
    """
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    try:
        if not away:
            return defaults.server_error(request)
        # Without the request: whatever asks it for the session would ask the database.
        response = HttpResponse(loader.get_template("503.html").render(), status=503)
    except Exception:  # noqa: BLE001 - whatever it is, something has to be answered
        # The pages themselves cannot be made, for one because their styles are just being replaced.
        _log.exception("fault.page")
        response = HttpResponse(PLAIN, status=503 if away else 500, content_type="text/plain; charset=utf-8")
    if away:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
