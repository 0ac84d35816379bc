"""Who acts on a finding, and the values that the steps of its workflow take, named once."""

from __future__ import annotations

from linli.kernel.labels import Label
from linli.kernel.workflow import Field, FieldKind

TEAM = Label("巡查人员", "inspectors")
DISPATCHER = Label("派遣员", "dispatcher")
UNIT = Label("承办单位", "the unit of the leg")
LEAD_UNIT = Label("主办单位", "lead unit")
SUPERVISOR = Label("督办员", "supervisor")
VERIFIER = Label("核查员（不是承办人和承办单位）", "verifier, neither the handler nor the unit")
TIMER = Label("系统到时", "timer")

ADVICE = Field("advice", Label("整改意见", "Advice"), required=False)
NOTE = Field("note", Label("说明", "Note"), required=False)
REASON = Field("reason", Label("理由", "Reason"))
ANSWER = Field("answer", Label("办理情况", "What was done"))
RECEIVER_NAME = Field("receiver_name", Label("接收人", "Received by"), required=False)
CO_RECEIVERS = Field("co_receivers", Label("协办接收人", "Received by, for co-handlers"), required=False)
CO_UNIT = Field("unit", Label("协办单位", "Co-handler"), FieldKind.ORGANISATION)
SIGNATURE = Field("signature", Label("接收人签名", "Receiver's signature"), FieldKind.SIGNATURE, required=False)
BEFORE = Field("before", Label("整改前照片", "Photos before"), FieldKind.EVIDENCE, required=False)
AFTER = Field("after", Label("整改后照片", "Photos after"), FieldKind.EVIDENCE, required=False)
PHOTOS = Field("photos", Label("照片", "Photos"), FieldKind.EVIDENCE, required=False)
LEAD = Field("lead", Label("主办单位", "Lead unit"), FieldKind.ORGANISATION)
CO_HANDLERS = Field("co_handlers", Label("协办单位", "Co-handlers"), FieldKind.ORGANISATIONS, required=False)
UNIT_TO = Field("unit", Label("转派给", "Pass to"), FieldKind.ORGANISATION)
PROPOSED = Field("proposed_unit", Label("建议承办单位", "Proposed unit"), FieldKind.ORGANISATION, required=False)
OVERRIDE = Field("override", Label("协办未反馈的说明", "Why without the co-handlers' reports"), required=False)
UNTIL = Field("until", Label("延长到", "Until"), FieldKind.DATETIME)
REVIEW_ON = Field("review_on", Label("复核日期", "Review on"), FieldKind.DATETIME)
DEMAND = Field("supervision", Label("督办要求", "What is asked"))
REPLY_DUE = Field("reply_due", Label("答复时限", "Reply due"), FieldKind.DATETIME)
GIVER = Field("giver", Label("移交人", "Who leaves"), FieldKind.PERSON)
SUCCESSOR = Field("receiver", Label("接手人", "Who takes over"), FieldKind.PERSON)
