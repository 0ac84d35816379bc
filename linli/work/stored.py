"""Which contents the database says are stored: what a backup must hold, and what may rightly be gone.

In bare SQL over columns that no migration has renamed, so that a database which has not had this version's
migrations yet can be backed up before it gets them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import connection

from linli.work import storage

# A paper keeps its row when its item is erased, but not its content.
_PAPERS = """
SELECT p.sha256, 'application/pdf' FROM work_printeddocument p
WHERE NOT EXISTS (SELECT 1 FROM work_event e WHERE e.item_id = p.item_id AND e.codes ? 'erased')
"""
_CONTENTS = f"""
SELECT sha256, media_type FROM work_evidence WHERE removed_at IS NULL
UNION SELECT sha256, media_type FROM work_upload
UNION {_PAPERS}
"""
TABLES = frozenset({"work_evidence", "work_upload", "work_printeddocument"})
"""The tables that name stored contents; a test holds that there are no others."""


@dataclass(frozen=True, slots=True)
class Content:
    """One stored content, by its SHA-256."""

    sha256: str
    media_type: str

    @property
    def name(self) -> str:
        """Where it lies."""
        return storage.blob_name(self.sha256, self.media_type)

    @property
    def copies(self) -> list[str]:
        """Where the smaller copies of a photo lie; none for other contents."""
        if not self.media_type.startswith("image/"):
            return []
        return [storage.blob_name(self.sha256, storage.THUMBNAIL_TYPE, side=side) for side in storage.THUMBNAIL_SIDES]


def count_contents() -> int:
    """How many contents the rows of this transaction name (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_CONTENTS}) AS contents")
        return int(cursor.fetchone()[0])


def contents() -> Iterator[Content]:
    """Every content that the rows of this transaction name, once, in the order of its SHA-256; read in portions."""
    last = ("", "")
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT sha256, media_type FROM ({_CONTENTS}) AS contents"
                " WHERE (sha256, media_type) > (%s, %s) ORDER BY 1, 2 LIMIT 5000",
                last,
            )
            rows = cursor.fetchall()
        yield from (Content(*row) for row in rows)
        if len(rows) < 5000:
            return
        last = rows[-1]


def named_now(names: Collection[str]) -> set[str]:
    """Which of these contents (by where they lie) a row names now."""
    by_sha = {name.rsplit("/", 1)[-1].split(".")[0]: name for name in names}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT sha256 FROM ({_CONTENTS}) AS contents WHERE sha256 = ANY(%s)", [list(by_sha)])
        return {by_sha[row[0]] for row in cursor.fetchall()}
