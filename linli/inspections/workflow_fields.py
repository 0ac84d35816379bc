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
ANSWER = Field("answer", Label("办理情况", "What was done"))
RECEIVER_NAME = Field("receiver_name", Label("接收人", "Received by"), required=False)
CO_RECEIVERS = Field("co_receivers", Label("协办接收人", "Received by, for co-handlers"), required=False)
CO_UNIT = Field("unit", Label("协办单位", "Co-handler"), FieldKind.ORGANISATION)
SIGNATURE = Field("signature", Label("接收人签名", "Receiver's signature"), FieldKind.SIGNATURE, required=False)
BEFORE = Field("before", Label("整改前照片", "Photos before"), FieldKind.EVIDENCE, required=False)
AFTER = Field("after", Label("整改后照片", "Photos after"), FieldKind.EVIDENCE, required=False)
