"""Values that the steps of several workflows take, named once; what only one of them takes stands in its room."""

from __future__ import annotations

from linli.kernel.labels import Label
from linli.kernel.workflow import Field, FieldKind

REASON = Field("reason", Label("理由", "Reason"))
NOTE = Field("note", Label("说明", "Note"), required=False)
PHOTOS = Field("photos", Label("照片", "Photos"), FieldKind.EVIDENCE, required=False)
METRES = Field("metres", Label("核查时离现场（米）", "Metres from the spot"), FieldKind.NUMBER, required=False)
"""Read once, when somebody verifies: how far from the spot they stood. Where they stood is not kept."""

LEAD = Field("lead", Label("主办单位", "Lead unit"), FieldKind.ORGANISATION)
CO_HANDLERS = Field("co_handlers", Label("协办单位", "Co-handlers"), FieldKind.ORGANISATIONS, required=False)
PROPOSED_UNIT = Field("proposed_unit", Label("建议承办单位", "Proposed unit"), FieldKind.ORGANISATION, required=False)
UNIT_TO = Field("unit", Label("转派给", "Pass to"), FieldKind.ORGANISATION)
OVERRIDE = Field("override", Label("协办未反馈的说明", "Why without the co-handlers' reports"), required=False)
GIVER = Field("giver", Label("移交人", "Who leaves"), FieldKind.PERSON)
RECEIVER = Field("receiver", Label("接手人", "Who takes over"), FieldKind.PERSON)

UNTIL = Field("until", Label("延长到", "Until"), FieldKind.DATETIME)
REVIEW_ON = Field("review_on", Label("复核日期", "Review on"), FieldKind.DATETIME)
DEMAND = Field("supervision", Label("督办要求", "What is asked"))
REPLY_DUE = Field("reply_due", Label("答复时限", "Reply due"), FieldKind.DATETIME)
