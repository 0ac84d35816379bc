"""What keeps a draft from being published, and what somebody should look at first. Reads nothing by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from linli.places.kinds import SITE_KINDS
from linli.standards.models import Node
from linli.standards.rules import ZERO, RuleError, plain

FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a draft; `hinders`: it cannot be published with it."""

    text: str
    node_id: int | None = None
    hinders: bool = False


def findings(nodes: Sequence[Node], led: Collection[int]) -> list[Finding]:
    """What is to be said of a tree. `led` are the nodes that have a leading unit (also from above)."""
    criteria = [node for node in nodes if node.level == Node.CRITERION]
    if not criteria:
        return [Finding(_("还没有测评标准，先新增或导入。"), hinders=True)]
    found = [entry for node in criteria for entry in _of_criterion(node)]
    parents = {node.parent_id for node in nodes}
    found += [
        Finding(_("“%(title)s”下面还没有测评标准。") % {"title": _short(node.title)}, node.pk)
        for node in nodes
        if node.level != Node.CRITERION and node.pk not in parents
    ]
    total = sum((node.weight for node in criteria), ZERO)
    if total != FULL:
        found.append(Finding(_("分值合计 %(total)s 分，不是 100 分。") % {"total": plain(total)}))
    without = sum(1 for node in criteria if node.pk not in led)
    if without:
        found.append(Finding(_("%(count)d 条标准没有牵头单位，不会派任务。") % {"count": without}))
    found.sort(key=lambda entry: not entry.hinders)
    return found


def _of_criterion(node: Node) -> list[Finding]:
    title = _short(node.title)
    found = []
    if node.weight <= 0:
        found.append(Finding(_("“%(title)s”没有分值。") % {"title": title}, node.pk, True))
    if node.method == Node.FIELD and not node.site_kinds:
        found.append(Finding(_("“%(title)s”是实地考察，须选点位类型。") % {"title": title}, node.pk, True))
    unknown = [kind for kind in node.site_kinds if kind not in SITE_KINDS]
    if unknown:
        text = _("“%(title)s”的点位类型不认识：%(kinds)s。") % {"title": title, "kinds": "、".join(unknown)}
        found.append(Finding(text, node.pk, True))
    try:
        node.scoring_rule()
    except RuleError:
        found.append(Finding(_("“%(title)s”的计分规则不完整。") % {"title": title}, node.pk, True))
    return found


def _short(title: str) -> str:
    return title if len(title) <= 24 else title[:23] + "…"
