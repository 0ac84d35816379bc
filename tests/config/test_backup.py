"""`linli backup` and `linli restore` as an operator runs them: under load, onto an empty machine, onto a full one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker

from linli.config.backup import archive, facts, restoring
from linli.config.backup.making import BackupRefused, refuse_without_database
from linli.config.backup.programs import client_programs
from linli.config.backup.progress import steps
from linli.config.backup.session import RestoreError
from linli.config.databases import DatabaseAddress, parse_database_url
from linli.config.embedded import read_pointer
from linli.config.provision import provision_outside
from linli.people import crypto
from linli.people.personal import find_or_create_resident
from linli.work import stored, uploads
from tests.support import databases
from tests.support.calling import Caller
from tests.support.databases import PREFIX, TestServer
from tests.support.world import World, build_world
from tests.work.conftest import encoded, picture

pytestmark = pytest.mark.race


def url(address: DatabaseAddress, name: str, schema: str) -> str:
    """An address as an operator writes it."""
    host = quote(address.host, safe="")
    return f"postgresql://{address.user}:{quote(address.password, safe='')}@/{name}?schema={schema}&host={host}"


@dataclass
class Installation:
    """A LINLI_HOME, with a database of the tests' server or its own."""

    home: Path
    server: TestServer
    database: str = ""
    schema: str = "public"
    said: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What `linli` sees."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
        found = clean | {"LINLI_HOME": str(self.home)}
        if self.database:
            found["LINLI_DATABASE_URL"] = url(self.server.app, self.database, self.schema)
            found["LINLI_DATABASE_OWNER_URL"] = url(self.server.owner, self.database, self.schema)
        return found

    def linli(self, *words: str | Path) -> int:
        """Run a command; its exit code. What it said is in `said`."""
        done = subprocess.run(
            [sys.executable, "-m", "linli", *map(str, words)],
            env=self.environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.said = done.stdout + done.stderr
        return done.returncode

    def connect(self) -> psycopg.Connection:
        """As OWNER."""
        return self.server.connect(self.server.owner, self.database)


@dataclass
class Source(Installation):
    """The installation that was backed up while people worked in it."""

    world: World | None = None
    archive: Path = Path()
    told: str = ""
    manifest: dict[str, Any] = field(default_factory=dict)
    before: int = 0
    after: int = 0


def write(call: Caller, seed: int) -> None:
    """A resident's report with a photo of its own."""
    assert call.world.users
    owner = f"p{call.world.users['resident'].person_id}"
    photo = uploads.receive(BytesIO(encoded(picture(320, 240, seed=seed))), owner=owner)
    assert call.report("resident", photos=[str(photo.token)]).status == 201


def write_until(call: Caller, stop: threading.Event, first_seed: int, failures: list[BaseException]) -> None:
    """Go on writing, as clients do."""
    try:
        seed = first_seed
        while not stop.is_set():
            write(call, seed)
            seed += 1
    except BaseException as error:  # noqa: BLE001 - told by the test
        failures.append(error)
    finally:
        connections.close_all()


def items(installation: Installation) -> int:
    """How many items there are."""
    with installation.connect() as connection:
        row = connection.execute(f"SELECT count(*) FROM {installation.schema}.work_item").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def source(
    database_server: TestServer, django_db_setup: Any, django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Source]:  # fmt: skip
    """A small world in which four clients write while the backup is made."""
    home = tmp_path_factory.mktemp("source") / "home"
    home.mkdir()
    before = str(connections["default"].settings_dict["NAME"])
    media, seals = django_settings.MEDIA_ROOT, django_settings.LINLI_HOME
    with django_db_blocker.unblock():
        name = database_server.fresh(databases.template(database_server))
        databases.use(database_server.app, name)
        django_settings.MEDIA_ROOT, django_settings.LINLI_HOME = str(home / "files"), home
        shutil.copy(Path(django_settings.LINLI_KEYS), home / "keys.json")
        ours = Source(home, database_server, name)
        try:
            _backed_up_under_load(ours)
        finally:
            connections["default"].close()
            databases.use(database_server.app, before)
            django_settings.MEDIA_ROOT, django_settings.LINLI_HOME = media, seals
    yield ours
    database_server.drop(name)


def _backed_up_under_load(ours: Source) -> None:
    from linli.work.sealing import seal

    ours.world = build_world()
    call = Caller(ours.world)
    call.token("resident")
    find_or_create_resident(name="任小明", phone="13812345678")
    for seed in (1, 2):
        write(call, seed)
    assert seal() is not None
    write(call, 3)
    stop, failures = threading.Event(), []
    clients = [threading.Thread(target=write_until, args=(call, stop, 110 * n, failures)) for n in range(1, 3)]
    for client in clients:
        client.start()
    try:
        ours.before = items(ours)
        code = ours.linli("backup", "--keep", "3")
        ours.after = items(ours)
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert failures == []
    assert code == 0, ours.said
    ours.told, ours.archive = ours.said, next((ours.home / "backups").iterdir())
    ours.manifest = archive.check(ours.archive)


@pytest.fixture
def empty(database_server: TestServer, source: Source, tmp_path: Path) -> Iterator[Installation]:
    """An empty database of a server, for a district's own schema, with the keys in place."""
    name = f"{PREFIX}_{os.getpid()}_{os.urandom(4).hex()}"
    with database_server.connect(database_server.admin, database_server.admin.name) as admin:
        owner = sql.Identifier(database_server.owner.user)
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(sql.Identifier(name), owner))
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(source.home / "keys.json", home / "keys.json")
    yield Installation(home, database_server, name, "d370215")
    database_server.drop(name)


def test_a_backup_under_load_is_of_one_moment_and_whole(source: Source) -> None:
    manifest = source.manifest
    assert source.after > source.before, "the control: clients wrote meanwhile"
    assert source.before <= manifest["history"]["items"] <= source.after
    assert manifest["files"] | {"count": 0, "bytes": 0} == {
        "count": 0, "bytes": 0, "missing": [], "damaged": [], "erased_meanwhile": [],
    }  # fmt: skip
    # Each report has a photo, in three sizes, and each photo is there.
    with tarfile.open(source.archive) as tar:
        photos = [member.name for member in tar if member.name.endswith(".jpg")]
    assert manifest["files"]["count"] == 3 * len(photos) > 9
    assert manifest["tables"]["work_evidence"]["rows"] == manifest["history"]["items"]
    assert manifest["history"]["seals"] == 1


def test_the_keys_are_not_in_it_and_it_says_so(source: Source) -> None:
    ring = crypto.read_keyring(source.home / "keys.json")
    secrets = [*ring.encryption.values(), ring.blind_key]
    assert "keys.json" in source.manifest["not_in_it"]
    assert "不在备份里 / not in it" in source.told
    assert source.manifest["keys"]["used"] == [ring.current]
    assert ring.fingerprints()[ring.current] in source.told
    with tarfile.open(source.archive) as tar:
        assert not [member.name for member in tar if "key" in member.name or member.name.endswith("postgres.json")]
    whole = source.archive.read_bytes()
    for secret in (*secrets, (source.home / "secret.key").read_bytes(), source.server.owner.password.encode()):
        assert secret not in whole
    assert source.archive.stat().st_mode & 0o777 == 0o600
    assert b"CREATE ROLE" in archive.wanted_member(source.archive, archive.ROLES)


@pytest.mark.long
def test_restored_on_an_empty_machine_everything_is_equal(source: Source, tmp_path: Path) -> None:
    """The embedded database of a new LINLI_HOME: refused without the keys, then equal figure by figure."""
    target = Installation(tmp_path / "home", source.server)
    try:
        assert target.linli("restore", source.archive) == 2
        assert "the key file is missing" in target.said
        assert read_pointer(target.home) is None, "nothing was begun"
        assert target.linli("restore", source.archive, "--keys", source.home / "keys.json") == 0, target.said
        assert "≠" not in target.said
        assert re.search(r"history\.heads .* =\n", target.said)
        assert re.search(rf"files +{source.manifest['files']['count']} .* =\n", target.said)
        assert "完好 / whole" in target.said
        assert (target.home / "keys.json").read_bytes() == (source.home / "keys.json").read_bytes()
        assert (target.home / "seals.jsonl").read_bytes() == (source.home / "seals.jsonl").read_bytes()
        kept = {path.relative_to(target.home) for path in (target.home / "files").rglob("*.*")}
        assert len(kept) == source.manifest["files"]["count"]
        # A backup of it is what was restored. (It remembers anew which migrations it has had.)
        assert target.linli("backup", tmp_path / "again") == 0, target.said
        again = archive.check(next((tmp_path / "again").iterdir()))
        told = list(facts.differences(source.manifest, again))
        assert [text.split(":")[0] for text in told] in ([], ["linli_installation"])
        assert again["members"][archive.LIST] == source.manifest["members"][archive.LIST]
    finally:
        pointer = read_pointer(target.home)
        if pointer is not None:
            shutil.rmtree(pointer.data.parent, ignore_errors=True)


@pytest.mark.long
def test_restored_into_a_districts_schema_beside_others(source: Source, empty: Installation) -> None:
    with empty.connect() as connection:
        connection.execute("CREATE TABLE public.somebody_elses (words text)")
        connection.execute("INSERT INTO public.somebody_elses VALUES ('mine')")
    assert empty.linli("restore", source.archive) == 0, empty.said
    assert "≠" not in empty.said
    assert "完好 / whole" in empty.said
    with empty.connect() as connection:
        assert connection.execute("SELECT words FROM public.somebody_elses").fetchall() == [("mine",)]
        schemas = {row[0] for row in connection.execute("SELECT DISTINCT schemaname FROM pg_tables")}
        assert schemas == {"public", "d370215", "pg_catalog", "information_schema"}
    assert items(empty) == source.manifest["history"]["items"]
    # APP has its rights again and no more.
    app = parse_database_url(url(source.server.app, empty.database, empty.schema))
    with psycopg.connect(**app.psycopg(), autocommit=True) as connection:
        connection.execute("INSERT INTO django_session VALUES ('k', 'v', now())")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM work_event")
        # Full, it is not overwritten unless told, and not while somebody is at work in it.
        with pytest.raises(RestoreError, match="--replace"):
            owner = parse_database_url(url(source.server.owner, empty.database, empty.schema))
            restoring.check_target(owner, replace=False)
        assert empty.linli("restore", source.archive, "--replace") == 2
        assert "stop linli serve" in empty.said
    # What was done since the backup is replaced only when told, and then nothing of it stays.
    assert empty.linli("restore", source.archive, "--replace") == 0, empty.said
    with empty.connect() as connection:
        assert connection.execute("SELECT count(*) FROM d370215.django_session").fetchone() == (0,)


def test_a_restore_that_does_not_compare_equal_changes_nothing(source: Source, empty: Installation) -> None:
    """The database refuses or the figures differ: what was there before is there still, and nothing else."""
    address = parse_database_url(url(source.server.owner, empty.database, empty.schema))
    provision_outside(address, parse_database_url(url(source.server.app, empty.database, empty.schema)))
    with empty.connect() as connection:
        connection.execute("CREATE TABLE d370215.before (words text)")
    wrong = source.manifest | {"history": source.manifest["history"] | {"heads": "0" * 64}}
    for manifest, message in ((wrong, "history.heads"), (source.manifest | {"tables": {}}, "a table too many")):
        with steps() as shown, pytest.raises(RestoreError, match=message):
            restoring.load_and_compare(source.archive, manifest, address, client_programs(15), shown)
        with empty.connect() as connection:
            rows = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'd370215'::regnamespace")
            assert rows.fetchall() == [("before",)]


def test_a_killed_restore_leaves_the_target_as_it_was(source: Source, empty: Installation) -> None:
    """`kill -9` in the middle: a lock that somebody holds stops the restore where it would replace the old tables."""
    with empty.connect() as connection, empty.connect() as looking:
        connection.execute("CREATE SCHEMA d370215")
        connection.execute("CREATE TABLE d370215.before (words text)")
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE d370215.before IN ACCESS SHARE MODE")
        running = subprocess.Popen(
            [sys.executable, "-m", "linli", "restore", str(source.archive), "--replace"],
            env=empty.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'd370215.before'::regclass"
        until = time.monotonic() + 60
        while looking.execute(waiting).fetchone() == (0,):
            assert running.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        os.killpg(running.pid, 9)
        running.wait()
        connection.execute("ROLLBACK")
        while looking.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'psql'").fetchone() != (
            0,
        ):
            assert time.monotonic() < until
            time.sleep(0.05)
        rows = looking.execute("SELECT relname FROM pg_class WHERE relnamespace = 'd370215'::regnamespace")
        assert rows.fetchall() == [("before",)]


@pytest.mark.long
def test_a_missing_file_is_told_and_no_older_backup_goes(source: Source, tmp_path: Path) -> None:
    """A file that rows name and disk lacks, and one whose content changed: exit code 1, both named, all kept."""
    folder = tmp_path / "backups"
    assert source.linli("backup", folder) == 0, source.said
    with tarfile.open(source.archive) as tar:
        photos = [member.name.removeprefix("linli-backup/") for member in tar if member.name.endswith(".jpg")]
    lost, rotten = source.home / "files" / photos[0], source.home / "files" / photos[1]
    data, sound = lost.read_bytes(), rotten.read_bytes()
    lost.unlink()
    rotten.write_bytes(sound[:-1])
    try:
        assert source.linli("backup", folder, "--keep", "1") == 1
    finally:
        lost.write_bytes(data)
        rotten.write_bytes(sound)
    assert f"missing: {photos[0]}" in source.said
    assert f"damaged files: {photos[1]}" in source.said
    assert len(list(folder.iterdir())) == 2


def test_nothing_is_backed_up_where_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(BackupRefused, match="is LINLI_HOME the right one"):
        refuse_without_database()
    assert not (tmp_path / "nowhere").exists()


def test_every_table_that_names_stored_contents_is_backed_up() -> None:
    """A new model with a `sha256` must be told to `linli.work.stored`, or its files would not be in backups."""
    naming = {
        model._meta.db_table
        for model in apps.get_models()
        if any(each.name == "sha256" for each in model._meta.get_fields())
    }
    assert naming == stored.TABLES
