"""Migrate and then grant: the two always go together."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core.management import call_command, execute_from_command_line
from django.db import connection, transaction

from linli.config import installation
from linli.config.demo import find
from linli.config.privileges import apply_privileges
from linli.config.session import prepare_for_migration


def migrate(words: Sequence[str] = (), *, quiet: bool = False) -> None:
    """Bring the database to the newest form and grant the APP role what its models allow. Runs as OWNER.

    `words` are passed to Django's command as they stand.
    """
    prepare_for_migration()
    if quiet:
        call_command("migrate", *words, verbosity=0, skip_checks=True)
    else:
        execute_from_command_line(["linli", "migrate", *words])
    finish(settings.LINLI_APP_ROLE, complete=not words)
    if not words and not quiet:
        prepare_new_rooms()


def prepare_new_rooms() -> None:
    """Give a district that was set up by an older version what rooms that came since prepare; what is there stays."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM places_place)")
        (is_set_up,) = cursor.fetchone()
    for path in settings.LINLI_UPGRADE_HOOKS if is_set_up else ():
        hook = find(path)
        if hook is not None:
            hook(None)


def finish(app_role: str, *, complete: bool = True) -> None:
    """Grant the APP role what the models allow, and remember which migrations the database has had."""
    with transaction.atomic(), connection.cursor() as cursor:
        installation.create_table(cursor)
        if complete:
            installation.remember(cursor, installation.MIGRATIONS, installation.migrations_key())
        apply_privileges(cursor, app_role)
