"""Many files at once, as a phone sends what it gathered without a network: each at most once, however often it comes.

The sender names each file by a number of its own. A file that is here already is not looked at again; those that are
new are cleaned two at a time (as many as this process ever decodes at once).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import get_language, override

from linli.work.cleaning import PHOTO_BYTES_MAX, CleanPhoto, clean_photo
from linli.work.models import Upload
from linli.work.refused import FileRefused
from linli.work.uploads import AUDIO, PHOTO, Readable, Told, read_limited, receive, store_clean

_NAMES = uuid.UUID("6f1d3a52-6f0c-5c33-9f0e-6b1f5d0b7a11")
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file: the sender's number of it, what it is said to be ("photo", "audio"), what is said of it."""

    number: uuid.UUID
    file: Readable
    kind: str = PHOTO
    told: Told = field(default_factory=Told)


def token_of(owner: str, number: uuid.UUID) -> uuid.UUID:
    """The token of a sender's file: the same each time it comes, and not to be guessed by others."""
    return uuid.uuid5(_NAMES, f"{owner}:{number}")


def receive_all(files: Sequence[Incoming], *, owner: str) -> dict[uuid.UUID, uuid.UUID | FileRefused]:
    """By the sender's numbers, the tokens, or why one cannot be taken. The others are taken all the same.

    One statement for what is known already, two for each new file.
    """
    tokens = {incoming.number: token_of(owner, incoming.number) for incoming in files}
    known = set(Upload.objects.filter(token__in=tokens.values(), owner=owner).values_list("token", flat=True))
    found: dict[uuid.UUID, uuid.UUID | FileRefused] = dict(tokens)
    new = [incoming for incoming in files if tokens[incoming.number] not in known]
    photos = [incoming for incoming in new if incoming.kind != AUDIO]
    for incoming in new:
        if incoming.kind == AUDIO:
            found[incoming.number] = _sound(incoming, tokens[incoming.number], owner)
    language = get_language() or "zh-hans"
    with ThreadPoolExecutor(AT_ONCE) as pool:
        cleaned = pool.map(lambda incoming: _cleaned(incoming, language), photos)
        for incoming, photo in zip(photos, cleaned, strict=True):
            token = tokens[incoming.number]
            found[incoming.number] = photo if isinstance(photo, FileRefused) else _kept(photo, incoming, token, owner)
    return found


def _cleaned(incoming: Incoming, language: str) -> CleanPhoto | FileRefused:
    with override(language):
        try:
            return clean_photo(read_limited(incoming.file, PHOTO_BYTES_MAX))
        except FileRefused as refused:
            return refused


def _kept(photo: CleanPhoto, incoming: Incoming, token: uuid.UUID, owner: str) -> uuid.UUID:
    try:
        with transaction.atomic():
            store_clean(photo, owner, incoming.told, token=token)
    except IntegrityError:
        # The same file came twice at once: the other one is here now, which is all that was wanted.
        if not Upload.objects.filter(token=token, owner=owner).exists():
            raise
    return token


def _sound(incoming: Incoming, token: uuid.UUID, owner: str) -> uuid.UUID | FileRefused:
    try:
        with transaction.atomic():
            receive(incoming.file, owner=owner, kind_hint=AUDIO, told=incoming.told, token=token)
    except FileRefused as refused:
        return refused
    except IntegrityError:
        if not Upload.objects.filter(token=token, owner=owner).exists():
            raise
    return token
