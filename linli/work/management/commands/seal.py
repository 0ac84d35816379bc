"""`linli seal`: seal the history now, as the hourly job does."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from linli.work.sealing import seal, seal_others, seals_file


class Command(BaseCommand):
    """Seal all heads that changed since the last seal, and the books of other rooms."""

    help = "Seal the history and export the seal to seals.jsonl."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal and say what was sealed."""
        seal_others()
        row = seal()
        if row is None:
            self.stdout.write(_("上次封存后没有变化。"))
            return
        values = {"number": row.pk, "items": row.item_count, "file": seals_file()}
        self.stdout.write(_("封存 %(number)s：%(items)s 个事项，已写入 %(file)s。") % values)
