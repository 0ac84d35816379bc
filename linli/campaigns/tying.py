"""The only writer of what belongs to a campaign by hand: an item put under it, or taken out, with a reason (归入)."""

from __future__ import annotations

from linli.campaigns.models import Campaign, CampaignItem
from linli.campaigns.selectors import VIEW, campaign_for, meets
from linli.campaigns.services import refused
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.masking import mask_text
from linli.work import moments, remarks
from linli.work.idempotency import make_once
from linli.work.models import Item
from linli.work.noting import note
from linli.work.remarks import Remark
from linli.work.selectors import may_see_item

EDIT = "campaigns.edit"
KINDS = ("request", "finding")
"""Kinds of items that can be put under a campaign: what people asked for, and what was found."""
REASON_LENGTH_MAX = 200
_LEADS = Label("看这个行动", "See the campaign")
TIED = Remark(
    "campaign_tied", Label("归入专项行动", "Put under a campaign"), (), "/desk/campaigns/{campaign_tied}/", VIEW, _LEADS
)
UNTIED = Remark(
    "campaign_untied",
    Label("移出专项行动", "Taken out of a campaign"),
    (),
    "/desk/campaigns/{campaign_untied}/",
    VIEW,
    _LEADS,
)
ENDPOINT = "campaigns.tying"


def tie(actor: Actor, campaign_id: int, item_id: int, reason: str, *, key: str) -> CampaignItem:
    """Put an item under a campaign; one that is there stays as it is, and the same key again changes nothing.

    For who may edit campaigns where the item lies. The campaign is one that concerns the actor, and its area and the
    item's place lie in each other. Raises ObjectHidden (404), PermissionRefused (403), StepRefused (422).
    """
    content = ["tie", campaign_id, item_id, reason]
    return make_once(actor, ENDPOINT, key, content, CampaignItem, lambda: _tie(actor, campaign_id, item_id, reason))


def untie(actor: Actor, campaign_id: int, item_id: int, reason: str, *, key: str) -> CampaignItem:
    """Take an item out of a campaign; one that is out stays out. Who may, and what is raised: as for `tie`."""
    content = ["untie", campaign_id, item_id, reason]
    return make_once(actor, ENDPOINT, key, content, CampaignItem, lambda: _untie(actor, campaign_id, item_id, reason))


def _tie(actor: Actor, campaign_id: int, item_id: int, reason: str) -> CampaignItem:
    item = _item(actor, item_id)
    campaign = _campaign(actor, campaign_id, str(item.place_path))
    known = CampaignItem.objects.filter(campaign=campaign, item=item, untied_at=None).first()
    if known is not None:
        return known
    row = CampaignItem.objects.create(
        campaign=campaign, item=item, reason=_reason(reason), tied_at=moments.now(), tied_by_id=actor.person_id
    )
    _told(actor, row, TIED)
    return row


def _untie(actor: Actor, campaign_id: int, item_id: int, reason: str) -> CampaignItem:
    item = _item(actor, item_id)
    rows = CampaignItem.objects.filter(campaign_id=campaign_id, item=item).order_by("-pk")
    row = rows.filter(untied_at=None).first() or rows.first()
    if row is None:
        raise ObjectHidden(EDIT)
    if row.untied_at is None:
        row.untied_reason, row.untied_at, row.untied_by_id = _reason(reason), moments.now(), actor.person_id
        row.save(update_fields=["untied_reason", "untied_at", "untied_by"])
        _told(actor, row, UNTIED)
    return row


def _item(actor: Actor, item_id: int) -> Item:
    """The item under lock, for who sees it and may edit campaigns where it lies."""
    if not may_see_item(actor, item_id):
        raise ObjectHidden(EDIT)
    item = Item.objects.select_for_update().only("kind", "place_path").get(pk=item_id)
    require(actor, EDIT, place_path=str(item.place_path or "") or None)
    if item.kind not in KINDS:
        raise refused("other_kind", "这类事项不归入行动。", "Items of this kind belong to no campaign.", "campaign")
    return item


def _campaign(actor: Actor, campaign_id: int, path: str) -> Campaign:
    try:
        found = campaign_for(actor, campaign_id)
    except ObjectHidden as hidden:
        raise refused("no_campaign", "没有这个行动，请重新选择。", "No such campaign.", "campaign") from hidden
    if not meets(str(found.place.path), path):
        raise refused("other_place", "这个行动不在事项的地点。", "The campaign lies elsewhere.", "campaign")
    return found


def _reason(text: str) -> str:
    found = " ".join("".join(mark for mark in text if mark.isprintable() or mark == "\n").split())
    if not found:
        raise refused("no_reason", "请写原因。", "Say why.", "reason")
    if len(found) > REASON_LENGTH_MAX:
        raise refused("too_long", f"最多{REASON_LENGTH_MAX}字。", f"At most {REASON_LENGTH_MAX} characters.", "reason")
    if mask_text(found) != found:
        raise refused(
            "personal_data", "请不要写电话、证件号等个人信息。", "Leave out phones, ID numbers and the like.", "reason"
        )
    return found


def _told(actor: Actor, row: CampaignItem, remark: Remark) -> None:
    """Into the item's history, by number only, and into the audit."""
    codes = {remark.code: row.campaign_id}
    note(actor, row.item_id, codes, permission=EDIT, unit=actor.organisation_id)
    action = "campaign.tied" if remark is TIED else "campaign.untied"
    record(action, actor_id=actor.person_id, subject=f"campaign:{row.campaign_id}", item=row.item_id)


def install() -> None:
    """Say how it is called in the history of the items."""
    for remark in (TIED, UNTIED):
        remarks.register(remark)
