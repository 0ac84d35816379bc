"""`linli rotate_keys`: write every encrypted field under a new key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from linli.people.keys import StillInUse, rotate, rotate_blind


class Command(BaseCommand):
    """Rotate the encryption key, or with `--blind-index` the key by which phones are found again."""

    help = "Write every encrypted personal field under a new key and forget the old ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--blind-index`: that key instead; Linli has to be stopped."""
        parser.add_argument("--blind-index", action="store_true", help="the blind index's key; stop Linli first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate and say how many rows were written."""
        turn = rotate_blind if options["blind_index"] else rotate
        try:
            written = turn(lambda text: self.stderr.write(text))
        except StillInUse as problem:
            raise CommandError(f"请先停止 Linli / {problem}") from problem
        self.stdout.write(f"{written} 行已改用新密钥 / rows are under the new key")
