"""The NinjaAPI: how bodies are read, answers written, and what /openapi.json says beyond the signatures."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder
from pydantic_core import from_json

from linli.api.callers import Anybody
from linli.api.openapi import DESCRIPTION, complete
from linli.api.problems import FORMAT, HANDLERS, JSON_BYTES_MAX, TOO_LARGE, Problem


class StrictParser(Parser):
    """JSON only: declared as such, of bearable length, without NaN and lone surrogates."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The body; refusals become 400, 413 or 415."""
        if request.content_type != "application/json":
            raise Problem(415, "unsupported_format", FORMAT)
        if len(request.body) > JSON_BYTES_MAX:
            raise Problem(413, "too_large", TOO_LARGE)
        return from_json(request.body, allow_inf_nan=False)


class CompactRenderer(JSONRenderer):
    """JSON in UTF-8 without white space."""

    encoder_class = NinjaJSONEncoder
    json_dumps_params = {"ensure_ascii": False, "separators": (",", ":")}


class LinliAPI(NinjaAPI):
    """The interface with its document."""

    def __init__(self) -> None:
        super().__init__(
            title="Linli",
            version="1",
            description=DESCRIPTION,
            urls_namespace="api",
            docs_url=None,
            openapi_url="",
            parser=StrictParser(),
            renderer=CompactRenderer(),
            auth=Anybody(),
        )
        for kind, handler in HANDLERS:
            self.add_exception_handler(kind, handler)
        self._document: dict[str, Any] | None = None

    def get_openapi_operation_id(self, operation: Any) -> str:
        """The function's name: short, and unique among ours."""
        module = operation.view_func.__module__.split(".")[1]
        name = str(operation.view_func.__name__)
        return name if module == "api" else f"{module}_{name}"

    def document(self) -> dict[str, Any]:
        """The OpenAPI document as plain data, made once."""
        if self._document is None:
            raw = json.dumps(self.get_openapi_schema(path_prefix="/api/v1/"), cls=NinjaJSONEncoder)
            self._document = complete(json.loads(raw))
        return self._document
