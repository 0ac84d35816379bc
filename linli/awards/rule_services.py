"""The only writers of rules: drafts are edited, somebody else publishes, a published version is never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from linli.awards.deciding import refused
from linli.awards.models import Rule, RuleSet
from linli.awards.models.rules import CATEGORIES, CONFIRMERS, DEEDS, EVIDENCE_MORE, ROUNDINGS, SOURCES, UNITS
from linli.awards.rules import forbidden_word
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.places.models import Place

RULES = "awards.rules"
POINTS_MAX, CAP_MAX, MONTHS_MAX, RULES_MAX = 1000, 100_000, 60, 40
TITLE_MAX, NOTE_MAX, INTRODUCTION_MAX = 60, 300, 500
KINDS_OF_PLACE = ("district", "street", "community")
COPIED = (
    "position", "code", "category", "title", "note", "source", "theme", "unit", "rounding", "points", "day_cap",
    "month_cap", "evidence", "confirmer", "second_above", "validity_months",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """What a version says of all its rules."""

    title: str
    introduction: str = ""
    day_cap: int | None = None
    month_cap: int | None = None
    notice_days: int = 7
    appeal_days: int = 15
    catch_up_days: int = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rule as an office enters it; see `models.Rule`."""

    category: str
    title: str
    source: str
    points: int
    note: str = ""
    theme: str = ""
    unit: str = "piece"
    rounding: str = "down"
    day_cap: int | None = None
    month_cap: int | None = None
    evidence: str = "record"
    confirmer: str = "record"
    second_above: int | None = None
    validity_months: int | None = 12
    code: str = field(default="")


def _clean(text: str, longest: int, name: str, *, needed: bool = True) -> str:
    words = text.replace("\x00", "").strip()
    if (needed and not words) or len(words) > longest:
        raise refused("bad_text", f"请填写，不超过{longest}字。", f"Fill it in, at most {longest} characters.", name)
    bad = forbidden_word(words)
    if bad:
        raise refused(
            "forbidden", f"积分只奖励，不能用于“{bad}”：宗教、健康、信访、投诉、举报、党员身份都不计分，也不扣分。",
            f"Points only reward. “{bad}”: nothing for religion, health, petitions, complaints, informing.",
            name,
        )  # fmt: skip
    return words


def _number(value: int | None, low: int, high: int, name: str, *, needed: bool = False) -> None:
    if (value is None and needed) or (value is not None and not low <= value <= high):
        raise refused("bad_number", f"请填{low}到{high}的整数。", f"A whole number from {low} to {high}.", name)


def _head(head: Head) -> dict[str, Any]:
    _number(head.day_cap, 1, CAP_MAX, "day_cap")
    _number(head.month_cap, 1, CAP_MAX, "month_cap")
    _number(head.notice_days, 5, 60, "notice_days", needed=True)
    _number(head.appeal_days, 5, 180, "appeal_days", needed=True)
    _number(head.catch_up_days, 0, 366, "catch_up_days", needed=True)
    return {
        "title": _clean(head.title, 80, "title"),
        "introduction": _clean(head.introduction, INTRODUCTION_MAX, "introduction", needed=False),
        "day_cap": head.day_cap, "month_cap": head.month_cap, "notice_days": head.notice_days,
        "appeal_days": head.appeal_days, "catch_up_days": head.catch_up_days,
    }  # fmt: skip


@transaction.atomic
def draft(actor: Actor, place_id: int, *, synthetic: bool = False) -> RuleSet:
    """The draft of a place: the one that is there, else a new version that begins as a copy of the last."""
    place = Place.objects.select_for_update(no_key=True).filter(pk=place_id, active=True).first()
    if place is None or place.kind not in KINDS_OF_PLACE:
        raise refused("bad_place", "请选择街道。", "Choose a street.", "place")
    require(actor, RULES, place_path=str(place.path))
    known = RuleSet.objects.filter(place=place, state=RuleSet.DRAFT).first()
    if known is not None:
        return known
    last = RuleSet.objects.filter(place=place).order_by("-version").first()
    values = {} if last is None else {
        name: getattr(last, name)
        for name in ("title", "introduction", "day_cap", "month_cap", "notice_days", "appeal_days", "catch_up_days")
    }  # fmt: skip
    row = RuleSet.objects.create(**{
        "title": f"{place.name}积分规则", **values, "place": place, "version": (last.version if last else 0) + 1,
        "written_by_id": actor.person_id, "created_at": timezone.now(), "synthetic": synthetic,
    })  # fmt: skip
    if last is not None:
        Rule.objects.bulk_create(
            Rule(rule_set=row, **{name: getattr(rule, name) for name in COPIED}) for rule in last.rules.all()
        )
    record("points.rules", actor_id=actor.person_id, subject=f"rules:{row.pk}", what="drafted")
    return row


def _draft(actor: Actor, set_id: int) -> RuleSet:
    """A draft under lock, for somebody who may edit it."""
    row = RuleSet.objects.select_for_update(of=("self",)).select_related("place").filter(pk=set_id).first()
    if row is None:
        raise ObjectHidden(RULES)
    require(actor, RULES, place_path=str(row.place.path), hidden=True)
    if row.state != RuleSet.DRAFT:
        raise refused(
            "published", "已发布的规则不能改。请新建一个版本。", "Published rules are not changed; make a new version.",
            status=409,
        )  # fmt: skip
    return row


def _touched(actor: Actor, row: RuleSet, what: str) -> None:
    """Whoever changed a draft last is its writer: somebody else has to publish it."""
    row.written_by_id = actor.person_id
    row.save()
    record("points.rules", actor_id=actor.person_id, subject=f"rules:{row.pk}", what=what)


@transaction.atomic
def save_head(actor: Actor, set_id: int, head: Head) -> RuleSet:
    """Change what a draft says of all its rules."""
    row = _draft(actor, set_id)
    for name, value in _head(head).items():
        setattr(row, name, value)
    _touched(actor, row, "changed")
    return row


def _rule(wanted: Wanted) -> dict[str, Any]:
    choices = (
        (wanted.category, CATEGORIES, "category"), (wanted.source, SOURCES, "source"), (wanted.unit, UNITS, "unit"),
        (wanted.rounding, ROUNDINGS, "rounding"),
        (wanted.confirmer, CONFIRMERS, "confirmer"), (wanted.theme or CATEGORIES[0], CATEGORIES, "theme"),
    )  # fmt: skip
    for value, allowed, name in choices:
        if value not in allowed:
            raise refused("bad_choice", "请重新选择。", "Choose again.", name)
    if wanted.evidence not in ("record", "none", *EVIDENCE_MORE.get(wanted.source, ())):
        raise refused(
            "bad_evidence", "这一类不核对这种凭据，请另选。", "This kind of evidence is not looked at here.", "evidence"
        )
    if wanted.source not in ("hours", "nominated", "listed") and wanted.unit != "piece":
        raise refused("bad_unit", "这一类只能按次计分。", "This kind counts by the piece only.", "unit")
    _number(wanted.points, 1, POINTS_MAX, "points", needed=True)
    _number(wanted.day_cap, 1, CAP_MAX, "day_cap")
    _number(wanted.month_cap, 1, CAP_MAX, "month_cap")
    _number(wanted.second_above, 0, CAP_MAX, "second_above")
    _number(wanted.validity_months, 1, MONTHS_MAX, "validity_months")
    if wanted.day_cap is not None and wanted.month_cap is not None and wanted.day_cap > wanted.month_cap:
        raise refused("bad_caps", "一天的上限不能比一个月的高。", "A day's cap is at most the month's.", "day_cap")
    return {
        "category": wanted.category, "title": _clean(wanted.title, TITLE_MAX, "title"),
        "note": _clean(wanted.note, NOTE_MAX, "note", needed=False), "source": wanted.source,
        "theme": wanted.theme if wanted.source in DEEDS else "", "unit": wanted.unit, "rounding": wanted.rounding,
        "points": wanted.points, "day_cap": wanted.day_cap, "month_cap": wanted.month_cap,
        "evidence": wanted.evidence, "confirmer": wanted.confirmer, "second_above": wanted.second_above,
        "validity_months": wanted.validity_months,
    }  # fmt: skip


@transaction.atomic
def save_rule(actor: Actor, set_id: int, wanted: Wanted, rule_id: int | None = None) -> Rule:
    """Add a rule to a draft, or change one of it. A rule keeps its code, by which caps are counted over versions."""
    row = _draft(actor, set_id)
    values = _rule(wanted)
    others = list(row.rules.exclude(pk=rule_id or 0))
    if any((one.source, one.theme) == (values["source"], values["theme"]) and one.source in DEEDS for one in others):
        raise refused("twice", "这一类已经有规则了。", "There is a rule for this kind already.", "source")
    if len(others) >= RULES_MAX:
        raise refused("too_many", f"最多{RULES_MAX}条。", f"At most {RULES_MAX} rules.")
    if rule_id is None:
        code = wanted.code or _code(row, values)
        rule = Rule(rule_set=row, code=code, position=max((one.position for one in others), default=0) + 1)
    else:
        found = row.rules.filter(pk=rule_id).first()
        if found is None:
            raise ObjectHidden(RULES)
        rule = found
    for name, value in values.items():
        setattr(rule, name, value)
    rule.save()
    _touched(actor, row, "changed")
    return rule


def _code(row: RuleSet, values: dict[str, Any]) -> str:
    """A code that no rule of the place has had for something else."""
    stem = f"{values['source']}_{values['category']}"[:34]
    used = set(Rule.objects.filter(rule_set__place=row.place_id, code__startswith=stem).values_list("code", flat=True))
    return next(code for code in (stem, *(f"{stem}_{n}" for n in range(2, 1000))) if code not in used)


@transaction.atomic
def delete_rule(actor: Actor, set_id: int, rule_id: int) -> None:
    """Take a rule out of a draft; again changes nothing."""
    row = _draft(actor, set_id)
    if row.rules.filter(pk=rule_id).delete()[0]:
        _touched(actor, row, "changed")


@transaction.atomic
def delete_draft(actor: Actor, set_id: int) -> None:
    """Throw a draft away."""
    row = _draft(actor, set_id)
    record("points.rules", actor_id=actor.person_id, subject=f"rules:{row.pk}", what="draft_deleted")
    row.delete()


@transaction.atomic
def publish(actor: Actor, set_id: int, valid_from: date) -> RuleSet:
    """Publish a draft from a day on; the version before it ends there. Never by whoever wrote it.

    A place's first version may begin up to a year back, so that deeds done since count; a later one begins today or
    later: nobody's rules change behind them.
    """
    today = timezone.localdate()
    row = RuleSet.objects.select_for_update(of=("self",)).select_related("place").filter(pk=set_id).first()
    if row is None:
        raise ObjectHidden(RULES)
    require(actor, RULES, place_path=str(row.place.path), hidden=True)
    if row.state == RuleSet.PUBLISHED and row.published_by_id == actor.person_id:
        return row
    row = _draft(actor, set_id)
    if actor.person_id is None or actor.person_id == row.written_by_id:
        raise refused(
            "not_oneself", "规则须由起草人以外的另一人发布。", "Somebody else than the writer publishes.", status=409
        )
    if not row.rules.exists():
        raise refused("empty", "还没有一条规则。", "There is no rule yet.")
    before = RuleSet.objects.select_for_update().filter(place=row.place, state=RuleSet.PUBLISHED, valid_to=None).first()
    had = RuleSet.objects.filter(place=row.place, published_at__isnull=False).exists()
    earliest = today if had else date.fromordinal(today.toordinal() - 366)
    if not earliest <= valid_from <= date.fromordinal(today.toordinal() + 366):
        raise refused(
            "bad_day", f"生效日期从{earliest}起，一年以内。", f"From {earliest}, within a year.", "valid_from"
        )
    if before is not None:
        before.valid_to = max(valid_from, before.valid_from or valid_from)
        before.save(update_fields=["valid_to"])
        if before.valid_from is not None and before.valid_from > valid_from:
            raise refused("bad_day", "不能早于上一版的生效日期。", "Not before the version it follows.", "valid_from")
    row.state, row.valid_from = RuleSet.PUBLISHED, valid_from
    row.published_by_id, row.published_at = actor.person_id, timezone.now()
    row.save()
    record("points.rules", actor_id=actor.person_id, subject=f"rules:{row.pk}", what="published")
    return row


@transaction.atomic
def retire(actor: Actor, set_id: int) -> RuleSet:
    """End the rules of a place tomorrow; what was earned stays."""
    row = RuleSet.objects.select_for_update(of=("self",)).select_related("place").filter(pk=set_id).first()
    if row is None:
        raise ObjectHidden(RULES)
    require(actor, RULES, place_path=str(row.place.path), hidden=True)
    if row.state == RuleSet.RETIRED:
        return row
    if row.state != RuleSet.PUBLISHED:
        raise refused("draft", "草稿可以直接删除。", "A draft can be deleted.", status=409)
    end = date.fromordinal(timezone.localdate().toordinal() + 1)
    row.state = RuleSet.RETIRED
    row.valid_to = min(row.valid_to, end) if row.valid_to else end
    row.save(update_fields=["state", "valid_to"])
    record("points.rules", actor_id=actor.person_id, subject=f"rules:{row.pk}", what="retired")
    return row
