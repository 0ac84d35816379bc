"""Ways by which a one-time code, and news of one's own matter, reach a phone. LINLI_SMS_GATEWAY names the class.

A gateway of your own is a class without arguments with `send(phone, code, minutes) -> str | None`: it hands the
code over, or raises `GatewayError`; what it returns is shown on the page (only `OnPageGateway` returns anything).

It may also have `tell(phone, template, values, text)`: news as a text message. Providers in China send what they have
approved before, so `template` names the message and `values` are what is put in; `text` is the whole sentence, for
those that send any. A gateway without `tell` sends no news, and no page offers any; one that can tell only at times
says so by `tells() -> bool`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from linli.people import conf, demo_messages
from linli.people.masking import mask_phone


class GatewayError(Exception):
    """The code could not be handed over."""


class Gateway(Protocol):
    """What LINLI_SMS_GATEWAY must name."""

    def send(self, phone: str, code: str, minutes: int) -> str | None:
        """Hand over `code` to `phone`; good for `minutes`."""
        ...


@runtime_checkable
class TellingGateway(Protocol):
    """What a gateway has that also sends news."""

    def tell(self, phone: str, template: str, values: Mapping[str, str], text: str) -> None:
        """Hand over a message to `phone`."""
        ...


class OnPageGateway:
    """Shows codes on the page and news at `/demo/messages/` instead of sending them: the demo only, on loopback with
    the embedded database."""

    def send(self, phone: str, code: str, minutes: int) -> str | None:
        """The code, to be shown; refuses anywhere but in the demo."""
        if not conf.on_page_codes():
            raise GatewayError("codes are shown on the page in the demo only; set LINLI_SMS_GATEWAY")
        return code

    def tells(self) -> bool:
        """In the demo only."""
        return conf.on_page_codes()

    def tell(self, phone: str, template: str, values: Mapping[str, str], text: str) -> None:
        """Keep the message for the page that shows it; refuses anywhere but in the demo."""
        if not conf.on_page_codes():
            raise GatewayError("messages are shown on a page in the demo only; set LINLI_SMS_GATEWAY")
        demo_messages.keep(phone, text)


class FileGateway:
    """Appends to owner-only files in LINLI_HOME, for trying out and for tests."""

    def send(self, phone: str, code: str, minutes: int) -> str | None:
        """Write one line to sms.log: time, phone, code."""
        self._append("sms.log", f"{phone} {code} {minutes}")
        return None

    def tell(self, phone: str, template: str, values: Mapping[str, str], text: str) -> None:
        """Write one line to sms-news.log: time, phone, template, sentence."""
        self._append("sms-news.log", f"{phone} {template} {text}")

    def _append(self, name: str, line: str) -> None:
        path = Path(str(settings.LINLI_HOME)) / name
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(f"{timezone.now().isoformat(timespec='seconds')} {line}\n")


class ConsoleGateway:
    """Prints the code or the news on standard error with the phone masked; for development."""

    def send(self, phone: str, code: str, minutes: int) -> str | None:
        """Print one line."""
        sys.stderr.write(f"{mask_phone(phone)}: {code} ({minutes} min)\n")
        return None

    def tell(self, phone: str, template: str, values: Mapping[str, str], text: str) -> None:
        """Print one line."""
        sys.stderr.write(f"{mask_phone(phone)}: {text} ({template})\n")


def gateway() -> Gateway:
    """The gateway that the settings name."""
    made: Gateway = import_string(conf.value("LINLI_SMS_GATEWAY", "linli.people.gateways.OnPageGateway"))()
    return made


def _telling() -> TellingGateway | None:
    found = gateway()
    may: Callable[[], bool] | None = getattr(found, "tells", None)
    return found if isinstance(found, TellingGateway) and (may is None or may()) else None


def tells() -> bool:
    """Whether the gateway can send news."""
    return _telling() is not None


def tell(phone: str, template: str, values: Mapping[str, str], text: str) -> bool:
    """Send news to a phone; False where the gateway sends none. Raises GatewayError when it could not be sent."""
    found = _telling()
    if found is None:
        return False
    found.tell(phone, template, values, text)
    return True
