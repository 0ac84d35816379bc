"""Workbooks as offices really keep them, made by code. Each names its oddities, what must land and what must not.

The district is the small one of the tests: 中山街道 with 西湖社区 (west) and 东湖社区 (east), two grids each.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import openpyxl
import shapely
import xlsxwriter
import xlwt
from openpyxl.comments import Comment

from linli.kernel.coordinates import convert
from tests.exchange.conftest import saved
from tests.places.conftest import middle, square


@dataclass(frozen=True)
class Sample:
    """One file: its kind of data, how it is made, its oddities, the names that must land, and those that must not."""

    name: str
    kind: str
    make: Callable[[], bytes]
    oddities: str
    good: Sequence[str]
    bad: Sequence[str] = ()
    answers: dict[str, str] = field(default_factory=dict)


def _book(*sheets: tuple[str, Sequence[Sequence[Any]]], merges: Sequence[str] = ()) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets:
        page = book.create_sheet(title)
        for row in rows:
            page.append(list(row))
    for area in merges:
        book.worksheets[0].merge_cells(area)
    return book


def _xls(
    rows: Sequence[Sequence[Any]], merges: Sequence[tuple[int, int, int, int]] = (), hidden: Sequence[int] = ()
) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("花名册")
    covered = {
        (line, column)
        for top, bottom, left, right in merges
        for line in range(top, bottom + 1)
        for column in range(left, right + 1)
    }
    for line, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None and (line, column) not in covered:
                page.write(line, column, value)
    for top, bottom, left, right in merges:
        page.write_merge(top, bottom, left, right, rows[top][left])
    for line in hidden:
        page.row(line).hidden = True
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def grids_two_line_header() -> bytes:
    book = _book(("网格表", [
        ["试验区网格一览表（2024年）", *[None] * 5],
        ["填报单位：试验区", None, None, "填报日期：2024.9.4", None, None],
        ["序号", "所属", None, "网格", None, "备注"],
        [None, "街道", "社区", "名称", "户　数", None],
        [1, "中山街道", "西湖社区居民委员会", "甲一网格", "３００", ""],
        [2, None, None, "甲二网格", "280户", "重点"],
        [3, None, None, "甲三网格", 310.0, None],
        ["小计", None, None, None, 890, None],
        [4, "中山街道", "东湖社区", "甲四网格", "1,200", None],
        [5, None, None, "甲五网格", "很多", None],
        ["合 计", None, None, None, "=SUM(E5:E10)", None],
        [None] * 6,
        ["备注：本表由各社区填报。", *[None] * 5],
        ["填表人：张三", None, None, "联系电话：88512345", None, None],
    ]), merges=("A1:F1", "A3:A4", "B3:C3", "D3:E3", "F3:F4", "B5:B7", "C5:C7", "B9:B10", "C9:C10"))  # fmt: skip
    return saved(book)


def grids_sheet_per_community() -> bytes:
    head = ["序号", "网格名称", "包含楼栋"]
    return saved(_book(
        ("西湖社区", [["网格台账", None, None], [None] * 3, head, [1, "乙一网格", "清华园1号楼、清华园2号楼"], [None] * 3,
                    head, [2, "乙二网格", "望江路；滨江路"]]),
        ("东湖社区", [head, [1, "乙三网格", "阳光城3号楼/5号楼"], [2, "", "阳光城7号楼"]]),
    ))  # fmt: skip


def grids_gb18030() -> bytes:
    return (
        "网格编号\t网格名称\t所属社区\t户数\n990001001001101\t丙一网格\t西湖社区\t120\n990001001001102\t丙二网格\t同上\t一百\n"
        "990001001001103\t丙三网格\t〃\t130\n9.90001E+14\t丙四网格\t东湖社区\t140\n990001001002105\t丙五网格\t东湖社区\t\n"
    ).encode("gb18030")


def grids_old_xls() -> bytes:
    return _xls([
        ["网格花名册", None, None, None],
        ["序号", "社区", "网格名称", "户数"],
        [1.0, "西湖社区", "丁一网格", 200.0],
        [2.0, None, "丁二网格", "２１０"],
        [3.0, "东湖社区", "丁三网格", 220.0],
        [4.0, "东湖社区", "丁四网格", 230.0],
        ["总计", None, None, 860.0],
    ], merges=[(0, 0, 0, 3), (2, 3, 1, 1)], hidden=[5])  # fmt: skip


def grids_sections() -> bytes:
    book = _book(("Sheet1", [
        ["序号", "网格名称", "户数"], ["西湖社区", None, None], [1, "戊一网格", 100], [2, "戊二网格", 110],
        ["东湖社区", None, None], [1, "戊三网格", 120], ["本页小计", None, 330],
    ]), merges=("A2:C2", "A5:C5"))  # fmt: skip
    return saved(book)


def grids_wide_and_long() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    page, framed = book.add_worksheet("台账"), book.add_format({"border": 1})
    heads = ["社区", "网格名称", *[f"指标{number}" for number in range(200)]]
    for column, text in enumerate(heads):
        page.write(0, column, text)
    for line, (community, name) in enumerate(
        (("西湖社区", "己一网格"), ("西湖社区", "己二网格"), ("东湖社区", "己三网格")), start=1
    ):
        page.write(line, 0, community)
        page.write(line, 1, name)
    for line in range(4, 60_000):
        page.write_blank(line, 0, None, framed)
    book.close()
    return buffer.getvalue()


def grids_shapes() -> bytes:
    def shifted(shape: Any) -> Any:
        return shapely.transform(shape, lambda points: [convert(x, y, "EPSG:4490", "GCJ-02") for x, y in points])

    features: list[dict[str, Any]] = [
        {"type": "Feature", "properties": {"名称": f"庚{c}{r}网格", "所属社区": "西湖社区" if c < 2 else "东湖社区"},
         "geometry": shapely.geometry.mapping(shifted(square(c, r)))}
        for c in range(4) for r in range(4)
    ]  # fmt: skip
    features.append(
        {
            "type": "Feature",
            "properties": {"名称": "庚坏网格", "所属社区": "西湖社区"},
            "geometry": {"type": "Polygon", "coordinates": "x"},
        }
    )
    features.append({"type": "Feature", "properties": {"名称": "庚线网格", "所属社区": "西湖社区"},
                     "geometry": {"type": "LineString", "coordinates": [[120.4, 36.4], [120.5, 36.5]]}})  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def grids_formulas() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet("Sheet1")
    for column, text in enumerate(("社区", "网格名称", "户数")):
        page.write(0, column, text)
    rows = [
        ("西湖社区", "辛一网格", 100),
        ("西湖社区", "辛二网格", "#REF!"),
        ("东湖社区", "辛三网格", 5),
        ("东湖社区", "", 5),
    ]
    for line, (community, name, count) in enumerate(rows, start=1):
        page.write(line, 0, community)
        page.write(line, 1, name)
        page.write_formula(line, 2, "=SUM(A1)", value=count)
    page.write_formula(4, 1, '=CONCATENATE("辛","四网格")', value="辛四网格")
    page.write_row(5, 0, ["东湖社区"])
    page.write_formula(5, 1, '=A9&"网格"', value="")
    book.close()
    return buffer.getvalue()


def staff_two_names() -> bytes:
    return saved(_book(("名单", [
        ["社区", "网格", "网格员及电话", "岗位"],
        ["西湖社区", "西湖社区第1网格", "赵一13800000101", "网格员"],
        ["西湖社区", "西湖社区第2网格", "赵二/赵三", "网格员"],
        ["东湖社区", "东湖社区第1网格", "赵四（组长）138-0000-0104、赵五 13800000105", "网格员"],
        ["东湖社区", "东湖社区第2网格", "赵六 赵七八九十甲乙丙丁戊己庚辛壬癸子丑 138", "网格员"],
        ["东湖社区", "东湖社区第2网格", "赵 八", "网格员"],
        ["东湖社区", "东湖社区第2网格", "赵九、赵十13800000109", "网格员"],
    ])))  # fmt: skip


def staff_numbers_gone_wrong() -> bytes:
    return saved(_book(("Sheet1", [
        ["姓名*", "身份证号", "手 机 号 码", "社区", "职务"],
        ["钱一", "11010519491231002X", "138.0000.0201", "西湖社区", "社区工作者"],
        ["钱二", 1.1010519491231002e17, "13800000202", "西湖社区", "社区工作者"],
        ["钱三", "1.10105E+17", "13800000203", "西湖社区", "社区工作者"],
        ["钱四", "110105194912310021", "13800000204", "西湖社区", "社区工作者"],
        ["钱五", "", "１３８００００ ０２０５", "西湖社区", "社区书记"],
        ["钱六", None, 13800000206.0, "东湖社区", "社区主任"],
        ["钱七", None, "+86 138 0000 0207", "东湖社区", "社区工作者"],
        ["钱八", None, "1380000020", "东湖社区", "社区工作者"],
        ["钱九", None, "0532-8851 2345", "东湖社区", "社区工作者"],
    ])))  # fmt: skip


def staff_dates() -> bytes:
    rows: list[list[Any]] = [["社区", "姓名", "角色", "上岗时间"]]
    dates: list[Any] = ["2024.9.4", 45539, "9月4日", "2024年9月4日", "20240904", 20240904, "2024/9/4 8:30", datetime(2024, 9, 4),
                        "二〇二四年九月四日", "24.9.4", "2024.13.40", "待定"]  # fmt: skip
    for number, value in enumerate(dates):
        rows.append(["西湖社区", f"孙{'甲乙丙丁戊己庚辛壬癸子丑'[number]}", "社区工作者", value])
    return saved(_book(("2024年", rows)))


def staff_names_of_places() -> bytes:
    return saved(_book(("Sheet1", [
        ["所在社区", "姓名", "岗位"],
        ["西湖社区居委会", "李一", "网格长"], ["西湖", "李二", "网格长"], ["中山街道西湖社区", "李三", "网格长"],
        ["西湖社区居民委员会", "李四", "网格长"], ["南海", "李五", "网格长"],
    ])))  # fmt: skip


def staff_html() -> bytes:
    rows = "".join(f"<tr><td>{name}</td><td>西湖社区</td><td>社区工作者</td><td>{phone}</td></tr>" for name, phone in (
        ("周一", "13800000301"), ("周二", "13800000302"), ("周三", "abc")))  # fmt: skip
    page = f"<html><head><meta charset='gbk'></head><table><tr><th colspan=4>花名册</th></tr><tr><th>姓名</th><th>社区</th><th>岗位</th><th>电话</th></tr>{rows}</table></html>"
    return page.encode("gb18030")


def staff_unknown_roles() -> bytes:
    return _xls([
        ["姓名", "所属社区", "岗位", "联系电话"], ["吴一", "西湖社区", "红袖标", "13800000401"], ["吴二", "西湖社区", "红袖标", "13800000402"],
        ["吴三", "东湖社区", "系统管理员", "13800000403"], ["吴四", "东湖社区", "网格员", "13800000404"], ["吴四", "东湖社区", "网格员", "13800000404"],
    ])  # fmt: skip


def staff_remarks() -> bytes:
    book = _book(("Sheet1", [
        ["网格员花名册", None, None, None, None], ["姓名", "联系电话", "社区", "岗位", "备注"],
        ["郑一", "13800000501", "西湖社区", "网格员", "党员"], ["郑二", "13800000502", "同上", "同上", "—"],
        ["郑三", "无", "东湖社区", "网格员", ""], ["#N/A", "13800000504", "东湖社区", "网格员", ""],
    ]))  # fmt: skip
    page = book.worksheets[0]
    page["B3"].comment = Comment("已核对", "张三")
    page.auto_filter.ref = "A2:E6"
    page.freeze_panes = "A3"
    return saved(book)


def _points(system: str, swap: bool = False) -> list[tuple[str, float, float]]:
    rows = []
    for number, (column, line) in enumerate([(c, r) for c in range(4) for r in range(4)]):
        lon, lat = convert(*middle(column, line), "EPSG:4490", system)
        rows.append((f"{number}", *((lat, lon) if swap else (lon, lat))))
    return rows


def _corner_points(system: str) -> list[tuple[str, float, float]]:
    """Points along the edges of the district: there a shifted system falls outside."""
    rows = []
    shape = square(0, 0, 4, 4).buffer(-0.0012).exterior
    for number in range(24):
        point = shape.interpolate(number / 24, normalized=True)
        rows.append((f"{number}", *convert(point.x, point.y, "EPSG:4490", system)))
    return rows


def sites_bd09() -> bytes:
    rows = [
        [f"壬{key}市场", "农贸市场", "西湖社区" if lon < 120.4 + 0.0265 else "东湖社区", lon, lat]
        for key, lon, lat in _corner_points("BD-09")
    ]
    return saved(
        _book(
            (
                "点位",
                [
                    ["点位名称", "点位类别", "社区", "经度", "纬度"],
                    *rows,
                    ["壬坏市场", "农贸市场", "西湖社区", 101.7, 36.6],
                ],
            )
        )
    )


def sites_swapped() -> bytes:
    lines = "".join(f"癸{key}广场;广场;西湖社区;{lon};{lat}\n" for key, lon, lat in _points("EPSG:4490", swap=True)[:8])
    return ("\ufeff点位名称;类别;社区;经度;纬度\n" + lines + "癸坏广场;广场;西湖社区;abc;36.4\n").encode()


def sites_one_cell() -> bytes:
    rows: list[list[Any]] = [["名称", "点位类型", "所属社区", "坐标"]]
    for key, lon, lat in _points("EPSG:4490")[:4]:
        rows.append([f"子{key}停车场", "停车场", "西湖社区", f"{lon:.6f},{lat:.6f}"])
    for key, lon, lat in _points("EPSG:4490")[4:6]:
        rows.append([f"子{key}停车场", "停车场", "西湖社区", f"（{lat:.6f}，{lon:.6f}）"])
    rows.append(["子远停车场", "停车场", "西湖社区", "101.7,36.6"])
    return saved(_book(("Sheet1", rows)))


def sites_by_address() -> bytes:
    return saved(_book(("Sheet1", [
        ["店名", "类型", "详细地址"],
        ["丑一超市", "商铺", "中山街道西湖社区望江路8号"], ["丑二饭店", "饭店", "东湖社区第1网格临街"], ["丑三小店", "门店", "清泉园3号楼2单元101"],
        ["丑四小店", "", "西湖社区"],
    ])))  # fmt: skip


def organisations_odd() -> bytes:
    return saved(_book(("单位", [
        ["单位名称", "简称", "单位性质", "主管单位", "是否有执法权", "职责", "负责人", "联系电话"],
        ["寅一局", "一局", "局", None, "√", "环境卫生、园林绿化", "王一", "0532-88510001"],
        ["寅二物业公司", "二物业", "物业企业", "寅一局", "×", "物业服务", "王二13800000602", None],
        ["寅三公司", "", "集体企业", "寅一局", "否", "", "", ""],
        ["寅四派出所", "", "派出所", None, "是", "公安", "", "110"],
        ["寅五局", "", "局", None, "也许", "", "", ""],
        ["寅六局", "", "局", None, "1", "造飞机", "", ""],
        ["寅七局", "", "局", "没有的单位某某", "1", "", "", ""],
    ])))  # fmt: skip


def categories_odd() -> bytes:
    return saved(_book(("派单目录", [
        ["类别代码", "类别名称", "上级代码", "处置时限", "紧急程度", "关键词", "立案条件", "需现场核查"],
        ["0901", "卯一", "09", "5个工作日", "一般", "井盖、窨井", "有影响", "是"],
        ["09", "卯大类", None, "3天", None, None, None, "√"],
        ["0902", "卯二", "09", "4小时", "急", "", "", "否"],
        ["0903", "卯三", "09", 7, "普通", "", "", 1],
        ["0904", "卯四", "88", "5天", "", "", "", ""],
        ["0905", "卯五", "09", "尽快", "", "", "", ""],
        ["0901", "卯重复", "09", "5天", "", "", "", ""],
    ])))  # fmt: skip


def places_buildings() -> bytes:
    return (
        '"小区楼栋台账",,,,\n名称,类别,所属社区,曾用名,户数\n辰一1号楼,楼栋,西湖社区,"老一楼/一号楼",24\n辰二2号楼,楼,西湖社区,,２４户\n'
        '"辰三\n3号楼",楼栋,东湖社区,,0\n辰四4号楼,飞船,东湖社区,,1\n=1+1,楼栋,东湖社区,,1\n辰六6号楼,楼栋,东湖社区,,-5\n'
    ).encode("utf-8-sig")


def grids_repeated_pages() -> bytes:
    head = ["社区（村）", "网格名称（必填）", "总户数"]
    rows: list[list[Any]] = [["中山街道网格汇总", None, None]]
    for page in range(3):
        rows += [
            head,
            ["西湖社区", f"巳{page}网格", 100],
            ["东湖社区", f"巳{page}号网格", "120"],
            ["本页小计", None, 220],
            [None, None, None],
        ]
    rows.append(["总 计", None, 660])
    return saved(_book(("Sheet1", rows), merges=("A1:C1",)))


SAMPLES: tuple[Sample, ...] = (
    Sample("网格一览表.xlsx", "grids", grids_two_line_header, "题名行、两行合并表头、竖向合并、小计合计、全角数字、表下备注", ("甲一网格", "甲二网格", "甲三网格", "甲四网格"), ("甲五网格",)),
    Sample("网格台账.xlsx", "grids", grids_sheet_per_community, "一社区一表、空行、重复表头、楼栋清单", ("乙一网格", "乙二网格", "乙三网格")),
    Sample("网格.csv", "grids", grids_gb18030, "GB18030、制表符、同上、科学计数的编码", ("丙一网格", "丙三网格", "丙五网格"), ("丙二网格", "丙四网格")),
    Sample("网格.xls", "grids", grids_old_xls, "旧格式、合并、隐藏行、数字存成小数、总计", ("丁一网格", "丁二网格", "丁三网格"), ("丁四网格",), {"hidden_rows": "skip"}),
    Sample("网格.et", "grids", grids_old_xls, "WPS 格式，隐藏行照样导入", ("丁一网格", "丁二网格", "丁三网格", "丁四网格"), (), {"hidden_rows": "use"}),
    Sample("分段.xlsx", "grids", grids_sections, "社区写在整行合并的分段里、本页小计", ("戊一网格", "戊二网格", "戊三网格")),
    Sample("宽表.xlsx", "grids", grids_wide_and_long, "二百列、六万行只有边框的空行", ("己一网格", "己二网格", "己三网格")),
    Sample("网格.geojson", "grids", grids_shapes, "没有注明的 GCJ-02 图形、坏图形、线当面", tuple(f"庚{c}{r}网格" for c in range(4) for r in range(4)), ("庚坏网格", "庚线网格")),
    Sample("公式.xlsx", "grids", grids_formulas, "公式的结果、没有算过的公式、#REF!", ("辛一网格", "辛三网格", "辛四网格"), ("辛二网格", "网格")),
    Sample("两人一格.xlsx", "staff", staff_two_names, "姓名带电话、两人一格、带职务括号、姓名中有空格", ("赵一", "赵二", "赵三", "赵四", "赵五", "赵八"), ("赵六", "赵九", "赵十")),
    Sample("证件号.xlsx", "staff", staff_numbers_gone_wrong, "身份证成了 1.1E+17、校验位错、电话带点带空格带 +86 带全角", ("钱一", "钱五", "钱六", "钱七", "钱九"), ("钱二", "钱三", "钱四", "钱八")),
    Sample("上岗2024.xlsx", "staff", staff_dates, "十种日期写法、没有年份、不存在的日子", tuple(f"孙{sign}" for sign in "甲乙丙丁戊己庚辛壬癸"), ("孙子", "孙丑")),
    Sample("社区三种叫法.xlsx", "staff", staff_names_of_places, "一个社区四种叫法、没有的社区", ("李一", "李二", "李三", "李四"), ("李五",)),
    Sample("系统导出.xls", "staff", staff_html, "网页冒充 .xls、GBK", ("周一", "周二"), ("周三",)),
    Sample("岗位.xls", "staff", staff_unknown_roles, "不认识的岗位、不许导入的角色、重复行", ("吴一", "吴二", "吴四"), ("吴三",), {"role:红袖标": "网格员", "role:系统管理员": "skip"}),
    Sample("批注.xlsx", "staff", staff_remarks, "批注、筛选、冻结、同上、无、#N/A", ("郑一", "郑二", "郑三"), ("#N/A",)),
    Sample("点位百度.xlsx", "sites", sites_bd09, "没有注明的 BD-09 点、外区的点", tuple(f"壬{n}市场" for n in range(24)), ("壬坏市场",)),
    Sample("点位反了.csv", "sites", sites_swapped, "UTF-8 BOM、分号、经纬度写反", tuple(f"癸{n}广场" for n in range(8)), ("癸坏广场",), {"axes": "swap", "crs": "EPSG:4490"}),
    Sample("点位一格.xlsx", "sites", sites_one_cell, "经纬度在一格、有的先纬后经、外区的点", tuple(f"子{n}停车场" for n in range(6)), ("子远停车场",), {"crs": "EPSG:4490"}),
    Sample("门店.xlsx", "sites", sites_by_address, "只有地址：社区、网格、小区楼栋", ("丑一超市", "丑二饭店", "丑三小店"), ("丑四小店",), {"blank_cells": "blank"}),
    Sample("单位.xlsx", "organisations", organisations_odd, "√×是否、几种职能、上级在同一表、不认识的性质和职能", ("寅一局", "寅二物业公司", "寅三公司", "寅四派出所"), ("寅五局", "寅六局", "寅七局"), {"organisation_kind": "其他", "blank_cells": "blank"}),
    Sample("派单目录.xlsx", "categories", categories_odd, "前导零、上级在后、时限几种写法、重复代码", ("09", "0901", "0902", "0903"), ("0904", "0905"), {"blank_cells": "blank"}),
    Sample("楼栋.csv", "places", places_buildings, "格内换行、别名、公式当名称、不认识的类别、负数", ("辰一1号楼", "辰二2号楼", "辰三 3号楼"), ("辰四4号楼", "=1+1", "辰六6号楼"), {"place_kind": "skip"}),
    Sample("分页.xlsx", "grids", grids_repeated_pages, "每页重复表头和小计、（必填）", tuple(f"巳{n}{word}网格" for n in range(3) for word in ("", "号"))),
)  # fmt: skip
