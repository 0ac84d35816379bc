"""`linli init`: an empty database becomes *my* district."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg

from linli.config import databases, installation
from linli.config.home import linli_home
from linli.config.session import choose_settings, running_database, switch_role


class DistrictRefused(RuntimeError):
    """The district cannot be set up like this; the message says what to change."""


@dataclass(frozen=True)
class Wanted:
    """What the operator said. `places` is a file to read instead of the packaged list of divisions."""

    code: str
    name: str
    places: Path | None
    username: str
    password: str
    language: str = "zh-hans"


def password_in(file: Path) -> str:
    """The first line of the file. Raises DistrictRefused where there is none to be read."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DistrictRefused(f"读不出密码文件 / the file of the password cannot be read: {file} ({error})") from error
    if not lines or not lines[0].strip():
        raise DistrictRefused(f"密码文件的第一行是空的 / the first line of the file is empty: {file}")
    return lines[0]


def check(wanted: Wanted) -> None:
    """Refuse what cannot become a district. Raises DistrictRefused."""
    if wanted.places is None and not re.fullmatch(r"\d{6}", wanted.code):
        raise DistrictRefused("请用 --code 给出六位区划代码 / give the six-digit code of the district with --code")
    if not wanted.username or not wanted.password:
        raise DistrictRefused(
            "请给出 --username 和 --password-file（或在终端里运行） / "
            "give --username and --password-file, or run in a terminal"
        )
    if wanted.language not in ("zh-hans", "en"):
        raise DistrictRefused("--language: zh-hans, en")


def refuse_the_demo() -> None:
    """Refuse to make a district of one's own where the demo was loaded: its logins are written in a file."""
    with psycopg.connect(**databases.address(linli_home(), databases.OWNER).psycopg()) as connection:
        if installation.DEMO in installation.remembered(connection):
            raise DistrictRefused(
                f"{linli_home()} 里是演示数据，自己的区县请给 LINLI_HOME 另选一个目录 / it holds the demo: "
                "set LINLI_HOME to another folder for your own district"
            )


def refuse_without_keys() -> None:
    """Refuse to go on with new keys where people are stored under others."""
    with psycopg.connect(**databases.address(linli_home(), databases.OWNER).psycopg()) as connection:
        if lacking := installation.lacks_keys(connection, linli_home()):
            raise DistrictRefused(lacking)


def set_up(wanted: Wanted, *, say: Callable[[str], None]) -> None:
    """Prepare the database and let each room prepare what it needs; safe to run again after a failure."""
    check(wanted)
    choose_settings(databases.OWNER)
    with running_database():
        import django

        refuse_the_demo()
        refuse_without_keys()
        django.setup()
        from django.conf import settings

        from linli.config.demo import find
        from linli.config.migrate import migrate

        say("建立数据库 / preparing the database …")
        migrate(quiet=True)
        switch_role(databases.APP)
        _check_against_the_rooms(wanted)
        from linli.people.errors import PeopleProblem
        from linli.places.errors import PlaceProblem

        for path in settings.LINLI_SETUP_HOOKS:
            hook = find(path)
            if hook is not None:
                say(f"{path.split('.')[1]} …")
                try:
                    told = hook(wanted)
                except (PlaceProblem, PeopleProblem) as problem:
                    raise DistrictRefused(str(problem)) from problem
                if told:
                    say(told)
    say(f"完成 / done. LINLI_HOME={linli_home()}\n下一步 / next: linli serve")


def _check_against_the_rooms(wanted: Wanted) -> None:
    """Refuse an unknown code without a name, and a password that is easily guessed, before anything is written."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from linli.people.accounts import checked_username
    from linli.people.errors import PeopleProblem
    from linli.places.divisions import packaged_district, packaged_districts

    if wanted.places is None and not wanted.name and packaged_district(wanted.code) is None:
        known = ", ".join(f"{row.code} {row.name}" for row in packaged_districts())
        raise DistrictRefused(
            f"{wanted.code}: 请用 --name 给出名称，或用 --places 给出文件 / give its name with --name, or a file with "
            f"--places. 自带 / packaged: {known}"
        )
    try:
        checked_username(wanted.username)
    except PeopleProblem as problem:
        raise DistrictRefused(f"--username {wanted.username}: {problem}") from problem
    try:
        validate_password(wanted.password)
    except ValidationError as error:
        raise DistrictRefused(" ".join(error.messages)) from error
