"""Writing and naming audit records of the room."""

from __future__ import annotations

from typing import Any

import structlog
from django.utils import timezone

from linli.kernel.labels import Label
from linli.people.models import AuditRecord

_log = structlog.get_logger("linli.audit")

ACTIONS: dict[str, Label] = {
    "sign_in.password": Label("密码登录", "Sign-in by password"),
    "sign_in.second_factor": Label("第二因素验证", "Second factor"),
    "sign_in.phone": Label("手机验证码登录", "Sign-in by phone"),
    "sign_out": Label("退出登录", "Sign-out"),
    "sessions.ended": Label("结束其他会话", "Other sessions ended"),
    "password.changed": Label("修改密码", "Password changed"),
    "password.reset": Label("重置密码", "Password reset"),
    "second_factor.enrolled": Label("绑定第二因素", "Second factor enrolled"),
    "second_factor.removed": Label("解除第二因素", "Second factor removed"),
    "recovery_codes.made": Label("生成恢复码", "Recovery codes made"),
    "token.made": Label("创建接口令牌", "API token made"),
    "token.revoked": Label("停用接口令牌", "API token revoked"),
    "account.made": Label("建立账号", "Account made"),
    "account.closed": Label("停用账号", "Account closed"),
    "account.reopened": Label("重新启用账号", "Account opened again"),
    "organisation.made": Label("新增单位", "Organisation added"),
    "organisation.changed": Label("修改单位", "Organisation changed"),
    "person.made": Label("新增人员", "Person added"),
    "person.changed": Label("修改人员", "Person changed"),
    "person.left": Label("离任", "Left office"),
    "erasure.asked": Label("申请删除个人信息", "Erasure asked for"),
    "erasure.taken_back": Label("收回删除申请", "Erasure taken back"),
    "erasure.refused": Label("不予删除个人信息", "Erasure refused"),
    "person.erased": Label("删除个人信息", "Personal data erased"),
    "appointment.made": Label("任职", "Appointed"),
    "appointment.ended": Label("免职", "Appointment ended"),
    "delegation.made": Label("委托代理", "Delegated"),
    "delegation.revoked": Label("收回委托", "Delegation revoked"),
    "shift.made": Label("排班", "Shift set"),
    "shift.cancelled": Label("取消排班", "Shift cancelled"),
    "handover.made": Label("离任交接", "Handed over"),
    "handover.signed": Label("交接签收", "Hand-over signed"),
    "keys.rotated": Label("更换密钥", "Keys rotated"),
    "contact.seen": Label("查看诉求人姓名电话", "Reporter's name and phone looked at"),
    "wish.contact_seen": Label("查看心愿人", "Who wishes was looked at"),
    "praise.named": Label("记下、撤去被表扬人", "Who is praised: named or struck out"),
    "catalogue.changed": Label("修改派单目录", "Dispatch catalogue changed"),
    "deadline.changed": Label("修改办理时限", "Deadline rule changed"),
    "standard.made": Label("新建测评体系", "Standard added"),
    "standard.drafted": Label("新建标准草稿", "Draft of a standard begun"),
    "standard.changed": Label("修改标准草稿", "Draft of a standard changed"),
    "standard.draft_deleted": Label("删除标准草稿", "Draft of a standard deleted"),
    "standard.published": Label("发布标准", "Standard published"),
    "standard.retired": Label("停用标准", "Standard retired"),
    "import.begun": Label("开始导入", "Import begun"),
    "import.done": Label("导入数据", "Data imported"),
    "import.undone": Label("撤销导入", "Import undone"),
    "assessment.linked": Label("人工关联佐证", "Evidence linked by hand"),
    "assessment.opened": Label("开展考评", "Assessment opened"),
    "assessment.closed": Label("结束考评", "Assessment closed"),
    "assessment.planned": Label("修改预测和整改参数", "Forecast and repair inputs changed"),
    "assessment.pack_asked": Label("生成迎检资料包", "Audit pack asked for"),
    "campaign.made": Label("新建专项行动", "Campaign made"),
    "campaign.changed": Label("修改专项行动", "Campaign changed"),
    "campaign.tied": Label("事项归入专项行动", "Item put under a campaign"),
    "campaign.untied": Label("事项移出专项行动", "Item taken out of a campaign"),
    "activity.planned": Label("策划、修改和取消活动", "Activity planned, changed or called off"),
    "activity.closed": Label("确认活动出勤", "Attendance of an activity confirmed or corrected"),
    "activity.exported": Label("导出活动名单", "List of an activity exported"),
    "wish.exported": Label("导出微心愿清单", "List of wishes exported"),
    "inspection.round": Label("组织巡查", "Round planned or ended"),
    "inspection.promise": Label(
        "包保、门前五包、互查和督促物业", "Responsibilities, agreements, mutual checks, letters"
    ),
    "shop.changed": Label("修改积分超市", "Shop changed: goods, counters, partners"),
    "shop.donated": Label("登记捐赠", "Donation to the shop entered"),
    "shop.counted": Label("积分超市盘点", "Stock of the shop counted"),
    "shop.count_decided": Label("复核盘点差异", "Differences of a count decided"),
    "shop.called_off": Label("取消居民的兑换预约", "Reservation in the shop called off"),
    "shop.settled": Label("与合作商户结算", "Settled with a partner of the shop"),
    "points.rules": Label("修改积分规则", "Rules of points changed"),
    "points.award": Label("审定、冲正积分", "Points confirmed or reversed"),
    "points.nomination": Label("提名和公示", "Nomination and public notice"),
    "points.appeal": Label("积分申诉", "Appeal about points"),
    "awards.stickers": Label("小红花：建版、打印、发放、作废", "Little red flowers: made, printed, handed out, void"),
    "credits.corrected": Label("冲正积分", "Points reversed"),
    "credits.funded": Label("拨付积分额度", "Pool of points funded"),
    "dispatch.changed": Label("修改派单规则", "Dispatch rule changed"),
    "volunteer.registered": Label("登记志愿者", "Volunteer registered"),
    "volunteer.changed": Label("修改志愿者登记", "Volunteer's registration changed"),
    "volunteer.left": Label("退出志愿服务", "Volunteer left"),
    "hours.decided": Label("确认、更正志愿时长", "Hours confirmed or corrected"),
    "hours.rules": Label("修改时长规则", "Rules of hours changed"),
    "certificate.decided": Label("出具、撤销志愿服务证明", "Certificate issued, refused or revoked"),
    "certificate.objected": Label("对公示的证明提出异议", "Objection to a certificate on notice"),
    "star.decided": Label("评定志愿者星级", "Star level decided"),
    "joined.changed": Label("双报到登记和反馈", "Joined units, members and feedback"),
}


def record(
    action: str,
    *,
    actor_id: int | None,
    subject: str = "",
    passed: bool = True,
    address: str = "",
    **data: Any,
) -> None:
    """Add one audit record, in the transaction of the act. `data` holds ids and codes, never personal fields."""
    if action not in ACTIONS:
        raise ValueError(f"unknown audit action {action!r}")
    AuditRecord.objects.create(
        at=timezone.now(),
        action=action,
        passed=passed,
        actor_id=actor_id,
        subject=subject[:80],
        data=data,
        address=address,
    )
    _log.debug(action, actor=actor_id, subject=subject, passed=passed)
