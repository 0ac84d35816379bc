"""Keep the English catalogues complete: `python -m tools.i18n update [ROOM…]`, `… check`, `… compile`.

The source language is Simplified Chinese: what stands in the code is what a Chinese reader sees. Each room has one
catalogue, `linli/<room>/locale/en/LC_MESSAGES/django.po`, with the strings of that room's Python and templates. Babel
extracts (no xgettext needed); templates are first turned by Django's own `templatize`.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings

from linli.config.catalogues import compile_catalogues

PACKAGE = Path(__file__).resolve().parent.parent / "linli"
LANGUAGE = "en"

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

_STRING = r"""[urbURB]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
_CALL = re.compile(rf"\b(_|gettext|ngettext|pgettext|npgettext)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sdf]|%[sd]|\{(\w*)(?:[:!][^}]*)?\}")
_BARE = re.compile(r"%(?!\(\w+\)[sdf]|[sd](?!\w))")

HEADER = """# English of Linli's room "{room}". The source language is Simplified Chinese.
msgid ""
msgstr ""
"Project-Id-Version: Linli\\n"
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""

Key = tuple[str, str]
"""(context, singular msgid)"""


@dataclass
class Found:
    """A string that stands in the code."""

    msgid: str | tuple[str, str]
    context: str = ""
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        """What the catalogues index by."""
        return self.context, self.msgid if isinstance(self.msgid, str) else self.msgid[0]


class ExtractionError(ValueError):
    """A source file that cannot be read for its strings."""


def main(words: list[str] | None = None) -> int:
    """Run a command; 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m tools.i18n", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    update = commands.add_parser("update", help="add what is missing, mark what is left over, compile")
    update.add_argument("rooms", nargs="*", help="only these rooms")
    update.add_argument("--prune", action="store_true", help="drop entries whose string is gone")
    commands.add_parser("check", help="fail when English is missing, doubtful or left over")
    commands.add_parser("compile", help="compile the catalogues")
    chosen = parser.parse_args(words)
    if chosen.command == "compile":
        print(f"{len(compile_catalogues(PACKAGE))} catalogues compiled")
        return 0
    if chosen.command == "check":
        complaints = list(check(PACKAGE))
        print("\n".join([*complaints, f"{len(complaints)} complaints about the English catalogues"]))
        return 1 if complaints else 0
    written = update_catalogues(PACKAGE, chosen.rooms, prune=chosen.prune)
    print("\n".join(f"written: {path}" for path in written) or "nothing to write")
    compile_catalogues(PACKAGE)
    missing = [line for line in check(PACKAGE) if not chosen.rooms or line.split("/")[1] in chosen.rooms]
    print("\n".join([*missing, f"{len(missing)} entries still need work"]))
    return 0


def rooms(package: Path) -> list[Path]:
    """The folders that have a catalogue of their own; the package itself holds what lies in none of them."""
    below = [path for path in sorted(package.iterdir()) if (path / "__init__.py").is_file()]
    return [*below, package]


def extract_room(room: Path, package: Path) -> dict[Key, Found]:
    """All strings of a room, with the files they stand in."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
    found: dict[Key, Found] = {}
    for path in _sources(room, package):
        try:
            strings = list(_strings_of(path))
        except (SyntaxError, UnicodeDecodeError) as error:
            raise ExtractionError(f"{path}: {error}") from error
        for string in strings:
            kept = found.setdefault(string.key, string)
            kept.files.add(path.relative_to(package.parent).as_posix())
            if isinstance(string.msgid, tuple):
                kept.msgid = string.msgid
    return found


def _sources(room: Path, package: Path) -> Iterator[Path]:
    if room == package:
        yield from sorted(package.glob("*.py"))
        yield from _templates(package / "templates")
        return
    for path in sorted(room.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path
    yield from _templates(room)


def _templates(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".html", ".txt", ".svg", ".xml") and "templates" in path.parts:
            yield path


def _strings_of(path: Path) -> Iterator[Found]:
    """The strings of one file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from _template_strings(text, path)
        return
    ast.parse(text)
    for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
        if isinstance(message, tuple):
            yield Found((message[0], message[1]), context or "")
        elif message:
            yield Found(message, context or "")


def _template_strings(text: str, path: Path) -> Iterator[Found]:
    from django.utils.translation.template import templatize

    for match in _CALL.finditer(templatize(text, origin=str(path))):
        parts = cast(tuple[str, ...], ast.literal_eval(f"({match[2]},)"))
        # Django doubles per cent signs when it looks a string with placeholders up; templatize has done so too.
        match match[1]:
            case "pgettext":
                yield Found(parts[1], parts[0])
            case "ngettext":
                yield Found((parts[0], parts[1]))
            case "npgettext":
                yield Found((parts[1], parts[2]), parts[0])
            case _:
                yield Found(parts[0])


def catalogue_path(room: Path) -> Path:
    """Where a room's English is."""
    return room / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def read_catalogue(room: Path) -> Catalog:
    """A room's English as it is; empty when there is none."""
    path = catalogue_path(room)
    if not path.is_file():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def _messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def _key(message: Message) -> Key:
    return message.context or "", message.id if isinstance(message.id, str) else message.id[0]


def update_catalogues(package: Path, only: Iterable[str] = (), *, prune: bool = False) -> list[Path]:
    """Write the catalogues that changed; translations follow a string that moved to another room."""
    wanted = set(only)
    all_rooms = rooms(package)
    catalogues = {room: read_catalogue(room) for room in all_rooms}
    memory: dict[Key, Message] = {}
    for catalogue in catalogues.values():
        for message in [*catalogue.obsolete.values(), *_messages(catalogue)]:
            if message.string and any(message.string):
                memory[_key(message)] = message
    written = []
    for room in all_rooms:
        if wanted and room.name not in wanted:
            continue
        fresh = _merged(extract_room(room, package), catalogues[room], memory, prune=prune)
        path = catalogue_path(room)
        text = _written(fresh, room.name)
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text != before and (before or len(fresh)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written


def _merged(found: dict[Key, Found], old: Catalog, memory: dict[Key, Message], *, prune: bool) -> Catalog:
    """The room's strings with the translations that are known."""
    fresh = Catalog(locale=LANGUAGE)
    own = {_key(message): message for message in _messages(old)}
    for key in sorted(found, key=lambda key: (min(found[key].files), key)):
        string = found[key]
        known = memory.get(key)
        if key in own and any(own[key].string or ()):
            known = own[key]
        translation = known.string if known and _same_form(known, string) else None
        fresh.add(
            string.msgid,
            translation,
            locations=[(file, 0) for file in sorted(string.files)],
            flags=set(known.flags) & {"fuzzy"} if known else (),
            user_comments=known.user_comments if known else (),
            context=string.context or None,
        )
    if not prune:
        for message in [*old.obsolete.values(), *own.values()]:
            if _key(message) not in found and message.string and any(message.string):
                fresh.obsolete[fresh._key_for(message.id, message.context)] = message
    return fresh


def _same_form(message: Message, string: Found) -> bool:
    return isinstance(message.id, str) == isinstance(string.msgid, str)


def _written(catalogue: Catalog, room: str) -> str:
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=110, omit_header=True, include_lineno=False)
    return HEADER.format(room=room) + buffer.getvalue().decode().strip() + "\n"


def check(package: Path) -> Iterator[str]:
    """Complaints: a string without English, doubtful English, other placeholders, an entry whose string is gone, a
    string that is another in English in another room (all rooms are one catalogue when Linli runs)."""
    english: dict[tuple[Key, bool], dict[str, list[str]]] = {}
    for room in rooms(package):
        found = extract_room(room, package)
        catalogue = read_catalogue(room)
        own = {_key(message): message for message in _messages(catalogue)}
        for key, message in own.items():
            english.setdefault((key, message.pluralizable), {}).setdefault(str(message.string), []).append(room.name)
        place = f"linli/{room.name}" if room != package else "linli/."
        for key, string in found.items():
            entry = own.get(key)
            name = f"{place}: {key[1]!r} ({min(string.files)})"
            if entry is None:
                yield f"{name} is in no catalogue: run python -m tools.i18n update"
            else:
                yield from (f"{name} {complaint}" for complaint in _complaints(entry))
        for kept in [*own.values(), *catalogue.obsolete.values()]:
            if _key(kept) not in found:
                yield f"{place}: {_key(kept)[1]!r} is left over: run python -m tools.i18n update --prune"
    for (key, _plural), said in english.items():
        if len(said) > 1:
            yield f"{key[1]!r} differs in English: {said}. Say the same, or give one of them a context"


def _complaints(message: Message) -> Iterator[str]:
    strings = [message.string] if isinstance(message.string, str) else list(message.string or ("",))
    if not all(strings):
        yield "has no English"
        return
    if message.fuzzy:
        yield "is marked fuzzy"
    wanted = _placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    if any(name.startswith("%(") for name in wanted) and any(_BARE.search(text.replace("%%", "")) for text in strings):
        yield f"has a bare % in English, which breaks it when it is filled in: {strings[-1]!r}"
    # The singular may leave the number out ("one report").
    if _placeholders(strings[-1]) != wanted:
        yield f"has other placeholders in English: {strings[-1]!r}"


def _placeholders(text: str) -> set[str]:
    return {match[0].rstrip("sdf") if match[0].startswith("%(") else match[0] for match in _PLACEHOLDER.finditer(text)}


if __name__ == "__main__":
    sys.exit(main())
