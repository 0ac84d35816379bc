"""Kinds of places, kinds of sites and layers: words that are data, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linli.kernel.labels import Label

GOVERNANCE = "governance"
SUPERVISION = "supervision"

LAYERS: dict[str, Label] = {
    GOVERNANCE: Label("治理网格", "Governance grid"),
    SUPERVISION: Label("监督网格", "Supervision grid"),
}


@dataclass(frozen=True, slots=True)
class PlaceKind:
    """One kind of place: `rank` orders the levels from wide to narrow, `area`: drawn as a polygon."""

    slug: str
    label: Label
    rank: int
    area: bool = True


def _kinds(*kinds: PlaceKind) -> dict[str, PlaceKind]:
    return {kind.slug: kind for kind in kinds}


KINDS: dict[str, PlaceKind] = _kinds(
    PlaceKind("country", Label("国家", "Country"), 0),
    PlaceKind("province", Label("省级", "Province"), 1),
    PlaceKind("city", Label("地级", "Prefecture-level city"), 2),
    PlaceKind("district", Label("县级", "District or county"), 3),
    PlaceKind("street", Label("街道（镇、乡）", "Subdistrict or town"), 4),
    PlaceKind("community", Label("社区（村）", "Community or village"), 5),
    PlaceKind("grid", Label("网格", "Grid"), 6),
    PlaceKind("site", Label("点位", "Site"), 7),
    PlaceKind("building", Label("楼栋", "Building"), 8),
    PlaceKind("road", Label("道路", "Road"), 9, area=False),
    PlaceKind("landmark", Label("地标", "Landmark"), 9, area=False),
)

KIND_LABELS: dict[str, Label] = {slug: kind.label for slug, kind in KINDS.items()}

# The levels a point is located in, narrowest first: a place without a drawn grid still has its community.
LOCATED_KINDS: tuple[str, ...] = ("grid", "community", "street", "district", "city", "province", "country")

# Kinds that are so many, or asked for so seldom, that the in-process snapshot leaves them in the database.
LEFT_IN_DATABASE: tuple[str, ...] = ("building", "site", "road", "landmark")

# Only a grid with nothing below it but buildings and sites may stand under a community (DB6101/T 3185-2024:
# every grid belongs to exactly one community, never directly to a street or district).
PARENT_OF_GRID = "community"

SITE_KINDS: dict[str, Label] = {
    "compound": Label("小区", "Residential compound"),
    "market": Label("农贸市场", "Market"),
    "lane": Label("背街小巷", "Back lane"),
    "square": Label("广场", "Square"),
    "park": Label("公园", "Park"),
    "shop": Label("商铺", "Shop"),
    "restaurant": Label("餐饮店", "Restaurant"),
    "mall": Label("商业综合体", "Shopping complex"),
    "school": Label("学校", "School"),
    "hospital": Label("医院", "Hospital"),
    "station": Label("车站", "Station"),
    "advertising": Label("公益广告载体", "Public-service advertising carrier"),
    "parking": Label("停车场", "Car park"),
    "monitoring_point": Label("监测点", "Monitoring point"),
    "service_centre": Label("服务中心", "Service centre"),
    "facility": Label("设施", "Facility"),
    "government": Label("机关单位", "Public office"),
    "river": Label("河道", "River"),
    "main_road": Label("主次干道", "Main road"),
    "commercial_street": Label("商业大街", "Shopping street"),
    "crossing": Label("交通路口", "Crossing"),
    "bus_stop": Label("公交站台", "Bus stop"),
    "bus": Label("公交车", "Bus"),
    "taxi": Label("出租车", "Taxi"),
    "service_hall": Label("政务服务大厅", "Government service hall"),
    "business_hall": Label("窗口营业厅", "Counter hall (bank, post, telecom, utilities)"),
    "hotel": Label("宾馆饭店", "Hotel"),
    "supermarket": Label("商场超市", "Supermarket"),
    "pharmacy": Label("药店", "Pharmacy"),
    "cinema": Label("影剧院", "Cinema or theatre"),
    "internet_cafe": Label("网吧", "Internet café"),
    "school_surroundings": Label("校园周边", "Surroundings of a school"),
    "community_office": Label("社区居委会", "Community committee"),
    "practice_station": Label("新时代文明实践站", "Civility practice station"),
    "culture_venue": Label("公共文化设施", "Public cultural venue"),
    "youth_centre": Label("青少年活动场所", "Youth centre"),
    "scenic": Label("景区", "Scenic area"),
    "toilet": Label("公共厕所", "Public toilet"),
    "construction": Label("建筑工地", "Construction site"),
    "waste_station": Label("垃圾中转站", "Waste transfer station"),
    "shelter": Label("应急避难场所", "Emergency shelter"),
    "village": Label("行政村", "Village"),
}

# Businesses with a door of their own on the street: they sign for what lies before it (门前五包) and check each other.
SHOP_KINDS: tuple[str, ...] = (
    "shop", "restaurant", "supermarket", "pharmacy", "hotel", "mall", "business_hall", "cinema", "internet_cafe",
)  # fmt: skip


def all_labels(labels: Mapping[str, Label], language: str) -> str:
    """The labels in one line, for a message that says what can be written."""
    return ("、" if not language.startswith("en") else ", ").join(label.text(language) for label in labels.values())


def kind_text(slug: str, language: str) -> str:
    """The label of a kind in `language`; an unknown slug is shown as it is."""
    kind = KINDS.get(slug)
    return kind.label.text(language) if kind else slug
