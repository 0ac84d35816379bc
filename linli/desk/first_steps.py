"""The first days of a district: what there is already, what comes next, and whose it is. Empty once all is there."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.desk.wording import language
from linli.people import selectors
from linli.people.access import Actor
from linli.people.roles import ROLES
from linli.people.snapshot import organisation_snapshot
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.terms import catalogue

CONCERNED = ("people.appoint", "system.configure", "data.import")
ADMINISTRATORS = frozenset({"system_administrator", "security_administrator", "auditor", "office_director"})


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: its words, how many there are, whether it is done, and where the actor does it, or who does."""

    title: str | Promise
    hint: str | Promise
    number: int
    done: bool
    url: str = ""
    who: str = ""


def _imports(kind: str) -> str:
    return f"{reverse('desk:imports')}?kind={kind}"


def beginning(actor: Actor) -> list[Task]:
    """The tasks in their order (3 statements); none for whom they do not concern, and none when all are done."""
    if not any(actor.may_somewhere(code) for code in CONCERNED):
        return []
    roles, versions = selectors.roles_held(), registry_versions()
    places, categories = place_snapshot(versions), catalogue(versions).categories.values()
    grids, communities = len(places.of_kind("grid")), len(places.of_kind("community"))
    units = len(organisation_snapshot(versions))
    staff = sum(number for role, number in roles.items() if role not in ADMINISTRATORS)
    waiting = selectors.without_account(actor).count()
    appoints, imports = actor.may_somewhere("people.appoint"), actor.may_somewhere("data.import")
    edits = actor.may_somewhere("catalogue.edit")
    security, director, system = (
        ROLES[role].label.text(language())
        for role in ("security_administrator", "office_director", "system_administrator")
    )

    def mine(may: bool, url: str, who: str) -> dict[str, str]:
        return {"url": url} if may else {"who": who}

    by_security = mine(appoints, reverse("people:new_staff"), security)
    tasks = [
        Task(_("任命系统管理员"), _("核对地点、单位和派单目录的人"), roles.get("system_administrator", 0),
             bool(roles.get("system_administrator")), **by_security),
        Task(_("任命区创建办主任"), _("导入表格、掌握全区的人；地点选本区"), roles.get("office_director", 0),
             bool(roles.get("office_director")), **by_security),
        Task(_("社区"), _("街道和社区的名称、代码、别名"), communities, communities > 0,
             **mine(imports, _imports("places"), director)),
        Task(_("单位"), _("部门、街道、社区、物业；派单按单位的职能"), units, units > 0,
             **mine(imports, _imports("organisations"), director)),
        Task(_("网格"), _("没有图也行：每个网格一张楼栋或道路的清单就够"), grids, grids > 0,
             **mine(imports, _imports("grids"), director)),
        Task(_("工作人员"), _("网格员、楼长、单位经办人，手头的花名册原样上传"), staff, staff > 0,
             **mine(imports, _imports("staff"), director)),
        Task(_("还没有账号的人"), _("导入只带来人，不带来密码"), waiting, staff > 0 and not waiting,
             **mine(appoints, reverse("people:open_accounts"), security)),
        Task(_("派单目录"), _("现在是样例：核对类别、责任单位和时限"), len(categories),
             any(not row.is_seed for row in categories), **mine(edits, reverse("desk:catalogue"), system)),
    ]  # fmt: skip
    return [] if all(task.done for task in tasks) else tasks
