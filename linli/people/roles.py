"""Roles and what each may do: data, from which access, the role table on the page and docs/people.md are made.

Permissions are codes `room.verb`. Nothing is allowed that is not named here. Where a role may act is said by its
scope: `place` (the subtree of the place of the appointment), `organisation` (the organisation of the appointment,
with the units below it when `sub_units`), `instance` (everywhere), `own` (only what is the actor's own: the caller
must have established that first).

The three administrators (system, security, auditor) are separate by GB/T 22239: nobody holds two of them, and none
of them sees residents' requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from linli.kernel.labels import Label
from linli.people.permission_labels import PERMISSION_LABELS

Scope = Literal["place", "organisation", "instance", "own"]

PERMISSIONS: frozenset[str] = frozenset(PERMISSION_LABELS)


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its scope, its permissions, and how its holder must sign in."""

    slug: str
    label: Label
    scope: Scope
    permissions: frozenset[str]
    duty: Label
    staff: bool = True
    second_factor: bool = True
    sub_units: bool = False
    delegable: bool = True
    excludes: frozenset[str] = field(default_factory=frozenset)


def _codes(text: str) -> frozenset[str]:
    """`request.check verify` → {request.check, request.verify}: a word without a room takes the last room."""
    room, codes = "", set()
    for word in text.split():
        if "." in word:
            room = word.split(".")[0]
            codes.add(word)
        else:
            codes.add(f"{room}.{word}")
    unknown = codes - PERMISSIONS
    if unknown:
        raise ValueError(f"unknown permissions: {sorted(unknown)}")
    return frozenset(codes)


_REPORTER = _codes("request.report answer_question rate withdraw reopen appeal evidence.add wish.make confirm withdraw")

_STAFF = _codes("request.report comment recall catalogue.view places.view people.view delegate tokens.own")

_SEE_WORK = _codes("work.view print scan evidence.add view_internal")

_INTAKE = _codes(
    "request.report_on_behalf answer transfer_out send_check accept refuse ask_reporter answer_question withdraw"
    " merge remind tell work.view_contact board"
)

_DISPATCH = _codes("request.send_check dispatch pass_down merge split remind approve_reply tell work.board")

_LEG = _codes(
    "request.sign contact ask_reporter ask_return interim_answer reply ask_extension work.view_contact wish.fulfil"
)

_LEAD = _codes("request.ask_suspension ask_termination pass_down review_reply ask_exclusion")

_PATROL = _codes("inspection.view record hand_over")

_ROUNDS = _PATROL | _codes("inspection.plan resolve promise urge")

_ON_SITE = _codes("request.check verify fix_on_spot hand_over contact")


_OFFICE = _codes("assessment.view open plan review pack campaigns.view edit standards.view edit publish")

_VOLUNTEERS = _codes("activities.view plan lead volunteering.view register confirm certify")

_POINTS = _codes("credits.view awards.view rules propose confirm stickers shop.view manage counter")

_ASSESSED = _codes("assessment.view submit evidence.add_document campaigns.view standards.view")

_WISHES = _codes("wish.register review match see_wisher confirm withdraw")


def _role(slug: str, zh: str, en: str, scope: Scope, permissions: frozenset[str], duty: Label, **more: object) -> Role:
    return Role(slug, Label(zh, en), scope, permissions, duty, **more)  # type: ignore[arg-type]


_ADMINISTRATORS = frozenset({"system_administrator", "security_administrator", "auditor"})

_LIST: tuple[Role, ...] = (
    _role(
        "system_administrator",
        "系统管理员",
        "System administrator",
        "instance",
        _codes("system.configure places.view edit catalogue.view edit people.view edit tokens.own"),
        Label("配置系统、地点、目录和单位，看不到居民诉求", "Configures; sees no request"),
        delegable=False,
        excludes=_ADMINISTRATORS - {"system_administrator"},
    ),
    _role(
        "security_administrator",
        "安全管理员",
        "Security administrator",
        "instance",
        _codes("people.view appoint hand_over places.view tokens.own"),
        Label("管理账号和任职，看不到居民诉求", "Manages accounts and appointments; sees no request"),
        delegable=False,
        excludes=_ADMINISTRATORS - {"security_administrator"},
    ),
    _role(
        "auditor",
        "审计员",
        "Auditor",
        "instance",
        _codes("audit.view people.view places.view catalogue.view"),
        Label("只查看审计记录，不能改动", "Reads the audit records; changes nothing"),
        delegable=False,
        excludes=_ADMINISTRATORS - {"auditor"},
    ),
    _role(
        "office_director",
        "区创建办主任",
        "Office director",
        "place",
        _STAFF
        | _SEE_WORK
        | _codes("request.supervise remind decide_termination decide_exclusion reopen work.board export")
        | _codes("work.view_contact view_informer erase people.roster hand_over ask_erasure erase data.import")
        | _OFFICE
        | _ROUNDS
        | _VOLUNTEERS
        | _POINTS
        | _codes("credits.fund correct wish.register"),
        Label("掌握全区情况，督办", "Sees the whole area; supervises"),
    ),
    _role(
        "supervisor",
        "督办员",
        "Supervisor",
        "place",
        _STAFF
        | _SEE_WORK
        | _codes("request.supervise remind decide_extension decide_suspension decide_termination review_suspended")
        | _codes("request.decide_exclusion reopen decide_appeal work.board export inspection.view")
        | _codes("assessment.view review campaigns.view standards.view"),
        Label("督办，裁定延期、挂账和终止", "Supervises; decides extension, suspension, termination"),
    ),
    _role(
        "dispatcher",
        "派遣员",
        "Dispatcher",
        "place",
        _STAFF
        | _SEE_WORK
        | _DISPATCH
        | _codes("request.decide_return decide_appeal verify work.view_contact export inspection.view"),
        Label("派遣、裁定退单、复审反馈", "Dispatches, decides returns, reviews replies"),
    ),
    _role(
        "duty_officer",
        "受理员",
        "Duty officer",
        "place",
        _STAFF
        | _SEE_WORK
        | _INTAKE
        | _codes("request.import decide_appeal work.view_informer export people.roster ask_erasure wish.register"),
        Label("登记、核实、受理、直接答复", "Registers, has things checked, accepts, answers"),
    ),
    _role(
        "street_officer",
        "街道工作人员",
        "Street officer",
        "place",
        _STAFF
        | _SEE_WORK
        | _INTAKE
        | _DISPATCH
        | _ON_SITE
        | _LEG
        | _LEAD
        | _codes("request.import work.export people.roster ask_erasure")
        | _ROUNDS
        | _ASSESSED
        | _codes("campaigns.edit")
        | _WISHES
        | _VOLUNTEERS
        | _POINTS
        | _codes("credits.fund correct"),
        Label("受理和派遣本街道的事项", "Accepts and dispatches what concerns the street"),
    ),
    _role(
        "community_officer",
        "社区工作人员",
        "Community officer",
        "place",
        _STAFF
        | _SEE_WORK
        | _ON_SITE
        | _LEG
        | _LEAD
        | _ROUNDS
        | _codes(
            "request.report_on_behalf send_check remind tell answer_question work.view_contact board people.roster"
        )
        | _ASSESSED
        | _WISHES
        | _VOLUNTEERS
        | _codes("credits.view awards.view propose stickers shop.view manage counter"),
        Label("本社区的登记、核实、核查和现场交办", "Registers, checks, verifies and hands over in the community"),
    ),
    _role(
        "grid_worker",
        "网格员",
        "Grid worker",
        "place",
        _STAFF
        | _SEE_WORK
        | _ON_SITE
        | _PATROL
        | _codes("request.report_on_behalf sign reply answer_question work.view_contact standards.view")
        | _codes("inspection.promise wish.register"),
        Label("本网格的上报、核实、核查和自处置", "Reports, checks, verifies and fixes small things in the grid"),
    ),
    _role(
        "building_captain",
        "楼长",
        "Building captain",
        "place",
        _codes("request.report report_on_behalf fix_on_spot hand_over comment recall work.view evidence.add"),
        Label("发现、处理或转交本楼的问题", "Finds, fixes or passes on what is wrong in the building"),
        staff=False,
        second_factor=False,
        delegable=False,
    ),
    _role(
        "unit_head",
        "单位负责人",
        "Head of a unit",
        "organisation",
        _STAFF | _SEE_WORK | _LEG | _LEAD | _codes("work.board export people.roster hand_over") | _ASSESSED,
        Label("本单位及下属单位的签收、办理、审核和申请", "Signs for, handles, reviews and asks for the unit"),
        sub_units=True,
    ),
    _role(
        "unit_handler",
        "单位经办人",
        "Handler of a unit",
        "organisation",
        _STAFF | _SEE_WORK | _LEG | _codes("request.pass_down") | _ASSESSED,
        Label("签收、联系、办理、反馈", "Signs for, contacts, handles, replies"),
    ),
    _role(
        "property_manager",
        "物业经办人",
        "Property manager",
        "organisation",
        _STAFF | _SEE_WORK | _LEG,
        Label("物业服务范围内的办理和反馈", "Handles and replies within the service area"),
    ),
    _role(
        "shop_keeper",
        "商户负责人",
        "Shop keeper",
        "organisation",
        _codes("inspection.own_shop"),
        Label(
            "看本店的互查结果和门前五包，填写对所查商户的结果",
            "Sees the own shop's results, checks the shop it was given",
        ),
        staff=False,
        second_factor=False,
        delegable=False,
    ),
    _role(
        "activity_leader",
        "志愿服务队长",
        "Leader of volunteers",
        "place",
        _codes("activities.view lead volunteering.view"),
        Label("带队，签到点名，记录活动", "Leads, checks in, records the activity"),
        staff=False,
        second_factor=False,
        delegable=False,
    ),
    _role(
        "counter_volunteer",
        "积分超市志愿者",
        "Volunteer at the counter",
        "place",
        _codes("shop.view counter"),
        Label("在兑换台核对兑换码，交付商品", "Checks codes and hands goods over at the counter"),
        staff=False,
        second_factor=False,
        delegable=False,
    ),
    _role(
        "callback_officer",
        "回访员",
        "Call-back officer",
        "place",
        _STAFF | _SEE_WORK | _codes("request.call_back contact answer_question work.view_contact board"),
        Label("回访，记录评价", "Calls back and records the rating"),
    ),
    _role(
        "content_editor",
        "内容编辑",
        "Content editor",
        "place",
        _codes("catalogue.view edit places.view people.view tokens.own"),
        Label("编辑派单目录和公开文字", "Edits the catalogue and public texts"),
    ),
    _role(
        "resident",
        "居民",
        "Resident",
        "own",
        _REPORTER | _codes("activities.join volunteering.object awards.take_part shop.redeem wish.claim fulfil"),
        Label("上报、补充、评价自己的诉求", "Reports, adds to and rates what is their own"),
        staff=False,
        second_factor=False,
        delegable=False,
    ),
    _role(
        "anonymous",
        "未登录者",
        "Anonymous",
        "own",
        _REPORTER,
        Label("不登录也能上报，凭链接查询和评价", "Reports without an account; follows and rates by link"),
        staff=False,
        second_factor=False,
        delegable=False,
    ),
)

ROLES: dict[str, Role] = {role.slug: role for role in _LIST}

SYSTEM_PERMISSIONS: frozenset[str] = frozenset(code for code in PERMISSIONS if code.startswith("request.")) | _codes(
    "work.view evidence.add view_internal"
)
"""What timers and rules may do, acting as nobody."""

APPOINTABLE: tuple[str, ...] = tuple(role.slug for role in _LIST if role.scope != "own")
"""Roles that are given by an appointment; the others belong to whoever comes."""
