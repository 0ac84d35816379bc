"""The kinds of data that the room of people takes in: organisations, and staff with their appointments."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from linli.exchange import fields
from linli.exchange.errors import CellProblem
from linli.exchange.kinds import Field, Kind, Run, register
from linli.exchange.values import numbers, people, places
from linli.exchange.words import plain
from linli.kernel.labels import Label
from linli.people.errors import PeopleProblem
from linli.people.importers import PERMISSION
from linli.people.kinds import FUNCTIONS, ORGANISATION_KINDS
from linli.people.organisation_planner import OrganisationsPlanner
from linli.people.roles import ROLES
from linli.people.staff_planner import GIVEN_BY_IMPORT, StaffPlanner
from linli.places.errors import PlaceProblem
from linli.places.importing import PARENTS

KIND_WORDS = {
    "街道办": "street_office", "街道办事处": "street_office", "镇政府": "street_office", "居委会": "community_committee",
    "村委会": "community_committee", "社区居委会": "community_committee", "局": "department", "委办局": "department",
    "物业": "property_manager", "物业公司": "property_manager", "物业企业": "property_manager", "业委会": "owners_committee",
    "执法": "enforcement", "派出所": "police", "驻区单位": "member_unit", "商铺": "shop", "企业": "other",
}  # fmt: skip
ROLE_WORDS = {
    "专职网格员": "grid_worker", "兼职网格员": "grid_worker", "网格长": "grid_worker", "网格管理员": "grid_worker",
    "楼栋长": "building_captain", "单元长": "building_captain", "社区书记": "community_officer", "社区主任": "community_officer",
    "书记": "community_officer", "社区工作者": "community_officer", "社区干部": "community_officer", "街道干部": "street_officer",
    "负责人": "unit_head", "经办人": "unit_handler", "联络员": "unit_handler", "物业经理": "property_manager", "项目经理": "property_manager",
}  # fmt: skip
APPOINTED = {slug: ROLES[slug].label for slug in GIVEN_BY_IMPORT}


def _functions(value: Any, run: Run) -> tuple[str, ...]:
    known = {word: slug for slug, label in FUNCTIONS.items() for word in (slug, label.zh, label.en.lower())}
    found = []
    for name in places.names(value):
        if name.lower() not in known:
            raise CellProblem(_("不认识的职能：%s。") % name[:40])
        found.append(known[name.lower()])
    return tuple(found)


def _contact(value: Any, run: Run) -> str:
    """Whom to call: a name and a number are put in order, anything else stays as it is written."""
    text = plain(value)
    try:
        named = people.persons(text) if any("\u4e00" <= sign <= "\u9fff" for sign in text) else ()
        text = "、".join(f"{one.name} {one.phone}".strip() for one in named) or "、".join(people.phones(text))
    except CellProblem:
        text = " ".join(text.split())
    return text[:60]


STREET, COMMUNITY = (next(field for field in PARENTS if field.name == name) for name in ("street", "community"))

ORGANISATIONS = Kind(
    "organisations", Label("单位", "Organisations"), PERMISSION,
    (
        Field("name", Label("单位名称", "Name"), fields.name(), ("名称", "单位", "单位全称", "全称", "部门", "部门名称", "机构名称", "企业名称", "物业公司", "物业公司名称", "物业企业", "物业服务企业"), required=True),
        Field("short_name", Label("简称", "Short name"), fields.text(40), ("单位简称", "短名")),
        Field("kind", Label("单位类别", "Kind"), fields.choice_of(ORGANISATION_KINDS, "organisation_kind", KIND_WORDS), ("类别", "单位性质", "性质", "单位类型", "类型"), fill_down=True),
        Field("parent", Label("上级单位", "Parent"), fields.text(), ("上级", "主管单位", "主管部门", "隶属", "隶属单位", "所属单位"), fill_down=True),
        STREET, COMMUNITY,
        Field("place", Label("管辖范围", "Area"), fields.text(200, lines=True), ("负责区域", "服务区域", "辖区", "服务小区", "管理区域")),
        Field("functions", Label("职能", "Functions"), _functions, ("职责", "业务", "业务类别")),
        Field("can_order", Label("执法权", "May order"), fields.of(numbers.yes_or_no), ("有执法权", "是否有执法权", "执法单位", "是否执法单位")),
        Field("contact", Label("联系方式", "Contact"), _contact, ("联系电话", "电话", "联系人", "负责人", "值班电话", "办公电话", "联系人及电话", "联系人电话"), many=True, personal=True),
    ),
    OrganisationsPlanner, order=2, duty=Label("部门、街道、社区、物业、共建单位", "Departments, offices, committees, property managers, member units"),
    sheet_field="street", refusals=(PeopleProblem, PlaceProblem),
)  # fmt: skip

STAFF = Kind(
    "staff", Label("人员和任职", "Staff and appointments"), PERMISSION,
    (
        Field("name", Label("姓名", "Name"), fields.of(people.persons), ("网格员", "网格员姓名", "人员姓名", "工作人员", "楼长", "楼栋长", "网格长", "成员", "人员", "网格员及电话", "姓名电话", "姓名及联系方式", "联系人", "责任人", "负责人", "信息员", "协管员"), required=True, looks=people.looks_like_name),
        Field("phone", Label("手机", "Phone"), fields.of(people.phones), ("电话", "联系电话", "手机号", "手机号码", "联系方式", "电话号码", "联系手机", "本人电话", "移动电话", "手机电话"), personal=True, looks=people.looks_like_phone),
        Field("id_number", Label("身份证号", "ID number"), fields.of(people.id_number), ("身份证", "身份证号码", "证件号", "证件号码", "公民身份号码"), personal=True, looks=people.looks_like_id_number),
        Field("role", Label("角色", "Role"), fields.choice_of(APPOINTED, "role", ROLE_WORDS), ("岗位", "职务", "任职", "身份", "人员类别", "类别", "人员类型"), fill_down=True),
        Field("organisation", Label("所属单位", "Organisation"), fields.text(), ("单位", "工作单位", "单位名称", "部门", "所在单位"), fill_down=True),
        STREET, COMMUNITY,
        Field("grid", Label("网格", "Grid"), fields.text(), ("所属网格", "网格名称", "负责网格", "所在网格", "网格编号"), fill_down=True),
        Field("building", Label("楼栋", "Building"), fields.text(), ("负责楼栋", "楼号", "所在楼栋", "楼栋号")),
        Field("valid_from", Label("任职日期", "From"), fields.day, ("起始日期", "上岗日期", "上岗时间", "入职日期", "任职时间", "开始日期", "到岗时间")),
        Field("valid_to", Label("结束日期", "Until"), fields.day, ("离岗日期", "到期日期", "截止日期", "任期至")),
    ),
    StaffPlanner, order=3, duty=Label("网格员、楼长、社区和单位人员；一格两人也可以", "Grid workers, captains, community and unit staff"),
    chunk_rows=200, sheet_field="community", refusals=(PeopleProblem, PlaceProblem),
)  # fmt: skip


def install() -> None:
    """Register the kinds."""
    register(ORGANISATIONS)
    register(STAFF)
