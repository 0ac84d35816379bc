"""The values that steps of the request's workflow take, named once."""

from __future__ import annotations

from linli.kernel.labels import Label
from linli.kernel.workflow import Field, FieldKind

REASON_PUBLIC = Field("reason", Label("理由（诉求人可见）", "Reason (the reporter sees it)"), public=True)
BASIS = Field("basis", Label("依据", "Basis"), hint=Label("职责清单、法规条款", "List of duties, article of law"))
ANSWER = Field("answer", Label("答复（诉求人可见）", "Answer (the reporter sees it)"), public=True)
ADVICE = Field("advice", Label("意见", "Advice"), required=False)
QUESTION = Field("question", Label("问题（诉求人可见）", "Question (the reporter sees it)"), public=True)
SIGNATURE = Field("signature", Label("接收人签名", "Receiver's signature"), FieldKind.SIGNATURE)

LOCAL = Field("local", Label("属地单位", "Local unit"), FieldKind.ORGANISATION, required=False)
WORKER = Field("worker", Label("核实人", "Who checks"), FieldKind.PERSON, required=False)
OTHER_ITEM = Field("other", Label("并入的编号", "Number it is merged into"), FieldKind.ITEM)

BEFORE = Field("before", Label("处理前照片", "Photos before"), FieldKind.EVIDENCE, required=False)
AFTER = Field("after", Label("处理后照片", "Photos after"), FieldKind.EVIDENCE, required=False, public=True)

SOURCE_NUMBER = Field("source_number", Label("来文编号", "Number of the source"), required=False)
TRANSFER_CHANNEL = Field(
    "channel",
    Label("转往渠道", "Channel"),
    FieldKind.CHOICE,
    public=True,
    choices=(
        ("emergency", Label("紧急电话 110/119/120/122", "Emergency numbers 110/119/120/122")),
        ("petition", Label("信访", "Petitions office")),
        ("court", Label("诉讼、仲裁、行政复议", "Court, arbitration, review")),
        ("discipline", Label("纪检监察", "Discipline inspection")),
        ("disclosure", Label("政府信息公开", "Disclosure of government information")),
        ("market", Label("市场或社会服务", "Market or social service")),
        ("other_district", Label("其他区县", "Another district")),
    ),
)
CONTACT_RESULT = Field(
    "result",
    Label("联系结果", "Result"),
    FieldKind.CHOICE,
    choices=(("reached", Label("已联系上", "Reached")), ("not_reached", Label("未联系上", "Not reached"))),
)
CALL_BACK_RESULT = Field(
    "result",
    Label("回访结果", "Result"),
    FieldKind.CHOICE,
    choices=(("satisfied", Label("满意", "Satisfied")), ("not_reached", Label("未联系上", "Not reached"))),
)
OUTCOME = Field(
    "outcome",
    Label("办理结果", "Outcome"),
    FieldKind.CHOICE,
    public=True,
    choices=(
        ("solved", Label("已解决", "Solved")),
        ("partly", Label("部分解决", "Partly solved")),
        ("explained", Label("已解释说明", "Explained")),
        ("cannot", Label("无法解决", "Cannot be solved")),
        ("enforcement", Label("已移交执法", "Passed to enforcement")),
    ),
)
RATING = Field(
    "rating",
    Label("评价", "Rating"),
    FieldKind.CHOICE,
    required=False,
    choices=(
        ("5", Label("非常满意", "Very satisfied")),
        ("4", Label("满意", "Satisfied")),
        ("3", Label("基本满意", "Mostly satisfied")),
    ),
)
