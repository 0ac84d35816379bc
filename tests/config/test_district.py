"""`linli init` refuses what cannot become a district and says what to change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from linli.config.demo import exists, find
from linli.config.district import DistrictRefused, Wanted, _check_against_the_rooms, check, password_in

GOOD = Wanted(code="211302", name="", places=None, username="zhang", password="correct-horse-99")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": "2113"}, "--code"),
        ({"username": ""}, "--username"),
        ({"password": ""}, "--password-file"),
        ({"language": "fr"}, "zh-hans, en"),
    ],
)
def test_refuses_half_an_answer(change: dict[str, str], reason: str) -> None:
    check(GOOD)
    with pytest.raises(DistrictRefused, match=reason):
        check(replace(GOOD, **change))  # type: ignore[arg-type]


def test_refuses_an_unknown_code_without_a_name_and_a_guessable_password() -> None:
    _check_against_the_rooms(GOOD)
    _check_against_the_rooms(replace(GOOD, code="999999", name="某区"))
    with pytest.raises(DistrictRefused, match="--name"):
        _check_against_the_rooms(replace(GOOD, code="999999"))
    with pytest.raises(DistrictRefused, match="太常见"):
        _check_against_the_rooms(replace(GOOD, password="1234567890"))
    with pytest.raises(DistrictRefused, match="密码太短，至少要 10 个字符"):
        _check_against_the_rooms(replace(GOOD, password="qk7-x"))
    with pytest.raises(DistrictRefused, match="--username"):
        _check_against_the_rooms(replace(GOOD, username="张 三/1"))


def test_the_file_of_the_password_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "password"
    with pytest.raises(DistrictRefused, match="读不出密码文件"):
        password_in(file)
    file.write_bytes(b"")
    with pytest.raises(DistrictRefused, match="是空的"):
        password_in(file)
    file.write_bytes("密码".encode("gbk"))
    with pytest.raises(DistrictRefused, match="读不出密码文件"):
        password_in(file)
    file.write_text("correct-horse-99\nsecond line\n", encoding="utf-8")
    assert password_in(file) == "correct-horse-99"


def test_every_registered_part_that_exists_can_be_called() -> None:
    paths = [*settings.LINLI_SETUP_HOOKS, *settings.LINLI_DEMO_LOADERS]
    assert all(callable(find(path)) for path in paths if exists(path))
    assert find("linli.places.no_such_module.load") is None
