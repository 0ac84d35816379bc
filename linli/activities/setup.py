"""What the room prepares for a new district: formats of activities that a new one can begin with (E2, E6)."""

from __future__ import annotations

from typing import Any

from linli.activities.models import Format

THEMES = {"四老课堂": "public_spirit", "创建日": "environment", "文明宣讲": "civil_traffic"}
"""The kind of good deed that serving at these is (`work.themes`); the others say it for each activity."""

ATTENDING = frozenset({"党员", "坐班党员", "居民", "观众", "听众", "学员"})
"""Posts in which one attends: these give no hours of service. What members do as members is none either."""

# name, English, purpose, programme, minutes, posts (name, places, skills)
FORMATS: tuple[tuple[str, str, str, str, int, tuple[tuple[str, int, tuple[str, ...]], ...]], ...] = (
    (
        "主题党日", "Party members' theme day", "每月固定一天，学习、议事，到网格里做一件实事。",
        "集中学习\n说说网格里的事\n到网格做一件实事", 120, (("党员", 40, ()),),
    ),
    (
        "党员有约", "Meet a member", "党员到院子里坐班，居民有事当面说。",
        "居民说事\n能办的当场认领\n办不了的登记转办", 90, (("坐班党员", 3, ()), ("居民", 20, ())),
    ),
    (
        "小院好声音", "Voices of the yard", "在自家院子里说唱身边的好人好事。", "节目\n讲身边的事\n一起打扫院子", 120,
        (("演出", 15, ("才艺",)), ("布置", 6, ()), ("观众", 80, ())),
    ),
    (
        "书记讲堂", "Secretary's lecture", "社区书记讲政策、讲办事，现场答问。", "讲一个题目\n现场提问\n收集意见", 60,
        (("听众", 60, ()),),
    ),
    ("党员学堂", "Members' classroom", "学一点，用得上。", "一起学\n说说怎么用", 60, (("党员", 40, ()),)),
    (
        "四老课堂", "Elders' classroom", "老党员、老教师、老干部、老模范给孩子和邻居讲课。", "讲课\n动手做\n互相问", 90,
        (("讲课的老同志", 2, ("讲课",)), ("学员", 30, ())),
    ),
    (
        "创建日", "Creation day", "单位和志愿者到网格里清理环境、宣传文明。",
        "集合领工具\n分组到楼院、沿街、河边\n清小广告、捡垃圾、发宣传单\n收工点数", 120,
        (("清理组", 20, ()), ("宣传组", 10, ("会讲方言",)), ("带队", 2, ())),
    ),
    (
        "文明宣讲", "Talk on civility", "进社区、学校、机关、企业讲文明交通。", "讲规则\n看案例\n答题", 60,
        (("宣讲员", 2, ("宣讲",)), ("现场服务", 4, ())),
    ),
)  # fmt: skip
"""The first six are the published ones of Gasixiang community (mission.md E2); a district switches off and adds."""


def setup(_district: Any = None) -> None:
    """Give the district the formats the project brings along; those that are there stay as they are."""
    known = set(Format.objects.filter(place=None).values_list("name", flat=True))
    Format.objects.bulk_create(
        Format(
            name=name, name_en=english, purpose=purpose, programme=programme, minutes=minutes,
            theme=THEMES.get(name, ""),
            roles=[
                {"name": post, "capacity": places, "skills": list(skills), "serves": post not in ATTENDING}
                for post, places, skills in roles
            ],
        )
        for name, english, purpose, programme, minutes, roles in FORMATS
        if name not in known
    )  # fmt: skip
