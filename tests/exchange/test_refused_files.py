"""Files that are no tables, are locked, damaged or bombs: each is refused with a sentence that says what to do."""

from __future__ import annotations

import base64
import io
import os
import struct
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
import xlrd.compdoc
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from linli.exchange.column_maps import ImportMap
from linli.exchange.errors import ExchangeProblem
from linli.exchange.planning import open_file
from linli.exchange.reading import read_book
from linli.places.importing import PLACES


def test_a_zip_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli.exchange.reading.xlsx.MAX_UNPACKED_BYTES", 1024 * 1024)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (2 * 1024 * 1024))
    assert len(buffer.getvalue()) < 10_000
    with pytest.raises(ExchangeProblem) as refused:
        read_book(buffer.getvalue(), "a.xlsx")
    assert refused.value.code == "too_large"


def _entities() -> bytes:
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a0 "x">{lines}]><workbook>&a11;</workbook>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
            'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'spreadsheetml.sheet.main+xml"/></Types>',
        )
        archive.writestr("xl/workbook.xml", xml)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: b"", "a.geojson"),
        (lambda: b"[" * 100_000, "a.geojson"),
        (lambda: b'{"type":"FeatureCollection","features":{}}', "a.geojson"),
        (lambda: b"[1,2]", "a.json"),
        (lambda: b"\xff\xfe\x00\x01" * 9, "a.csv"),
        (lambda: b'"' + b"x" * 200_000, "a.csv"),
        (lambda: b"PK\x03\x04 no zip", "a.xlsx"),
        (lambda: "名称,社区\n甲\x00网格,西湖社区\n".encode(), "a.csv"),
        (_entities, "a.xlsx"),
        (lambda: b"whatever", "a.xls"),
        (lambda: b"whatever", "a.exe"),
        (lambda: b"x" * (51 * 1024 * 1024), "a.csv"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_files_are_refused_with_a_sentence(make: Callable[[], bytes], name: str) -> None:
    with pytest.raises(ExchangeProblem) as refused:
        open_file(PLACES, make(), name)
    assert refused.value.message.endswith(("。", "）。"))


def _compound(streams: dict[str, bytes]) -> bytes:
    """A compound file (CFB, version 3) as office programs write it around an encrypted workbook: sectors of 512 bytes,
    one allocation table, one folder; streams below 4,096 bytes are filled up so that no small table is needed."""
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain, sectors = [table], []
    entries = [("Root Entry", 5, end, 0)]
    for name, content in streams.items():
        data = content.ljust(-(-max(len(content), 4096) // 512) * 512, b"\0")
        parts = [data[at : at + 512] for at in range(0, len(data), 512)]
        first = 2 + len(sectors)
        entries.append((name, 2, first, len(data)))
        sectors += parts
    chain.append(end)
    for _name, kind, first, size in entries:
        if kind == 2:
            count = size // 512
            chain += [*range(first + 1, first + count), end]
    assert len(entries) <= 4 and len(chain) <= 128
    folder = b""
    for place, (name, kind, first, size) in enumerate(entries):
        words = (name + "\0").encode("utf-16-le")
        right = place + 1 if 0 < place < len(entries) - 1 else free
        child = 1 if place == 0 else free
        folder += struct.pack(
            "<64sHBB3I16sI8s8sIQ", words, len(words), kind, 1, free, right, child, b"", 0, b"", b"", first, size
        )
    head = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0,
        4096, end, 0, end, 0,
    ) + struct.pack("<109I", 0, *[free] * 108)  # fmt: skip
    sizes = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    return head + sizes + folder.ljust(512, b"\0") + b"".join(sectors)


def _locked() -> bytes:
    """A workbook behind a password, as ECMA-376 agile encryption has it: the package is AES-CBC, the salts random."""
    book = openpyxl.Workbook()
    book.active.append(["社区", "网格名称"])
    plain = io.BytesIO()
    book.save(plain)
    padded = plain.getvalue().ljust(-(-len(plain.getvalue()) // 16) * 16, b"\0")
    encryptor = Cipher(algorithms.AES(os.urandom(32)), modes.CBC(os.urandom(16))).encryptor()
    package = struct.pack("<Q", len(plain.getvalue())) + encryptor.update(padded) + encryptor.finalize()
    salt = base64.b64encode(os.urandom(16)).decode()
    about = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption">'
        f'<keyData saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES"'
        f' cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="{salt}"/></encryption>'
    )
    info = struct.pack("<HHI", 4, 4, 0x40) + about.encode()
    return _compound({"EncryptedPackage": package, "EncryptionInfo": info})


@pytest.mark.parametrize("name", ["名单.xlsx", "名单.xls", "名单.et"])
def test_a_workbook_behind_a_password_says_what_to_do(name: str) -> None:
    with pytest.raises(ExchangeProblem) as refused:
        open_file(PLACES, _locked(), name, ImportMap("places"))
    assert refused.value.code == "locked"
    assert refused.value.message == "文件有打开密码。请在表格软件中取消密码，另存后再导入。"


def test_the_sample_is_a_compound_file_with_both_streams() -> None:
    """The control: a reader of such files finds in it what office programs put there."""
    book = xlrd.compdoc.CompDoc(_locked(), logfile=io.StringIO())
    for stream in ("EncryptedPackage", "EncryptionInfo"):
        assert book.get_named_stream(stream)
