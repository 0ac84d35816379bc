"""Logs: one JSON object per line on standard error, with personal data masked before anything is written."""

from __future__ import annotations

import importlib
import logging.config
import re
from collections.abc import Callable, MutableMapping
from functools import cache
from typing import Any, cast

import structlog

EventDict = MutableMapping[str, Any]


@cache
def _masking() -> Callable[[Any, str, EventDict], EventDict]:
    """The one place that knows what is personal. Imported late: it needs Django's settings."""
    return cast(
        Callable[[Any, str, EventDict], EventDict],
        importlib.import_module("linli.people.masking").structlog_processor,
    )


_LINK = re.compile(r"/r/[A-Za-z0-9_-]{16,64}")


def hide_links(logger: Any, method: str, event: EventDict) -> EventDict:
    """Take the secret out of follow links: whoever reads a log must not become the reporter."""
    for name, value in event.items():
        if isinstance(value, str) and "/r/" in value:
            event[name] = _LINK.sub("/r/…", value)
    return event


def mask_personal_data(logger: Any, method: str, event: EventDict) -> EventDict:
    """Mask phones, ID numbers, names and addresses in a log event."""
    return _masking()(logger, method, event)


def _shared_processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_personal_data,
        hide_links,
    ]


def logging_settings(level: str) -> dict[str, Any]:
    """Settings for the standard library's logging, through which all libraries speak."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": "structlog.stdlib.ProcessorFormatter",
                "foreign_pre_chain": [*_shared_processors(), structlog.stdlib.ExtraAdder(allow={"status_code"})],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Linli's own request log says the same without addresses' query strings.
            "django.server": {"level": "ERROR"},
            "procrastinate": {"level": "WARNING"},
            # Eight lines for each paper that is drawn.
            "weasyprint.progress": {"level": "WARNING"},
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG: set up the standard library and structlog alike."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
