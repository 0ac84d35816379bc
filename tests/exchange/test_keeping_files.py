"""Files of batches: gone when a batch is given up or old, and never while what says so may still be rolled back."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from linli.exchange import purging, services, storage
from linli.exchange.errors import ExchangeProblem
from linli.exchange.models import ImportBatch
from linli.exchange.refused import noted
from linli.exchange.services import Importer
from linli.people import crypto, keys
from tests.exchange.conftest import workbook

FILE = workbook([["社区", "姓名", "联系电话", "岗位"], ["西湖社区", "张三", "138", "网格员"]])


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "imports"


class Broken(Exception):
    """Something else in the same transaction went wrong."""


def given_up(batch: ImportBatch) -> None:
    services.drop(batch)


def grown_old(batch: ImportBatch) -> None:
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert purging.purge() == 1


@pytest.mark.parametrize("act", [given_up, grown_old])
def test_a_file_goes_with_the_commit_and_stays_with_a_rollback(
    importer: Importer, act: Any, django_capture_on_commit_callbacks: Any
) -> None:
    batch = services.receive(importer, "staff", FILE, "花名册.xlsx")
    with pytest.raises(Broken), transaction.atomic():
        act(batch)
        raise Broken
    batch.refresh_from_db()
    assert batch.purged_at is None and storage.fetch(batch.uid) == FILE, "the row stays, and so does its file"
    with django_capture_on_commit_callbacks(execute=True):
        act(batch)
    batch.refresh_from_db()
    assert batch.purged_at is not None
    with pytest.raises(ExchangeProblem, match="保存期限"):
        storage.fetch(batch.uid)


@pytest.mark.parametrize("act", [given_up, grown_old])
def test_control_a_file_removed_at_once_is_lost_by_a_rollback(
    importer: Importer, act: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "on_commit", lambda work: work())
    batch = services.receive(importer, "staff", FILE, "花名册.xlsx")
    with pytest.raises(Broken), transaction.atomic():
        act(batch)
        raise Broken
    batch.refresh_from_db()
    assert batch.purged_at is None
    with pytest.raises(ExchangeProblem):
        storage.fetch(batch.uid)


def test_an_old_file_that_no_batch_has_any_more_goes_too(
    importer: Importer, folder: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """The process was killed after the commit and before the file was removed."""
    with django_capture_on_commit_callbacks(execute=False):
        dropped, kept, young = (services.receive(importer, "staff", FILE, "花名册.xlsx") for _ in range(3))
        services.drop(dropped)
        services.drop(young)
    long_ago = (timezone.now() - timedelta(days=40)).timestamp()
    for batch in (dropped, kept):
        os.utime(folder / f"{batch.uid.hex}.sealed", (long_ago, long_ago))
    with django_capture_on_commit_callbacks(execute=True):
        assert purging.purge() == 0
    left = {path.stem for path in folder.glob("*.sealed")}
    assert left == {kept.uid.hex, young.uid.hex}, "what is held, and what may just be written"


def test_files_open_after_the_keys_were_rotated(importer: Importer, settings: Any, tmp_path: Path) -> None:
    """Whoever rotates keys while a file waits, or its refused rows are not fetched yet, does not lose it."""
    settings.LINLI_KEYS = str(tmp_path / "keys.json")
    assert crypto.ensure_keys()
    batch = services.receive(importer, "staff", FILE, "花名册.xlsx")
    services.check(batch, importer)
    first = crypto.keyring().current
    for _time in range(3):
        keys.rotate()
    assert first not in crypto.keyring().encryption
    assert storage.fetch(batch.uid) == FILE
    assert [row.problems[0][1] for row in noted(batch) or []] == ["电话号码不完整或多了数字。请核对后重新填写。"]


def test_a_file_whose_key_is_lost_is_gone_and_stops_nothing(importer: Importer, settings: Any, tmp_path: Path) -> None:
    settings.LINLI_KEYS = str(tmp_path / "keys.json")
    assert crypto.ensure_keys()
    batch = services.receive(importer, "staff", FILE, "花名册.xlsx")
    settings.LINLI_KEYS = str(tmp_path / "other.json")
    assert crypto.ensure_keys()
    with pytest.raises(ExchangeProblem) as refused:
        storage.fetch(batch.uid)
    assert "重新上传" in refused.value.message
    keys.rotate()
    services.drop(batch)
