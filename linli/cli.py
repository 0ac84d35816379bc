"""The command `linli`. Words that are none of its own commands go to Django (`linli migrate`, `linli shell`)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from linli.config import databases, system_install
from linli.config.databases import APP, OWNER
from linli.config.termination import end_when_told

app = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)

OWNER_COMMANDS = frozenset({"migrate", "makemigrations", "showmigrations", "sqlmigrate", "dbshell", "sqlsequencereset"})
WITHOUT_DATABASE = frozenset({"check", "diffsettings", "findstatic"})

Host = Annotated[str, typer.Option(help="address to listen on")]
Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="port to listen on")]


def main() -> None:
    """Run one command and leave with its exit code."""
    end_when_told()
    words = sys.argv[1:]
    try:
        if words[:1] != ["demo"]:
            system_install.take_settings(os.environ)
            system_install.become_owner(lambda text: print(text, file=sys.stderr))
        if words and not words[0].startswith("-") and words[0] not in own_commands():
            django_command(words)
        else:
            app(prog_name="linli")
    except _refusals() as refusal:
        print(f"linli: {refusal}", file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        told = databases.unreachable(error) or system_install.machine_says(error)
        if not told:
            raise
        print(f"linli: {told}", file=sys.stderr)
        sys.exit(2)


def own_commands() -> frozenset[str]:
    """The words that are commands of Linli itself."""
    import typer.main

    return frozenset(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def _refusals() -> tuple[type[Exception], ...]:
    """What a person can put right: it is said in one sentence, without a traceback."""
    from linli.config.backup.archive import ArchiveError
    from linli.config.backup.making import BackupRefused
    from linli.config.backup.programs import ProgramsError
    from linli.config.backup.session import RestoreError
    from linli.config.backup.upgrading import UpgradeRefused
    from linli.config.databases import DatabaseUrlError
    from linli.config.demo import DemoRefused
    from linli.config.district import DistrictRefused
    from linli.config.postgres import PostgresError
    from linli.config.provision import ProvisionError
    from linli.config.serve import ServeRefused
    from linli.config.service_user import ServiceUserError
    from linli.config.system_install import InstallationRefused

    return (
        ArchiveError,
        BackupRefused,
        DatabaseUrlError,
        DemoRefused,
        DistrictRefused,
        InstallationRefused,
        PostgresError,
        ProgramsError,
        ProvisionError,
        RestoreError,
        ServeRefused,
        ServiceUserError,
        UpgradeRefused,
    )


def django_command(words: list[str]) -> None:
    """Run a management command of Django with the database running and in the role that it needs."""
    from linli.config.session import choose_settings, running_database

    command = words[0]
    choose_settings(OWNER if command in OWNER_COMMANDS else APP)
    from django.core.management import execute_from_command_line

    if command in WITHOUT_DATABASE:
        execute_from_command_line(["linli", *words])
        return
    with running_database():
        if command == "migrate":
            import django

            django.setup()
            from linli.config.migrate import migrate

            migrate(words[1:])
        else:
            execute_from_command_line(["linli", *words])


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def manage(context: typer.Context) -> None:
    """Any management command of Django, e.g. `linli manage shell`."""
    django_command(context.args or ["help"])


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    serve: Annotated[bool, typer.Option(help="serve it, or only load it")] = True,
) -> None:
    """The demo district, loaded once and served on this machine; prints its logins."""
    from linli.config import demo as demo_district

    demo_district.run(host, port, serve=serve)


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    worker: Annotated[bool, typer.Option(help="with a worker, or where `linli worker` runs by itself, without")] = True,
) -> None:
    """Web server, worker and, unless LINLI_DATABASE_URL names another, the embedded database."""
    from linli.config.serve import Server
    from linli.config.session import choose_settings, running_database

    choose_settings(APP)
    server = Server(host, port, say=typer.echo, with_worker=worker)
    with server.loading_early(), running_database() as cluster:
        server.check()
        server.run(cluster=cluster, on_ready=lambda url: typer.echo(f"邻里 Linli → {url}"))


@app.command()
def worker() -> None:
    """Only the worker: jobs and the periodic ones. `linli serve` runs one by itself."""
    from linli.config.jobs import run_worker
    from linli.config.session import choose_settings, running_database

    choose_settings(APP)
    with running_database():
        run_worker()


@app.command()
def init(
    code: Annotated[str, typer.Option(help="six-digit code of the county-level district (GB/T 2260)")] = "",
    places: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="places from a GeoJSON, CSV or XLSX file instead")
    ] = None,
    name: Annotated[str, typer.Option(help="name of the district, with --places")] = "",
    username: Annotated[str, typer.Option(help="login name of the first administrator")] = "",
    password_file: Annotated[Path | None, typer.Option(help="file whose first line is the password")] = None,
    language: Annotated[str, typer.Option(help="zh-hans or en")] = "zh-hans",
) -> None:
    """Set up my district: database, places, units, categories, calendar and the first administrator."""
    from linli.config import district

    interactive = sys.stdin.isatty()
    if interactive:
        if not code and places is None:
            code = typer.prompt("县级区划代码 / six-digit code of the district")
        username = username or typer.prompt("管理员用户名 / administrator's login name")
    password = district.password_in(password_file) if password_file else ""
    if interactive and not password:
        password = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    district.set_up(
        district.Wanted(code, name, places, username, password, language), say=lambda text: typer.echo(text)
    )


@app.command(name="import")
def import_file(
    kind: Annotated[str, typer.Argument(help="places, organisations, staff, grids …; an unknown word lists all")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    map_file: Annotated[
        Path | None, typer.Option("--map", exists=True, dir_okay=False, help="columns, options and answers (TOML)")
    ] = None,
    save_map: Annotated[Path | None, typer.Option(help="write the map that was guessed, to be corrected")] = None,
    dry_run: Annotated[bool, typer.Option(help="only say what would happen")] = False,
    district: Annotated[str, typer.Option(help="code of the place the rows belong to")] = "",
    accept: Annotated[bool, typer.Option(help="settle doubts by what is suggested")] = False,
) -> None:
    """Import a spreadsheet; bad rows come back annotated beside it. Run again after a crash, it goes on."""
    from linli.config.imports import Wanted, import_kind
    from linli.config.session import choose_settings, running_database

    choose_settings(APP)
    with running_database():
        sys.exit(import_kind(Wanted(kind, file, map_file, save_map, dry_run, district, accept)))


@app.command()
def import_undo(number: Annotated[int, typer.Argument(help="number of the batch")]) -> None:
    """Take an import back as a whole; refused with a list when something was built upon it."""
    from linli.config.imports import undo_batch
    from linli.config.session import choose_settings, running_database

    choose_settings(APP)
    with running_database():
        sys.exit(undo_batch(number))


@app.command()
def verify(
    what: Annotated[str, typer.Argument(help="history, ledger, or all")] = "all",
    exported: Annotated[
        Path | None, typer.Option(help="the seals (of the history, or the ledger) kept elsewhere")
    ] = None,
) -> None:
    """Check history and ledger: chains, seals, balances; 1 when something was changed behind them."""
    from linli.config.session import choose_settings, running_database

    if what not in ("all", "history", "ledger"):
        raise typer.BadParameter("history, ledger or all")
    choose_settings(APP)
    with running_database():
        from linli.config.verification import run, run_ledger

        whole = what == "ledger" or run(exported, say=typer.echo)
        whole = (what == "history" or run_ledger(exported if what == "ledger" else None, say=typer.echo)) and whole
        sys.exit(0 if whole else 1)


@app.command()
def reproduce(
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    language: Annotated[str, typer.Option(help="zh-hans or en")] = "zh-hans",
) -> None:
    """Published figures computed from the demo's records: published, computed, verdict; 1 when one does not hold."""
    from linli.config.session import choose_settings, running_database

    choose_settings(APP)
    with running_database():
        from linli.config.reproduction import run

        sys.exit(run(as_json=as_json, language=language))


@app.command()
def backup(
    folder: Annotated[Path | None, typer.Argument(help="where to put it [LINLI_HOME/backups]", file_okay=False)] = None,
    keep: Annotated[int, typer.Option(min=0, help="keep only so many of this installation's newest; 0 keeps all")] = 0,
) -> None:
    """Database, files and seals of this moment in one archive, while everybody works. Never holds the keys."""
    from linli.config.backup import making
    from linli.config.session import choose_settings, running_database

    making.refuse_without_database()
    choose_settings(OWNER)
    with running_database():
        sys.exit(0 if making.run(folder, keep, say=typer.echo) else 1)


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(help="what linli backup wrote")],
    replace: Annotated[bool, typer.Option("--replace", help="put it in the place of what is there")] = False,
    keys: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="your copy of keys.json")] = None,
    check: Annotated[bool, typer.Option("--check", help="only check archive and keys; touches nothing")] = False,
) -> None:
    """Restore a backup into an empty installation, compare every figure with it, and verify the history."""
    from linli.config.backup import restoring
    from linli.config.session import choose_settings

    choose_settings(OWNER)
    if check:
        restoring.check_only(archive, keys=keys, say=typer.echo)
        return
    sys.exit(0 if restoring.run(archive, replace=replace, keys=keys, say=typer.echo) else 1)


@app.command(name="upgrade-database")
def upgrade_database(
    programs: Annotated[Path | None, typer.Option(exists=True, help="bin folder of the old major version")] = None,
) -> None:
    """The embedded database's data of an older major version of PostgreSQL become data of this one."""
    from linli.config.backup import upgrading
    from linli.config.session import choose_settings

    choose_settings(OWNER)
    sys.exit(0 if upgrading.run(programs, say=typer.echo) else 1)


@app.command()
def version() -> None:
    """The version of Linli and where its home is."""
    from linli import __version__
    from linli.config.home import linli_home

    typer.echo(f"linli {__version__}  LINLI_HOME={os.fspath(linli_home())}")
