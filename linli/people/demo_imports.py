"""The demo's two files of the import page: one that was brought in, with a row that came back, and one that asks."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import openpyxl

from linli.exchange import services
from linli.exchange.models import ImportBatch
from linli.people.demo import JIMO
from linli.people.importers import importer_for
from linli.people.loading import load_actor
from linli.people.models import Organisation, User
from linli.places.models import Place

WHO = "director"
PROPERTY = (
    ("单位名称", "单位类别", "上级单位", "管辖范围", "联系电话"),
    ("安和物业服务有限公司（示例）", "物业企业", "", "通济街道", "0532-88000001"),
    ("清河物业管理有限公司（示例）", "物业企业", "", "通济街道", "0532-88000002"),
    ("望岳物业服务有限公司（示例）", "物业企业", "", "环秀街道", "0532-88000003"),
    ("", "物业企业", "", "环秀街道", "0532-88000004"),
)
COMMITTEES = (
    ("单位名称", "单位类别", "上级单位", "管辖范围"),
    ("阳光城业主委员会（示例）", "业委会", "", "阳光城"),
    ("望岳花园业主委员会（示例）", "业委会", "", "通济街道"),
)


def load(progress: Callable[[str], object] | None = None) -> int:
    """Bring the first file in and check the second; how many batches. A second call changes nothing."""
    tell = progress or (lambda _text: None)
    user = User.objects.filter(username=WHO).first()
    actor = load_actor(user.pk, strong=True) if user is not None else None
    if actor is None or ImportBatch.objects.exists():
        return 0
    tell("导入 / imports")
    importer = importer_for(actor, Place.objects.get(code=JIMO).pk)
    done = services.receive(importer, "organisations", _workbook("物业企业", PROPERTY), "物业企业名单.xlsx")
    plan = services.check(done, importer)
    services.begin(done)
    services.run(done, importer, plan=plan)
    keys = [effect[1] for effects in done.rows.values_list("effects", flat=True) for effect in effects]
    Organisation.objects.filter(pk__in=keys, name__in=[row[0] for row in PROPERTY]).update(synthetic=True)
    asks = services.receive(importer, "organisations", _workbook("业委会", COMMITTEES), "业委会名单.xlsx")
    services.check(asks, importer)
    return 2


def _workbook(title: str, rows: Sequence[Sequence[str]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
