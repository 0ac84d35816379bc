"""The published figures of mission.md, in the order of its rows: those that are computed, and those not yet.

A room whose records bear a figure gets a `measure` here; until then the figure stands without one.
"""

from __future__ import annotations

from linli.insight import measuring
from linli.insight.published import YEAR, Kind, Published
from linli.kernel.labels import Label

JIMO, YANBEI, GASIXIANG, GAOPING, PINGGUI = "370215", "211302010", "630104005005", "140581", "451103"
PROGRAMME = "文明青岛五大提升行动"
THEMES = ("礼让斑马线", "电动自行车不进楼", "垃圾不落地", "光盘行动")
SPECIALS = ("文明交通专项行动", "文明旅游专项行动", "文明餐饮专项行动", "文明养犬专项行动")
STREETS = {"370215008": "温泉街道", "370215003": "通济街道", "370215001": "环秀街道"}
YANBEI_THREE = ("公共空间整治行动", "背街小巷整治行动", "居民小区整治行动")
ROLES = {
    "reporter": "信息员", "messenger": "政策宣传员", "patrol": "安全巡查员", "persuader": "文明劝导员",
    "servant": "便民服务员",
}  # fmt: skip
PAIRS: dict[str, tuple[str, tuple[str, ...]]] = {
    "西湾街道办 + 区民政局 + 矿区管理处 → 冶炼厂小区": (
        "冶炼厂小区", ("西湾街道办事处", "平桂区民政局", "平桂区矿区管理处"),
    ),
    "黄田镇 + 区委宣传部 → 合面狮小区": ("合面狮小区", ("黄田镇人民政府", "平桂区委宣传部")),
}  # fmt: skip
"""How a pair is told, its place and its units."""

PERSONS, TIMES, PIECES = Label("人", "people"), Label("人次", "attendances"), Label("件", "concerns")
UNITS, SERVICES, HOURS = Label("家单位", "units"), Label("次", "services"), Label("小时", "hours")
GRIDS, NAMED = Label("个网格", "grids"), Label("项", "named")
TRAFFIC = "文明交通"
"""The topic of lessons of traffic civility."""
LATER = Label("产品还没有这类记录。", "The product holds no such records yet.")


def _later(key: str, title: Label, place: tuple[str, str], kind: Kind, value: int, unit: Label) -> Published:
    return Published(key, title, *place, kind, LATER, value=value, unit=unit)


_JIMO, _YANBEI = (JIMO, "即墨区"), (YANBEI, "燕北街道")
_GASIXIANG, _GAOPING, _PINGGUI = (GASIXIANG, "尕斯巷社区"), (GAOPING, "高平市"), (PINGGUI, "平桂区")

_F4 = (
    Published(
        "F4.units", Label("共建单位", "Units joined"), *_GAOPING, Kind.EXACT,
        Label(
            "当年任何一天与本市社区（村）结对共建的单位；与几个社区结对也只算一家。",
            "Units joined to a community or village on any day of the year; joined to several, it is one.",
        ),
        measuring.joined(GAOPING, "units", *YEAR), value=164, unit=UNITS,
    ),
    Published(
        "F4.members", Label("报到在职党员", "In-service members joined"), *_GAOPING, Kind.EXACT,
        Label(
            "当年任何一天报到在社区（村）的人；在几个社区报到也只算一人。",
            "People joined to a community or village on any day of the year; joined to several, they are one.",
        ),
        measuring.joined(GAOPING, "members", *YEAR), value=6204, unit=PERSONS,
    ),
    Published(
        "F4.services", Label("志愿服务", "Services"), *_GAOPING, Kind.ROUNDED,
        Label(
            "报到的人当年在社区（村）的服务，一人一次算一次；只算已确认的，不予认定和待确认的不算。公布1.6万，"
            "四舍五入到千：15500 ≤ 算得 < 16500。",
            "Services of joined people in the year, one of one person is one; only confirmed ones. Published as "
            "16 thousand, rounded half up to thousands: 15,500 ≤ computed < 16,500.",
        ),
        measuring.joined(GAOPING, "services", *YEAR), value=16000, unit=SERVICES, step=1000,
    ),
    Published(
        "F4.hours", Label("志愿服务时长", "Hours of service"), *_GAOPING, Kind.ROUNDED,
        Label(
            "上面这些服务的确认分钟数之和，除以60。公布5.8万，四舍五入到千：57500 ≤ 算得 < 58500。",
            "The confirmed minutes of these services, divided by 60. Published as 58 thousand, rounded half up to "
            "thousands: 57,500 ≤ computed < 58,500.",
        ),
        measuring.joined(GAOPING, "hours", *YEAR), value=58000, unit=HOURS, step=1000,
    ),
    Published(
        "F4.concerns", Label("解决的群众关切问题", "Concerns solved"), *_GAOPING, Kind.EXACT,
        Label(
            "当年解决并由社区确认的群众诉求；社区需求、任务不算，没有确认或退回的不算。",
            "Concerns solved in the year and confirmed by the community; needs and tasks are none, nor what was not "
            "confirmed or was sent back.",
        ),
        measuring.joined(GAOPING, "concerns", *YEAR), value=385, unit=PIECES,
    ),
)  # fmt: skip

FIGURES: tuple[Published, ...] = (
    Published(
        "A2.themes", Label("主题行动", "Themed actions"), *_JIMO, Kind.NAMED,
        Label(
            "本区有这四个主题行动，都在文明青岛五大提升行动之内。",
            "The district has these four themed actions inside the programme 文明青岛五大提升行动.",
        ),
        measuring.campaigns(JIMO, "theme", THEMES, PROGRAMME), unit=NAMED, names=THEMES,
    ),
    Published(
        "A2.specials", Label("专项行动", "Special actions"), *_JIMO, Kind.NAMED,
        Label(
            "本区有这四个专项行动，都在文明青岛五大提升行动之内。",
            "The district has these four special actions inside the programme 文明青岛五大提升行动.",
        ),
        measuring.campaigns(JIMO, "special", SPECIALS, PROGRAMME), unit=NAMED, names=SPECIALS,
    ),
    Published(
        "A3.streets", Label("自定积分规则的街道", "Streets with rules of points of their own"), *_JIMO, Kind.NAMED,
        Label(
            "三个街道各有一套已公布、现行的积分规则，得分事项或分值与另外两个不同。",
            "Each of the three streets has published rules in force whose deeds or points differ from the others'.",
        ),
        measuring.own_rules(STREETS), unit=NAMED, names=tuple(STREETS.values()),
    ),
    Published(
        "A5.attendances", Label("文明交通宣传教育受众", "Audience of traffic education"), *_JIMO, Kind.AT_LEAST,
        Label(
            "主题含“文明交通”、当年已办结的活动的受众人次之和；取消的、没有办结的不算。是人次，不是人数。",
            "Heads counted at the year's closed activities on the topic 文明交通; called off ones count nothing. "
            "Attendances, not people.",
        ),
        measuring.held(JIMO, "heads", *YEAR, TRAFFIC), value=300_000, unit=TIMES,
    ),
    _later("A6.issues", Label("曝光台", "Issues of the exposure column"), _JIMO, Kind.EXACT, 28, Label("期", "issues")),
    Published(
        "A9.areas", Label("文明餐饮示范街区", "Model areas of civil dining"), *_JIMO, Kind.NAMED, LATER,
        unit=NAMED, names=("即墨古城", "宝龙"),
    ),
    _later("A13.leaflets", Label("文明养犬宣传页", "Leaflets"), _JIMO, Kind.AT_LEAST, 12_000, Label("份", "leaflets")),
    Published(
        "B2.grids", Label("网格", "Grids"), *_YANBEI, Kind.EXACT,
        Label("街道各社区现有的治理网格；监督网格不算。", "Governance grids of the street, not supervision grids."),
        measuring.grids(YANBEI), value=89, unit=GRIDS,
    ),
    Published(
        "B3.campaigns", Label("三大攻坚战", "Three campaigns"), *_YANBEI, Kind.NAMED,
        Label("街道有这三个整治行动。", "The street has these three campaigns."),
        measuring.campaigns(YANBEI, "campaign", YANBEI_THREE), unit=NAMED, names=YANBEI_THREE,
    ),
    Published(
        "B4.activities", Label("实践站活动", "Activities of the practice stations"), *_YANBEI, Kind.AT_LEAST,
        Label(
            "当年在街道内举办并已办结的活动，一场算一场；取消的不算。",
            "Activities held in the street in the year and closed, each one; called off ones count nothing.",
        ),
        measuring.held(YANBEI, "activities", *YEAR), value=500, unit=Label("场", "activities"),
    ),
    _later(
        "B5.publicity", Label("宣传教育活动", "Publicity activities"), _YANBEI, Kind.AT_LEAST, 300,
        Label("场", "activities"),
    ),
    Published(
        "B5.roles", Label("志愿者五种角色", "Five roles of volunteers"), *_YANBEI, Kind.NAMED,
        Label("五种角色每种至少有一名登记的志愿者担任。", "At least one registered volunteer has taken on each role."),
        measuring.roles(YANBEI, ROLES), unit=NAMED, names=tuple(ROLES.values()),
    ),
    Published(
        "D1.sewage", Label("污水达标处理率", "Treated sewage compliant"), "610632", "黄陵二号煤矿", Kind.CLAIM,
        LATER, value=100, unit=Label("%", "%"),
    ),
    Published(
        "E2.grids", Label("网格", "Grids"), *_GASIXIANG, Kind.EXACT,
        Label("社区现有的治理网格。", "Governance grids of the community today."),
        measuring.grids(GASIXIANG), value=8, unit=GRIDS,
    ),
    _later("E3.duties", Label("每月固定任务", "Monthly duties"), _GASIXIANG, Kind.EXACT, 10, Label("项", "duties")),
    Published(
        "F1.chains", Label("组织链条", "Chains of organisations"), *_GAOPING, Kind.NAMED, LATER, unit=NAMED,
        names=("四级", "五级"),
    ),
    _later("F3.team", Label("警格联动队伍", "Team at the police station"), _GAOPING, Kind.EXACT, 96, PERSONS),
    *_F4,
    _later("F5.issued", Label("发放问卷", "Questionnaires issued"), _GAOPING, Kind.EXACT, 349, Label("份", "sheets")),
    _later("F5.projects", Label("联建项目", "Projects"), _GAOPING, Kind.EXACT, 13, Label("个", "projects")),
    _later("G2.cars", Label("小车停车位", "Bays for cars"), _PINGGUI, Kind.EXACT, 49, Label("个", "bays")),
    _later(
        "G2.two_wheelers", Label("两轮车停车位", "Bays for two-wheelers"), _PINGGUI, Kind.EXACT, 69,
        Label("个", "bays"),
    ),
    Published(
        "G3.pairs", Label("部门包保小区", "Units that answer for compounds"), *_PINGGUI, Kind.NAMED,
        Label(
            "两处小区今天各由公布的这几个单位共同包保。",
            "For each of the two compounds the published units answer together today.",
        ),
        measuring.pairs(PINGGUI, PAIRS), unit=NAMED, names=tuple(PAIRS),
    ),
)  # fmt: skip
