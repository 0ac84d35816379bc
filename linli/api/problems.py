"""Refusals as RFC 9457 problem details, everywhere below /api/, in the language of whoever calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.utils.translation import get_language
from ninja.errors import HttpError, ValidationError

from linli.kernel.labels import Label
from linli.people.access import ObjectHidden, note_hidden
from linli.people.errors import PeopleProblem
from linli.people.gates import actor_on
from linli.places.errors import PlaceProblem
from linli.work.engine import StepRefused
from linli.work.refused import FileRefused
from linli.work.services import Conflict

MEDIA_TYPE = "application/problem+json"
JSON_BYTES_MAX = 512 * 1024

_log = structlog.get_logger("linli.api")

TITLES: dict[int, Label] = {
    400: Label("请求无法读取", "The request cannot be read"),
    401: Label("需要登录", "Sign in first"),
    403: Label("没有权限", "Not allowed"),
    404: Label("没有找到", "Not found"),
    405: Label("不支持这种方法", "Method not allowed"),
    409: Label("与现状冲突", "In conflict with the present state"),
    413: Label("内容太大", "Too large"),
    415: Label("不支持这种格式", "Unsupported format"),
    422: Label("内容需要修改", "Something has to be corrected"),
    429: Label("次数太多", "Too many requests"),
    500: Label("服务出错", "Something went wrong here"),
    503: Label("暂时不能用", "Not available for the moment"),
}

NOT_FOUND = Label("没有找到，或者您没有权限查看。", "It does not exist, or you may not see it.")
FORBIDDEN = Label("您没有权限这样做。", "You may not do this.")
FAILED = Label("服务出错，内容没有保存，请稍后再试。", "Something went wrong; nothing was stored. Try again later.")
AWAY = Label(
    "数据库暂时连不上，请稍后用同一个请求编号再试，不会重复登记。",
    "The database is away for the moment; try again with the same key, nothing is recorded twice.",
)
METHOD = Label("这个地址不支持这种方法。", "This address does not take that method.")
CHARACTER = Label("地址中有不允许的字符。", "The address holds a character that is not allowed.")
TOO_LARGE = Label("内容太大，请缩短后再提交。", "The content is too large; shorten it.")
FORMAT = Label("请以 application/json 提交。", "Send it as application/json.")
MALFORMED = Label("内容不是正确的 JSON。", "The content is not valid JSON.")

# What pydantic finds, in words for people. {field}, and what the error brings in its context.
_FOUND: dict[str, Label] = {
    "missing": Label("缺少“{field}”。", "“{field}” is missing."),
    "extra_forbidden": Label("不认识的内容：“{field}”。", "Unknown field: “{field}”."),
    "literal_error": Label("“{field}”应为 {expected}。", "“{field}” should be {expected}."),
    "enum": Label("“{field}”应为 {expected}。", "“{field}” should be {expected}."),
    "string_too_long": Label("“{field}”最多{max_length}字。", "“{field}” takes at most {max_length} characters."),
    "string_too_short": Label("“{field}”至少{min_length}字。", "“{field}” needs at least {min_length} characters."),
    "too_long": Label("“{field}”最多{max_length}项。", "“{field}” takes at most {max_length} entries."),
    "too_short": Label("“{field}”至少{min_length}项。", "“{field}” needs at least {min_length} entries."),
    "greater_than_equal": Label("“{field}”不能小于{ge}。", "“{field}” may not be less than {ge}."),
    "less_than_equal": Label("“{field}”不能大于{le}。", "“{field}” may not be more than {le}."),
}
_OTHERWISE = Label("“{field}”的内容或类型不对。", "“{field}” has the wrong content or type.")


class Problem(Exception):
    """A refusal of the interface itself: status, stable code, words for people, the field it is about."""

    def __init__(
        self,
        status: int,
        code: str,
        label: Label,
        *,
        field: str = "",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(label.en)
        self.status, self.code, self.label, self.field, self.more = status, code, label, field, more
        self.headers = headers or {}


def language() -> str:
    """The language of the present request."""
    return get_language() or "zh-hans"


def problem(
    status: int, code: str, detail: str, *, field: str = "", headers: dict[str, str] | None = None, **more: Any
) -> JsonResponse:
    """The answer: `type` and `code` are stable, `title` and `detail` are for people."""
    body: dict[str, Any] = {
        "type": f"urn:linli:problem:{code}",
        "title": TITLES.get(status, TITLES[500]).text(language()),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if field:
        body["field"] = field
    response = JsonResponse(
        body | more, status=status, content_type=MEDIA_TYPE, headers=headers, json_dumps_params={"ensure_ascii": True}
    )
    response["Cache-Control"] = "no-store"
    return response


def of_label(status: int, code: str, label: Label, **more: Any) -> JsonResponse:
    """The answer with a label's text."""
    return problem(status, code, label.text(language()), **more)


def on_problem(request: HttpRequest, error: Problem) -> HttpResponse:
    """The interface refused."""
    return of_label(error.status, error.code, error.label, field=error.field, headers=error.headers, **error.more)


def on_step_refused(request: HttpRequest, error: StepRefused) -> HttpResponse:
    """A room refused a step; a conflict tells the present state and version."""
    more: dict[str, Any] = {}
    if isinstance(error, Conflict):
        more = {"state": error.state, "version": error.version}
    return of_label(error.status, error.code, error.label, field=error.field, **more)


def on_not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    """Missing and hidden look alike."""
    if isinstance(error, ObjectHidden):
        note_hidden(actor_on(request), error, request.method or "")
    return of_label(404, "not_found", NOT_FOUND)


def on_forbidden(request: HttpRequest, error: Exception) -> HttpResponse:
    """Refused by permission, where there is no object to hide."""
    return of_label(403, "forbidden", FORBIDDEN)


def on_file_refused(request: HttpRequest, error: FileRefused) -> HttpResponse:
    """A file that cannot be taken."""
    return problem(error.status, error.code, error.message, field="file")


def on_place_problem(request: HttpRequest, error: PlaceProblem) -> HttpResponse:
    """The register of places refused."""
    return problem(422, error.code, error.message)


def on_people_problem(request: HttpRequest, error: PeopleProblem) -> HttpResponse:
    """The room of people refused."""
    return problem(error.status, error.code, error.text, field=error.field)


def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that cannot be read; the parser's own refusal is kept."""
    if isinstance(error.__cause__, Problem):
        return on_problem(request, error.__cause__)
    if error.status_code == 400:
        return of_label(400, "malformed", MALFORMED)
    return problem(error.status_code, "refused", str(error))


def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """All fields that are wrong; the first of them is the problem's own."""
    found = [_finding(entry) for entry in error.errors]
    return problem(422, found[0]["code"], found[0]["detail"], field=found[0]["field"], errors=found)


def _finding(entry: dict[str, Any]) -> dict[str, str]:
    where = [str(part) for part in entry["loc"][1:]]
    if entry["loc"][0] == "body" and len(where) > 1:
        where = where[1:]
    field = ".".join(where) or "body"
    words = _FOUND.get(entry["type"], _OTHERWISE).text(language())
    return {"field": field, "code": entry["type"], "detail": words.format(field=field, **entry.get("ctx", {}))}


def on_too_large(request: HttpRequest, error: Exception) -> HttpResponse:
    """A body beyond what any address takes."""
    return of_label(413, "too_large", TOO_LARGE)


def on_malformed(request: HttpRequest, error: Exception) -> HttpResponse:
    """A body that broke off, or a form that cannot be taken apart."""
    return of_label(400, "malformed", MALFORMED)


def on_failure(request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: logged with its trace, told without details."""
    _log.error("failed", route=_route(request), exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return of_label(500, "failed", FAILED)


def on_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database went away or was not there: nothing was half done, and the same key may be sent again."""
    _log.warning("database_away", route=_route(request), error=str(error)[:200])
    return of_label(503, "unavailable", AWAY, headers={"Retry-After": "2"})


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match else ""


HANDLERS: Sequence[tuple[type[Exception], Callable[..., HttpResponse]]] = (
    (Problem, on_problem),
    (StepRefused, on_step_refused),
    (ObjectHidden, on_not_found),
    (Http404, on_not_found),
    (PermissionDenied, on_forbidden),
    (FileRefused, on_file_refused),
    (PeopleProblem, on_people_problem),
    (PlaceProblem, on_place_problem),
    (HttpError, on_http_error),
    (ValidationError, on_invalid),
    (RequestDataTooBig, on_too_large),
    (SuspiciousOperation, on_malformed),
    (UnreadablePostError, on_malformed),
    (OperationalError, on_away),
    (InterfaceError, on_away),
    (Exception, on_failure),
)


def guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view whose every refusal is a problem, also those that the framework makes before or around it."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return of_label(400, "invalid_character", CHARACTER)
        try:
            response = view(request, *args, **keywords)
        except Http404 as error:
            return on_not_found(request, error)
        if response.status_code >= 400 and not response["Content-Type"].startswith(MEDIA_TYPE):
            return _as_problem(response)
        return response

    answer.csrf_exempt = True  # type: ignore[attr-defined]
    return answer


def _as_problem(response: HttpResponseBase) -> HttpResponse:
    status = response.status_code
    if status == 405:
        return of_label(405, "method_not_allowed", METHOD, headers={"Allow": response["Allow"]})
    if status == 404:
        return of_label(404, "not_found", NOT_FOUND)
    return of_label(status, "refused", TITLES.get(status, TITLES[500]))


def unknown_address(request: HttpRequest, **_: Any) -> HttpResponse:
    """Whatever below /api/ is no address."""
    return of_label(404, "not_found", NOT_FOUND)


unknown_address.csrf_exempt = True  # type: ignore[attr-defined]
