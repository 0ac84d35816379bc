"""A small district with staff units, and whoever imports into it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest

from linli.exchange import services
from linli.exchange.column_maps import ImportMap
from linli.exchange.kinds import Answer
from linli.exchange.models import ImportBatch
from linli.exchange.services import Importer
from linli.people.importers import importer_for, operator
from linli.people.models import Organisation, Person
from linli.places.models import Place
from linli.work.models import Category, Item
from tests.places.conftest import SmallDistrict, small

__all__ = ["SmallDistrict", "small"]


def stored(kind: str, name: str) -> bool:
    """Whether something of the name, the code or the outside number is in the register."""
    if kind == "requests":
        return Item.objects.filter(source_number=name).exists()
    if kind == "staff":
        return Person.objects.filter(display_name=name).exists()
    if kind == "organisations":
        return Organisation.objects.filter(name=name).exists()
    if kind == "categories":
        return Category.objects.filter(code=name, valid_to=None).exists()
    field = "code" if name.isdigit() else "name"
    return Place.objects.filter(**{field: name}, active=True).exists()


@pytest.fixture
def importer(small: SmallDistrict) -> Importer:
    """The operator, importing into the small district."""
    return importer_for(operator(), small.district.pk)


def workbook(rows: Sequence[Sequence[Any]], title: str = "Sheet1") -> bytes:
    """A plain workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of a workbook."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def answered(batch: ImportBatch, importer: Importer, **wanted: str) -> None:
    """Check a batch and answer its doubts: by topic what is wanted, else what is suggested, until none is left."""
    for _round in range(6):
        services.check(batch, importer)
        open_doubts = [doubt for doubt in batch.report["doubts"] if doubt["answer"] is None]
        given = {}
        for doubt in open_doubts:
            value = wanted.get(f"{doubt['topic']}:{doubt['text']}", wanted.get(doubt["topic"], doubt["suggestion"]))
            if value == "+":
                given[doubt["key"]] = Answer("create")
            elif value == "skip":
                given[doubt["key"]] = Answer("skip")
            elif value:
                by_label = {label: key for key, label in doubt["choices"]}
                given[doubt["key"]] = Answer("use", by_label.get(value, value))
        if not given:
            return
        services.answer(batch, importer, given)


def brought_in(importer: Importer, kind: str, data: bytes, name: str = "名单.xlsx", mapping: ImportMap | None = None,
               **wanted: str) -> ImportBatch:  # fmt: skip
    """Receive, check, answer and carry out."""
    batch = services.receive(importer, kind, data, name, mapping)
    answered(batch, importer, **wanted)
    services.begin(batch)
    services.run(batch, importer)
    return batch
