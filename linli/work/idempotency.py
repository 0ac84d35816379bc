"""Making a thing once for one key, where it is no item of work (those have `services.open_item`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from linli.people.access import Actor
from linli.work.models import IdempotencyKey
from linli.work.services import KeyConflict, key_scope, request_hash

M = TypeVar("M", bound=Model)


def make_once(actor: Actor, endpoint: str, key: str, content: list[Any], model: type[M], act: Callable[[], M]) -> M:
    """Call `act`, which makes (or finds) a row of `model`; again with the same key: that row, and nothing is done.

    One transaction with what `act` writes. Raises KeyConflict (409) when the key was used for other `content`.
    """
    digest = request_hash(*content)
    with transaction.atomic():
        known, fresh = IdempotencyKey.objects.get_or_create(
            scope=key_scope(actor, endpoint), key=key[:96],
            defaults={"request_hash": digest, "answer": {}, "created_at": timezone.now()},
        )  # fmt: skip
        if not fresh:
            if bytes(known.request_hash) != digest:
                raise KeyConflict
            # Keys of older versions name their row otherwise.
            return model._default_manager.get(pk=next(iter(known.answer.values())))
        row = act()
        known.answer = {"id": row.pk}
        known.save(update_fields=["answer"])
    return row
