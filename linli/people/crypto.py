"""Encryption of personal fields at rest, and the keyed blind index by which they are found again.

Cipher text: AES-256-GCM, laid out as `1 | n | key id (n bytes, ASCII) | nonce (12) | cipher text and tag`. The
associated data is a context chosen by the caller (field and row), so a cipher text moved to another place does
not open. Blind index: HMAC-SHA256 over purpose and normalised text with a key of its own, so that whoever holds
the encryption key but not this one cannot look people up, and the other way round.

Keys live in the owner-only file that the setting LINLI_KEYS names: never in the database, never in its backups.
The file holds every encryption key that may still be in use; new text is written under the current one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

Blind = Callable[[str, str], bytes]
"""Text and purpose to the 32 bytes of the blind index."""

_LAYOUT = 1
_NONCE = 12
_KEY_BYTES = 32


class CryptoError(Exception):
    """Keys are missing or damaged, or a cipher text does not open. The message never holds key or text."""


@dataclass(frozen=True)
class Keyring:
    """The keys of an installation."""

    current: str
    encryption: Mapping[str, bytes]
    blind_key: bytes
    next_blind_key: bytes | None = None
    recovery_key: bytes | None = None

    def encrypt(self, text: str, context: str) -> bytes:
        """Cipher text of `text`, bound to `context` (field and row)."""
        return self.seal(text.encode(), context)

    def seal(self, content: bytes, context: str) -> bytes:
        """Cipher text of a file's content, bound to `context`."""
        nonce = secrets.token_bytes(_NONCE)
        name = self.current.encode("ascii")
        sealed = AESGCM(self.encryption[self.current]).encrypt(nonce, content, context.encode())
        return bytes((_LAYOUT, len(name))) + name + nonce + sealed

    def decrypt(self, data: bytes | memoryview, context: str) -> str:
        """The text inside `data`. Raises `CryptoError` for another context, a lost key or a changed byte."""
        return self.unseal(data, context).decode()

    def unseal(self, data: bytes | memoryview, context: str) -> bytes:
        """The content inside `data`. Raises `CryptoError` as `decrypt` does."""
        raw = bytes(data)
        name = key_id(raw)
        key = self.encryption.get(name)
        if key is None:
            raise CryptoError(f"the key {name!r} is not in the key file")
        start = 2 + len(name)
        try:
            return AESGCM(key).decrypt(raw[start : start + _NONCE], raw[start + _NONCE :], context.encode())
        except (InvalidTag, ValueError) as error:
            raise CryptoError("a cipher text does not open: it was changed or belongs elsewhere") from error

    def blind(self, text: str, purpose: str) -> bytes:
        """32 bytes by which equal texts of one purpose are recognised, and nothing else.

        Raises `CryptoError` while the key is being changed: what is written now could not be found later.
        """
        if self.next_blind_key is not None:
            raise CryptoError(
                "the key of the blind index is being changed; run `linli rotate_keys --blind-index` to its end"
            )
        message = f"{len(purpose)}:{purpose}:{text}".encode()
        return hmac.new(self.blind_key, message, hashlib.sha256).digest()

    def recovery(self, text: str, purpose: str) -> bytes:
        """As `blind`, for codes that nobody can read again: by a key that stays when the blind index gets another."""
        return replace(self, blind_key=self.recovery_key or self.blind_key, next_blind_key=None).blind(text, purpose)

    def fingerprints(self) -> dict[str, str]:
        """By which the keys can be recognised and not be found: name → digest, the blind index's key as `blind`."""
        return {name: fingerprint(key) for name, key in self.encryption.items()} | {
            "blind": fingerprint(self.blind_key)
        }


def fingerprint(key: bytes) -> str:
    """16 hexadecimal digits that tell one key from another. A key is 256 random bits, so nothing is given away."""
    return hashlib.sha256(b"linli key fingerprint\0" + key).hexdigest()[:16]


def key_id(data: bytes | memoryview) -> str:
    """The name of the key under which `data` was written."""
    raw = bytes(data)
    if len(raw) < 2 + _NONCE or raw[0] != _LAYOUT:
        raise CryptoError("this is not a cipher text of Linli")
    return raw[2 : 2 + raw[1]].decode("ascii", "replace")


_lock = threading.Lock()
_loaded: dict[str, tuple[tuple[int, int], Keyring]] = {}


_path_of = lru_cache(maxsize=8)(Path)


def _path() -> Path:
    return Path(str(settings.LINLI_KEYS))


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CryptoError(f"there is no key file at {path}; `linli init` or `linli demo` makes one") from error
    except ValueError as error:
        raise CryptoError(f"the key file {path} is damaged") from error
    if not isinstance(value, dict):
        raise CryptoError(f"the key file {path} is damaged")
    return value


def read_keyring(path: Path) -> Keyring:
    """The keys in a file. Raises `CryptoError` when it is missing or damaged."""
    value = _read(path)
    try:
        ring = Keyring(
            current=value["current"],
            encryption={name: base64.b64decode(entry["key"]) for name, entry in value["encryption"].items()},
            blind_key=base64.b64decode(value["blind"]["key"]),
            next_blind_key=base64.b64decode(value["blind_next"]["key"]) if "blind_next" in value else None,
            recovery_key=base64.b64decode(value["recovery"]["key"]) if "recovery" in value else None,
        )
        AESGCM(ring.encryption[ring.current])
    except (KeyError, TypeError, ValueError) as error:
        raise CryptoError(f"the key file {path} is damaged") from error
    return ring


def keyring() -> Keyring:
    """The keys of this installation, read again when the file has changed."""
    name = str(settings.LINLI_KEYS)
    path = _path_of(name)
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise CryptoError(f"there is no key file at {path}; `linli init` or `linli demo` makes one") from error
    stamp = (status.st_mtime_ns, status.st_ino)
    known = _loaded.get(name)
    if known is not None and known[0] == stamp:
        return known[1]
    ring = read_keyring(path)
    with _lock:
        _loaded[name] = (stamp, ring)
    return ring


def encrypt(text: str, context: str) -> bytes:
    """Cipher text of `text` under the current key, bound to `context`."""
    return keyring().encrypt(text, context)


def decrypt(data: bytes | memoryview, context: str) -> str:
    """The text inside `data`; `CryptoError` when it does not open."""
    return keyring().decrypt(data, context)


def encrypt_bytes(data: bytes, context: str) -> bytes:
    """Cipher text of a file's content under the current key, bound to `context`."""
    return keyring().seal(data, context)


def decrypt_bytes(data: bytes | memoryview, context: str) -> bytes:
    """The content inside `data`; `CryptoError` when it does not open."""
    return keyring().unseal(data, context)


def blind(text: str, purpose: str) -> bytes:
    """The blind index of `text` for one purpose (32 bytes)."""
    return keyring().blind(text, purpose)


def recovery(text: str, purpose: str) -> bytes:
    """The digest of a code that nobody can read again (32 bytes)."""
    return keyring().recovery(text, purpose)


def begin_blind() -> Keyring:
    """Put a next key of the blind index into the file, where there is none yet; the keys as they will be.

    Until `end_blind` nothing can be blinded with the keys of the file.
    """
    path = _path()
    value = _read(path)
    if "blind_next" not in value:
        value["blind_next"] = _fresh()
        _write(path, value)
    ring = read_keyring(path)
    assert ring.next_blind_key is not None
    return replace(ring, blind_key=ring.next_blind_key, next_blind_key=None)


def end_blind() -> None:
    """Make the next key of the blind index the one in use; recovery codes keep the first one."""
    path = _path()
    value = _read(path)
    value.setdefault("recovery", value["blind"])
    value["blind"] = value.pop("blind_next")
    _write(path, value)


def _fresh() -> dict[str, str]:
    key = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
    return {"key": key, "made_at": datetime.now(UTC).isoformat(timespec="seconds")}


def _write(path: Path, value: dict[str, Any], *, only_new: bool = False) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    if not only_new:
        draft.replace(path)
        return
    # A link fails when the file is there: of two processes that begin together, one makes the keys for both.
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def ensure_keys() -> bool:
    """Make the owner-only key file when there is none; True when it was made now.

    Without the file nothing encrypted can be read again: it is to be kept apart from the backups (docs/people.md).
    """
    path = _path()
    if path.exists():
        keyring()
        return False
    name = _new_name({})
    _write(path, {"current": name, "encryption": {name: _fresh()}, "blind": _fresh()}, only_new=True)
    return True


def _new_name(known: Mapping[str, object]) -> str:
    return f"k{len(known) + 1}-{secrets.token_hex(4)}"


def add_key() -> str:
    """Add an encryption key and make it the current one; its name. Old keys stay until nothing uses them."""
    path = _path()
    value = _read(path)
    name = _new_name(value["encryption"])
    value["encryption"][name] = _fresh()
    value["current"] = name
    _write(path, value)
    return name


def forget_keys(in_use: set[str]) -> list[str]:
    """Drop the encryption keys that are neither `in_use` nor one of the last two; their names.

    The key before the current one stays until the next rotation: a transaction that was open while the key
    changed may still write under it.
    """
    path = _path()
    value = _read(path)
    kept = {*in_use, value["current"], *list(value["encryption"])[-2:]}
    gone = [name for name in value["encryption"] if name not in kept]
    for name in gone:
        del value["encryption"][name]
    if gone:
        _write(path, value)
    return gone
