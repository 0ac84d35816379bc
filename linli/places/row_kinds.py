"""What kind of place a row of a file is, by its word, its code or its name, and the scheme of its code. Pure."""

from __future__ import annotations

from django.utils.translation import gettext as _

from linli.places.errors import PlaceProblem
from linli.places.kinds import SUPERVISION

KIND_WORDS = {
    "省": "province", "市": "city", "地级市": "city", "区": "district", "县": "district", "区县": "district",
    "街道": "street", "镇": "street", "乡": "street", "镇街": "street", "社区": "community", "村": "community",
    "居委会": "community", "村委会": "community", "网格": "grid", "楼栋": "building", "楼": "building",
    "点位": "site", "小区": "site", "道路": "road", "路": "road", "地标": "landmark",
}  # fmt: skip
_KIND_BY_CODE_LENGTH = {6: "district", 9: "street", 12: "community", 15: "grid"}
_KIND_BY_ENDING = (
    ("网格", "grid"), ("街道", "street"), ("镇", "street"), ("乡", "street"), ("社区", "community"),
    ("居委会", "community"), ("村委会", "community"), ("村", "community"), ("号楼", "building"), ("路", "road"),
)  # fmt: skip


def kind_of(default: str, code: str, name: str) -> str:
    """The kind of a row that does not say it: by default, by the length of its code or the end of its name."""
    if default:
        return default
    if code.isdigit() and len(code) in _KIND_BY_CODE_LENGTH:
        return _KIND_BY_CODE_LENGTH[len(code)]
    for ending, slug in _KIND_BY_ENDING:
        if name.endswith(ending):
            return slug
    raise PlaceProblem(
        "no_kind", _("看不出“%(name)s”是哪一类。请加一列“类别”（如 网格、楼栋、小区）。") % {"name": name}
    )


def kind_of_heading(heading: str) -> str:
    """The word of a kind in the heading over the names: 小区 in 小区名称; empty where there is none."""
    return next((word for word in sorted(KIND_WORDS, key=len, reverse=True) if len(word) > 1 and word in heading), "")


def scheme_for(kind: str, code: str, layer: str) -> str:
    """The scheme of a code by the kind of place that bears it."""
    if not code:
        return ""
    if kind == "grid":
        return "supervision_grid" if layer == SUPERVISION else "grid"
    if kind in ("province", "city", "district"):
        return "gb2260"
    return {"street": "gb10114", "community": "statistics"}.get(kind, "local")
