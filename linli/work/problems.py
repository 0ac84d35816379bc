"""Refusals as RFC 9457 problem details, for the endpoints of this room that answer JSON."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse


def problem(status: int, code: str, detail: str, **more: Any) -> JsonResponse:
    """`application/problem+json`: `type` is stable per code, `detail` is for people."""
    body = {"type": f"urn:linli:problem:{code}", "title": code, "status": status, "detail": detail, **more}
    return JsonResponse(
        body, status=status, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )
