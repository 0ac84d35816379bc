"""Middleware of the house: a request log and the header that says what devices a page may use."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

_log = structlog.get_logger("linli.request")

PERMISSIONS_POLICY = "camera=(self), microphone=(self), geolocation=(self), interest-cohort=(), payment=(), usb=()"


class RequestLogMiddleware:
    """Log each request's method, path, status and time; never its query, body or headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and log."""
        began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=uuid.uuid4().hex)
        response = self.get_response(request)
        # The pattern, not the path: tokens of tracking links are part of paths.
        match = getattr(request, "resolver_match", None)
        _log.debug(
            "request",
            method=request.method,
            route=match.route if match else "",
            status=response.status_code,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )
        return response


class PermissionsPolicyMiddleware:
    """Camera, microphone and position for our own pages only; nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the header."""
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response
