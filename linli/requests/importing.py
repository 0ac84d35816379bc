"""Bringing in requests from another system: open and closed ones with category, place, clocks and history.

Each row becomes a mirrored order (source system, outside number): it is brought in once, however often its file is.
The promise is the outside one: the column `due` is the deadline of the clocks, and without it there is no clock. What
was closed outside is closed here at the same moment, so that our own comparison says whether that was in time.

Options of the file: `system` (name of the source), `time_zone`, `time_format` (as `strptime` has it), `crs`,
`district` (where no place is chosen), `create` = "yes" (places, categories and units that are not known yet are made),
`default_point` = "lon,lat" (a point that only says that nobody knew the place), `bounds` = "west,south,east,north"
(outside of it a position is impossible).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.exchange import fields
from linli.exchange.errors import CellProblem
from linli.exchange.kinds import Field, Kind, Option, Parser, Run, register
from linli.exchange.values import numbers
from linli.exchange.words import plain
from linli.kernel.coordinates import CoordinateSystem
from linli.kernel.labels import Label
from linli.people.errors import PeopleProblem
from linli.places.errors import PlaceProblem
from linli.requests.past import Requests
from linli.work.engine import StepRefused

PERMISSION = "request.import"
CHUNK_ROWS = 2000
WORDS_LENGTH_MAX = 5000
order_text = fields.text(64)


def _number(value: Any, run: Run) -> float:
    """A coordinate; anything that is no finite number is refused."""
    try:
        found = float(str(value).strip())
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise CellProblem(_("坐标不是数字。"))
    return found


def _moment(value: Any, run: Run) -> datetime:
    """A moment in the zone of the file; the option `time_format` says how it is written where that is ambiguous."""
    written = str(run.options.get("time_format") or "")
    if not written or not isinstance(value, str):
        return fields.moment(value, run)
    zone = fields.zone_of(run) or timezone.get_default_timezone()
    try:
        found = datetime.strptime(value.strip(), written).replace(tzinfo=zone)
    except ValueError:
        raise CellProblem(_("时间不是按 %(format)s 写的。") % {"format": written}) from None
    if found.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != found.replace(tzinfo=None):
        raise CellProblem(_("这个时刻在当地不存在（换时令）。"))
    return found


def _past(value: Any, run: Run) -> datetime:
    """A moment that is not to come."""
    found = _moment(value, run)
    if found > timezone.now():
        raise CellProblem(_("这个时间还没有到，请检查。"))
    return found


def _order_number(value: Any, run: Run) -> str:
    """A number of an order: seventeen digits that a spreadsheet keeps as a number have lost their end."""
    if numbers.lost_digits(value):
        raise CellProblem(_("编号已被表格软件改成科学计数，末尾数字丢失。请把该列设为“文本”后重新导出。"))
    return str(order_text(numbers.written_out(plain(value)).lstrip("'‘`"), run))


def _field(name: str, zh: str, en: str, parse: Parser, *aliases: str, **more: Any) -> Field:
    return Field(name, Label(zh, en), parse, aliases, **more)


def kind() -> Kind:
    """The kind as the importer knows it."""
    systems = tuple((str(system), Label(system, system)) for system in CoordinateSystem)
    return Kind(
        slug="requests",
        label=Label("诉求", "Requests"),
        permission=PERMISSION,
        fields=(
            _field("number", "编号", "Number", _order_number, "来文编号", "工单号", "工单编号", "单号", "案卷号", "任务号", "case id", required=True),
            _field("received", "登记时间", "Received", _past, "上报时间", "受理时间", "来电时间", "诉求时间", "创建时间", "派单时间", "opened", required=True),
            _field("due", "时限", "Due", _moment, "截止时间", "办理期限", "办理时限", "处置时限", "要求办结时间", "target"),
            _field("closed", "办结时间", "Closed", _past, "结案时间", "完成时间", "反馈时间"),
            _field("verdict", "来文方的超期结论", "Their verdict", fields.text(20), "是否超期", "ontime"),
            _field("category", "类别", "Category", fields.text(80), "事项类别", "诉求类别", "问题类型", "问题类别", "诉求类型",
                   "事件类型", "小类", "小类名称", "type", required=True),
            _field("parent_category", "上级类别", "Category above", fields.text(80), "大类", "reason"),
            _field("unit", "承办单位", "Unit", fields.text(120), "主办单位", "责任单位", "办理单位", "department"),
            _field("place", "社区", "Community", fields.text(120), "地点", "所在社区", "所属社区", "社区（村）", "村居", "neighborhood"),
            _field("street", "街道", "Street", fields.text(120), "所属街道", "所在街道", "镇街", "街道（镇）", "镇（街道）"),
            _field("grid", "网格", "Grid", fields.text(120), "所属网格", "所在网格", "网格名称"),
            _field("title", "标题", "Title", fields.text(200), "诉求标题", "主题"),
            _field("words", "内容", "Text", fields.text(WORDS_LENGTH_MAX, lines=True), "诉求内容", "详情"),
            _field("address", "地址", "Address", fields.text(300), "详细地址", "位置", "location", personal=True),
            _field("longitude", "经度", "Longitude", _number, "lon", "lng"),
            _field("latitude", "纬度", "Latitude", _number, "lat"),
            _field("answer", "办理结果", "Outcome", fields.text(WORDS_LENGTH_MAX, lines=True), "答复", "处理情况"),
        ),
        planner=Requests,
        order=70,
        chunk_rows=CHUNK_ROWS,
        options=(
            Option("system", Label("来文系统", "Source system"), required=True,
                   hint=Label("例：12345热线。编号在这个系统里不重复。", "e.g. 12345; numbers are unique within it")),
            Option("time_zone", Label("时区", "Time zone")),
            Option("time_format", Label("时间的写法", "How times are written"),
                   hint=Label("例：%m/%d/%Y %I:%M:%S %p", "e.g. %m/%d/%Y %I:%M:%S %p")),
            Option("crs", Label("坐标系", "Coordinate system"), systems),
            Option("district", Label("所属区县", "District")),
            Option("create", Label("没有的地点和类别", "Unknown places and categories"),
                   (("no", Label("退回", "Refuse")), ("yes", Label("新建", "Make them")))),
            Option("default_point", Label("表示位置不明的点", "The point that means nowhere")),
            Option("bounds", Label("可能的范围（西,南,东,北）", "Where positions can be (west, south, east, north)")),
        ),
        refusals=(StepRefused, PeopleProblem, PlaceProblem),
    )  # fmt: skip


def install() -> None:
    """Make the kind known to the importer."""
    register(kind())
