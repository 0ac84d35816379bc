"""Workbooks as street and community offices send them in: what one meets in practice beyond `hostile.py`.

The district is the small one of the tests: 中山街道 with 西湖社区 and 东湖社区, two grids each (西湖社区第1网格 …).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import openpyxl
import xlsxwriter
import xlwt

from tests.exchange.conftest import saved, workbook


@dataclass(frozen=True)
class OfficeBook:
    """One file: the names (or numbers) that must land and those that must not, and what must be told about it."""

    name: str
    kind: str
    make: Callable[[], bytes]
    good: Sequence[str]
    bad: Sequence[str] = ()
    told: Sequence[str] = ()
    answers: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)


def buildings_old_workbook() -> bytes:
    """The community stands in the title only; codes are shown as 0001 and kept as 1; a sheet of words and a hidden one."""
    book, zeros = xlwt.Workbook(encoding="utf-8"), xlwt.easyxf(num_format_str="0000")
    page = book.add_sheet("楼栋")
    page.write_merge(0, 0, 0, 3, "西湖社区居民楼栋登记表")
    for column, text in enumerate(("编号", "楼栋名称", "类别", "户数")):
        page.write(1, column, text)
    for line, (name, kind, count) in enumerate(
        (("望江1号楼", "楼栋", 24.0), ("望江2 号楼", "楼栋", "２４户"), ("望　江3号楼", "楼", 0.0), ("望江4号楼", "楼栋", "二十")), start=2
    ):  # fmt: skip
        page.write(line, 0, line - 1, zeros)
        page.write(line, 1, name)
        page.write(line, 2, kind)
        page.write(line, 3, count)
    words = book.add_sheet("填表说明")
    for line, pair in enumerate((("类别", "填写要求"), ("楼栋", "住宅楼"), ("小区", "封闭小区"))):
        for column, text in enumerate(pair):
            words.write(line, column, text)
    book.add_sheet("字典").visibility = 1
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def property_managers() -> bytes:
    """Compounds served, several in a cell; two numbers in a cell; a remark below that does not begin with 备注."""
    return workbook([
        ["2024年物业服务企业一览表"],
        ["序号", "物业企业名称", "服务小区", "项目负责人", "联系电话"],
        [1, "甲　物业公司", "清泉园\n碧水园", "王　明", "0532-88510001\n13800000701"],
        [2, "乙物业公司", "清泉园", "李强", 13800000702.0],
        [3, "丙物业公司", "没有的小区", "赵六", "13800000703"],
        [4, "空缺", "", "", ""],
        ["共3家"],
        ["以上企业均已备案，数据截至2024年9月4日"],
    ])  # fmt: skip


def roster_side_by_side() -> bytes:
    """Two blocks side by side to save paper, the community in the title, grids called by their number only."""
    head = ["序号", "姓名", "网格", "联系方式"]
    return workbook([
        ["西湖社区网格员通讯录"],
        [*head, None, *head],
        [1, "钱　一", "第一网格", 13800000801.0, None, 3, "钱三", "2网格", "13800000803"],
        [2, "钱二", "第1网格", "138 0000 0802", None, 4, "空缺", "第2网格", ""],
        [5, "钱五（已调离）", "第1网格", "13800000805", None, 6, "钱六", "第9网格", "13800000806"],
    ])  # fmt: skip


def roster_gb18030_semicolons() -> bytes:
    """A system's export: byte-order mark in GB18030, quoted headings, ="…" and .0 behind numbers, other order and names."""
    text = (
        '\ufeff"联系方式";"责任人";"负责网格";"所属社区";"岗位";"上岗时间"\n'
        '="13800000901";"孙一";"西湖社区第1网格";"西湖社区";"专职网格员";"2024/9/4 0:00"\n'
        '"13800000902.0";"孙二";"西湖社区第2网格";"西湖社区居委会";"专职网格员";"2024.9.4"\n'
        '"13800000903";"孙 三";"2";"东湖社区";"专职网格员";"\'2024-09-04"\n'
        '"1.38E+10";"孙四";"东湖社区第2网格";"东湖社区";"专职网格员";"2024年9月4日"\n'
        '"13800000905";"孙五（离职）";"东湖社区第2网格";"东湖社区";"专职网格员";"20240904"\n'
        '"13800000906";"待招";"东湖社区第2网格";"东湖社区";"专职网格员";""\n'
    )
    return text.encode("gb18030")


def roster_sheets_and_summary() -> bytes:
    """One sheet per community, a summary with a column of communities, ID numbers rounded into noughts."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    head = ["姓名", "证件号码", "岗位", "到岗时间"]
    sheets: list[tuple[str, list[list[Any]]]] = [
        ("汇总", [["社区", "人数", "备注"], ["西湖社区", 2, ""], ["东湖社区", 1, ""]]),
        ("西湖社区", [["西湖社区工作人员"], head, ["李一", "110105194912310000", "社区工作者", "2024-9-4"],
                     ["李二", "11010519491231002X", "社区工作者", datetime(2024, 9, 4)]]),
        ("东湖社区", [["东湖社区工作人员"], head, ["李三", "", "社区\n工作者", "二〇二四年九月四日"]]),
        ("离职人员", [["姓名", "岗位"], ["李四", "社区工作者"]]),
    ]  # fmt: skip
    for title, rows in sheets:
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    book["离职人员"].sheet_state = "veryHidden"
    return saved(book)


def grids_codes_without_noughts() -> bytes:
    """Codes of which some lost their noughts, a line 甲 乙 丙 1 below the headings, a known grid by its short name."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet("网格")
    rows: list[list[Any]] = [
        ["网格编号", "网格名称", "所属社区", "户数"], ["甲", "乙", "丙", 1],
        ["0101", "午一网格", "西 湖 社 区", 100], [102, "午二网格", "西湖\n社区", "约120户"], ["", "第1网格", "西湖社区", 321],
        ["0104", "暂无", "东湖社区", 1], ["0105", "午五网格", "东湖社区", "待定"],
    ]  # fmt: skip
    for line, row in enumerate(rows):
        page.write_row(line, 0, row)
    page.write_formula(3, 0, "=100+2", value=102)
    page.write(7, 0, "（以上由各社区填报，2024年9月汇总）")
    book.close()
    return buffer.getvalue()


def catalogue_with_names_above() -> bytes:
    """Large categories by name in merged cells, codes shown as 0901 and kept as 901, limits as they stand in rules."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page, zeros = book.add_worksheet("派遣目录"), book.add_format({"num_format": "0000"})
    page.write_row(0, 0, ["大类", "小类代码", "小类名称", "处置时限", "责任单位", "立案条件"])
    page.merge_range(1, 0, 3, 0, "市容环境卫生")
    for line, row in enumerate((
        (901, "暴露垃圾", "24小时内", "未及时清理的\n暴露垃圾"), (902, "占道经营", "不超过十五日", ""), (903, "违规广告", "5个工作日内", ""),
        (1001, "路灯不亮", "尽快", ""),
    ), start=1):  # fmt: skip
        page.write_number(line, 1, row[0], zeros)
        page.write(line, 2, row[1])
        page.write(line, 3, row[2])
        page.write(line, 5, row[3])
    page.write(4, 0, "市政公用设施")
    book.close()
    return buffer.getvalue()


def catalogue_without_codes() -> bytes:
    """A list of matters as a street keeps it: no codes at all."""
    return "事项大类,事项名称,办理时限\n噪音扰民,广场舞噪音,３天\n噪音扰民,施工噪音,两天\n噪音扰民,,两天\n".encode(
        "utf-8-sig"
    )


def shops_old_workbook() -> bytes:
    """Shops of WPS: other headings, addresses that name the community, a kind nobody knows."""
    book = xlwt.Workbook(encoding="gbk")
    page = book.add_sheet("沿街门店")
    for line, row in enumerate((
        ("门店字号", "业态", "经营地址", "责任人", "联系方式"),
        ("未一超市", "商铺", "中山街道西湖社区望江路8号", "周一", 13800001001.0), ("未二面馆", "餐馆", "东湖社区滨江路1号", "周二", ""),
        ("未三理发", "理发店", "西湖社区望江路9号", "", ""), ("合计3家", "", "", "", ""),
    )):  # fmt: skip
        for column, value in enumerate(row):
            page.write(line, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def orders_of_the_hotline() -> bytes:
    """Open orders: long numbers, of which one was kept as a number; street and community; names that nobody bears."""
    return workbook([
        ["12345热线转办工单（2024年9月）"],
        ["工单编号", "来电时间", "办理时限", "诉求类别", "所属街道", "所属社区", "承办单位", "诉求内容"],
        ["20240904000123451", "2024-09-04 08:30", "2024.9.14", "暴露垃圾", "中山街道", "西湖", "", "垃圾没人清"],
        ["20240904000123452", "2024年9月4日 9时", "2024/9/14", "占道经营类", "中山街道", "", "", "摊贩占道"],
        [20240904000123453, "2024-09-04 10:00", "", "暴露垃圾", "中山街道", "东湖社区", "", "编号成了数字"],
        ["20240904000123454", "待定", "", "暴露垃圾", "中山街道", "东湖社区", "", "没有时间"],
        ["20240904000123455", 45539.5, 45549, "暴露垃圾", "", "东湖社区居委会", "", "日期是数"],
    ])  # fmt: skip


def roster_of_two_in_a_line() -> bytes:
    """Head and worker of each grid in a line, each with a telephone; how many communities is no community."""
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in (
        ["社区", "网格", "网格长", None, "网格员", None, "社区数"], [None, None, "姓名", "电话", "姓名", "电话", None],
        ["西湖社区", "第1网格", "酉甲", "13800001101", "酉乙", "13800001102", 1],
        ["西湖社区", "第2网格", "酉丙", "13800001103", "酉丁", "13800001104", 1],
    ):  # fmt: skip
        page.append(row)
    for area in ("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2"):
        page.merge_cells(area)
    return saved(book)


def buildings_gone_wrong() -> bytes:
    """3-1 that became a day, and two names in one cell."""
    return workbook([
        ["楼栋名称", "类别", "所属社区"], [datetime(2024, 3, 1), "楼栋", "西湖社区"], ["3-2", "楼栋", "西湖社区"],
        ["戌甲、戌乙", "楼栋", "西湖社区"],
    ])  # fmt: skip


def compounds_without_a_kind() -> bytes:
    """What kind of place it is stands in the heading only, and is not called 名称 in full."""
    return workbook([
        ["小区名", "所属社区", "所在街道", "楼栋数", "总户数", "建成年份"], ["亥家园", "西湖社区", "中山街道", 10, "1,024户", "2010年"],
    ])  # fmt: skip


def grids_with_their_heads() -> bytes:
    """Who heads a grid is no grid, nor is a count below a community."""
    return workbook([
        ["社区", "网格名称", "网格长", "户数（户）"], ["西湖社区", "亥一网格", "张三", 100], ["西湖社区", "亥二网格", "李四", "约 200"],
        ["西湖社区", "网格数：2", None, None],
    ])  # fmt: skip


def units_in_sections() -> bytes:
    """Sections by sort of unit, which are no streets."""
    book = openpyxl.load_workbook(io.BytesIO(workbook([
        ["序号", "单位名称", "联系人", "电话"], ["一、市直部门", None, None, None], [1, "亥一局", "张三", "88510001"],
        ["二、驻区单位", None, None, None], [1, "亥三物业公司", "", "0532-88510003"],
    ])))  # fmt: skip
    for area in ("A2:D2", "A4:D4"):
        book.worksheets[0].merge_cells(area)
    return saved(book)


def compounds_numbered_in_each_community() -> bytes:
    """One sheet per community, in each of which the rows are numbered from 1 in a column that is called 编号."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for community in ("西湖社区", "东湖社区"):
        page = book.create_sheet(community)
        for row in (["编号", "小区名称", "类别"], [1, f"{community[:2]}甲苑", "小区"], [2, f"{community[:2]}乙苑", "小区"],
                    ["共2个小区", None, None]):  # fmt: skip
            page.append(row)
    return saved(book)


def shops_whose_addresses_name_two() -> bytes:
    """An address in which the name of one place stands within that of another."""
    return workbook([
        ["店名", "类别", "详细地址"], ["申一店", "商铺", "中山街道小西湖社区望江路1号"], ["申二店", "商铺", "中山街道西湖社区望江路2号"],
    ])  # fmt: skip


BOOKS: tuple[OfficeBook, ...] = (
    OfficeBook("楼栋登记表.xls", "places", buildings_old_workbook, ("望江1号楼", "望江2 号楼", "望江3号楼"), ("望江4号楼",)),
    OfficeBook("物业企业.xlsx", "organisations", property_managers, ("甲 物业公司", "乙物业公司"), ("丙物业公司", "空缺"),
               ("找不到“没有的小区”",)),
    OfficeBook("通讯录.xlsx", "staff", roster_side_by_side, ("钱一", "钱二", "钱三"), ("空缺", "钱五", "钱六"), ("注着“调离”",)),
    OfficeBook("系统导出.csv", "staff", roster_gb18030_semicolons, ("孙一", "孙二", "孙三"), ("孙四", "孙五", "待招")),
    OfficeBook("人员.xlsx", "staff", roster_sheets_and_summary, ("李二", "李三"), ("李一", "李四"),
               ("隐藏的工作表“离职人员”", "“汇总”没有“姓名”一列", "末三位是 000")),
    OfficeBook("网格编号.xlsx", "grids", grids_codes_without_noughts, ("0101", "0102"), ("午五网格", "暂无", "第1网格"),
               ("前面的 0 好像丢了",)),
    OfficeBook("派遣目录.xlsx", "categories", catalogue_with_names_above, ("0901", "0902", "0903"), ("1001", "901"),
               ("没有“市容环境卫生”这个上级类别",)),
    OfficeBook("事项清单.csv", "categories", catalogue_without_codes, ("L0101", "L0102"), ("L0103",)),
    OfficeBook("沿街门店.et", "sites", shops_old_workbook, ("未一超市", "未二面馆"), ("未三理发", "合计3家"), ("理发店",),
               {"site_kind": "skip"}),
    OfficeBook("两人一行.xlsx", "staff", roster_of_two_in_a_line, ("酉乙", "酉丁"), ("酉甲", "酉丙"),
               ("“网格长/姓名”一列也像“姓名”",)),
    OfficeBook("楼号.xlsx", "places", buildings_gone_wrong, ("3-2",), ("2024-03-01", "戌甲、戌乙"),
               ("改成了日期", "一格里有几个名称")),
    OfficeBook("小区.xlsx", "places", compounds_without_a_kind, ("亥家园",)),
    OfficeBook("网格和网格长.xlsx", "grids", grids_with_their_heads, ("亥一网格", "亥二网格"), ("网格数：2", "张三", "李四")),
    OfficeBook("单位分段.xlsx", "organisations", units_in_sections, ("亥一局", "亥三物业公司"), ("一、市直部门",),
               ("分段标题（如“一、市直部门”）没有读取",)),
    OfficeBook("各社区小区.xlsx", "sites", compounds_numbered_in_each_community,
               ("西湖甲苑", "西湖乙苑", "东湖甲苑", "东湖乙苑"), ("共2个小区",), ("编码，还是这份表自己的序号",)),
    OfficeBook("店铺地址.xlsx", "sites", shops_whose_addresses_name_two, ("申一店", "申二店")),
    OfficeBook("工单.xlsx", "requests", orders_of_the_hotline,
               ("20240904000123451", "20240904000123452", "20240904000123455"),
               ("20240904000123453", "2.0240904000123453e+16", "20240904000123454"),
               ("科学计数", "没有“占道经营类”这个类别"), {}, {"system": "12345热线"}),
)  # fmt: skip
