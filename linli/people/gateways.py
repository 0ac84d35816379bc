"""Ways by which a one-time code reaches a phone. The setting LINLI_SMS_GATEWAY names the class.

A gateway of your own is a class without arguments with `send(phone, code, minutes) -> str | None`: it hands the
code over, or raises `GatewayError`; what it returns is shown on the page (only `OnPageGateway` returns anything).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from linli.people import conf
from linli.people.masking import mask_phone


class GatewayError(Exception):
    """The code could not be handed over."""


class Gateway(Protocol):
    """What LINLI_SMS_GATEWAY must name."""

    def send(self, phone: str, code: str, minutes: int) -> str | None:
        """Hand over `code` to `phone`; good for `minutes`."""
        ...


class OnPageGateway:
    """Shows the code on the page instead of sending it: the demo only, on loopback with the embedded database."""

    def send(self, phone: str, code: str, minutes: int) -> str | None:
        """The code, to be shown; refuses anywhere but in the demo."""
        if not conf.on_page_codes():
            raise GatewayError("codes are shown on the page in the demo only; set LINLI_SMS_GATEWAY")
        return code


class FileGateway:
    """Appends to an owner-only file in LINLI_HOME, for trying out and for tests."""

    def send(self, phone: str, code: str, minutes: int) -> str | None:
        """Write one line: time, phone, code."""
        path = Path(str(settings.LINLI_HOME)) / "sms.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(f"{timezone.now().isoformat(timespec='seconds')} {phone} {code} {minutes}\n")
        return None


class ConsoleGateway:
    """Prints the code on standard error with the phone masked; for development."""

    def send(self, phone: str, code: str, minutes: int) -> str | None:
        """Print one line."""
        sys.stderr.write(f"{mask_phone(phone)}: {code} ({minutes} min)\n")
        return None


def gateway() -> Gateway:
    """The gateway that the settings name."""
    made: Gateway = import_string(conf.value("LINLI_SMS_GATEWAY", "linli.people.gateways.OnPageGateway"))()
    return made
