"""Refused rows of a large file come back marked as well, without a whole workbook in the memory."""

from __future__ import annotations

import gzip
import io
import json

import openpyxl
import pytest

from linli.exchange import streamed
from linli.exchange.column_maps import ImportMap
from linli.exchange.kinds import kind_of
from linli.exchange.refused import Refused, refused_rows
from linli.exchange.rejects import rejects_file
from linli.exchange.services import Importer
from tests.exchange.conftest import brought_in, saved, workbook

ROWS = [
    ["西湖社区网格员", None, None, None], ["社区", "姓名", "联系电话", "岗位"],
    ["西湖社区", "张三", 13800000001, "网格员"], ["西湖社区", "李四", "138", "社区工作者"],
    ["西湖社区", "=王五", "13800000003", "社区工作者"],
]  # fmt: skip


def test_a_large_file_comes_back_line_by_line(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed, "MANY_CELLS", 5)
    book = openpyxl.load_workbook(io.BytesIO(workbook(ROWS)))
    book.worksheets[0]["B5"].data_type = "s"
    data = saved(book)
    batch = brought_in(importer, "staff", data)
    kind = kind_of("staff")
    assert kind is not None
    content, name, _media = rejects_file(kind, data, "名单.xlsx", ImportMap("staff"), refused_rows(batch))
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert name == "名单-退回.xlsx" and page["E2"].value == "退回原因" and page["E3"].value is None
    assert "不完整" in page["E4"].value and page["C4"].fill.fgColor.rgb == "FFFFD9D0" and page["C4"].comment is not None
    assert [cell.value for cell in page[3]][:3] == ["西湖社区", "张三", 13800000001]
    page["C4"].value = "13800000002"
    again = brought_in(importer, "staff", saved(page.parent), "名单-退回.xlsx")
    assert again.report["counts"]["new"] == 1, again.report["rejects"]


def test_a_packed_file_comes_back_too() -> None:
    kind = kind_of("grids")
    assert kind is not None
    feature = {"type": "Feature", "properties": {"名称": "甲网格"}, "geometry": None}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=False)
    data = gzip.compress(text.encode("gb18030"))
    content, name, _media = rejects_file(
        kind, data, "网格.geojson.gz", ImportMap("grids"), [Refused("", 1, [("", "坏")])]
    )
    assert name == "网格-退回.geojson" and json.loads(content)["features"][0]["properties"]["退回原因"] == "坏"
