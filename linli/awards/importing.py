"""The kind of data that awards take in: lists of deeds with dry run (`linli import awards FILE`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from linli.awards import award_lists
from linli.awards.award_lists import Line
from linli.awards.models import Rule
from linli.awards.models.awards import WAITING
from linli.awards.rulebook import tally_of
from linli.awards.words import explain
from linli.credits.errors import LedgerProblem
from linli.exchange import fields
from linli.exchange.kinds import NEW, UNCHANGED, Effect, Field, Kind, Ledger, Planner, Row, Run, register
from linli.exchange.values import people
from linli.kernel.labels import Label
from linli.places.models import Place
from linli.work.engine import StepRefused

KIND = "awards"
QUANTITY_MAX = 600


class AwardsPlanner(Planner):
    """Finds rule and person of each line, reckons it by the rules, and says what it would give."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        under = Place.objects.filter(pk=run.under) if run.under is not None else Place.objects.none()
        self.ground = str(under.values_list("path", flat=True).first() or "")
        self.rules = award_lists.rules_from(self.ground)

    def plan(self, rows: Sequence[Row]) -> None:
        """Rule, person, points: a line of somebody who does not take part is returned."""
        phones = [row.values.get("phone", "") for row in rows if row.open]
        takers = award_lists.takers_by_phone([phone for phone in phones if phone])
        lines: list[tuple[Row, Line]] = []
        for row in rows:
            line = self._line(row, takers) if row.open else None
            if line is not None:
                lines.append((row, line))
        found = [line for _row, line in lines]
        duty, (known, _free) = award_lists.on_duty(found), award_lists.standing(found)
        seen: dict[str, int] = {}
        fresh: list[tuple[Row, Line]] = []
        for number, (row, line) in enumerate(lines):
            if line.key in seen:
                text = _("与第 %(line)d 行重复。同一天做了两次，请在“备注”一列区分。")
                row.reject(text % {"line": seen[line.key]})
            elif line.key in known:
                row.outcome = UNCHANGED
            elif number in duty:
                row.reject(explain({"code": "duty"}), "phone")
            else:
                fresh.append((row, line))
            seen.setdefault(line.key, row.line)
        self._reckon(fresh)

    def _reckon(self, fresh: Sequence[tuple[Row, Line]]) -> None:
        found = [line for _row, line in fresh]
        tally = tally_of({line.person_id for line in found}, [line.happened_on for line in found])
        total = waiting = 0
        for (row, line), verdict in zip(fresh, award_lists.reckoned(found, tally), strict=True):
            if verdict.points == 0:
                row.reject(explain(verdict.why))
                continue
            row.outcome, row.plan = NEW, line
            total += verdict.points
            waiting += verdict.outcome == WAITING
        if total:
            self.run.notice(_("按规则一共计 %(n)d 分。") % {"n": total})
        if waiting:
            self.run.notice(_("其中 %(n)d 行要等街道审定后才入账。") % {"n": waiting})

    def _line(self, row: Row, takers: dict[str, list[tuple[int, str]]]) -> Line | None:
        values = row.values
        rule = self._rule(row)
        if rule is None:
            return None
        row.area = rule.rule_set.place.name
        if values["happened_on"] > self.run.today:
            row.reject(_("日期在今天之后。"), "happened_on")
            return None
        person_id = award_lists.chosen(takers.get(values["phone"], ()), values["name"])
        if person_id is None:
            row.reject(_("这个人没有加入积分（或姓名与手机不符）。请先请本人加入。"), "phone")
            return None
        quantity = int(values.get("quantity") or 1)
        if not 1 <= quantity <= QUANTITY_MAX:
            row.reject(_("数量请填 1 到 %(n)d。") % {"n": QUANTITY_MAX}, "quantity")
            return None
        witness = values.get("witness", "")
        if rule.evidence == "witness" and not witness:
            row.reject(_("这一项要一位见证人，请在“见证人”一列写是谁。"), "witness")
            return None
        return Line(rule, person_id, values["happened_on"], quantity, values.get("reference", ""), witness)

    def _rule(self, row: Row) -> Rule | None:
        values = row.values
        title, day, street = values["rule"], values["happened_on"], values.get("street", "")
        found = [
            rule for rule in self.rules
            if title in (rule.title, rule.code) and street in ("", rule.rule_set.place.name) and _holds(rule, day)
        ]  # fmt: skip
        places = {rule.rule_set.place_id for rule in found}
        if len(places) > 1:
            row.reject(_("几个街道都有这条规则，请填写街道。"), "street")
            return None
        if not found:
            names = "、".join(dict.fromkeys(rule.title for rule in self.rules)) or _("还没有")
            row.reject(
                _("那一天没有“%(rule)s”这条名单规则。现有：%(names)s。") % {"rule": title, "names": names}, "rule"
            )
            return None
        return found[0]

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Award, through the service that checks the permission and the caps once more."""
        made = award_lists.award_lines(self.run.actor, [row.plan for row in rows], ground=self.ground)
        for row, award in zip(rows, made, strict=True):
            ledger.created(row, "awards.Award", award.pk)

    def undo(self, effects: Sequence[Effect]) -> list[str] | None:
        """Take the awards back by reversals; those whose points are spent stand in the way."""
        return award_lists.take_back(self.run.actor, [int(effect.key) for effect in effects])


def _holds(rule: Rule, day: date) -> bool:
    head = rule.rule_set
    return head.valid_from is not None and head.valid_from <= day and (head.valid_to is None or day < head.valid_to)


AWARDS = Kind(
    KIND, Label("积分名单", "Lists of deeds for points"), award_lists.PROPOSE,
    (
        Field("name", Label("姓名", "Name"), fields.person_name(40), ("居民姓名", "志愿者", "本人", "户主"), required=True, personal=True),
        Field("phone", Label("手机", "Phone"), fields.of(people.phone), ("电话", "手机号", "手机号码", "联系电话", "联系方式"), required=True, personal=True, looks=people.looks_like_phone),
        Field("rule", Label("积分项目", "Rule"), fields.text(60), ("项目", "事项", "规则", "积分事项", "计分项目", "类别"), required=True, fill_down=True),
        Field("happened_on", Label("日期", "Day"), fields.day, ("时间", "发生日期", "活动日期"), required=True, fill_down=True),
        Field("quantity", Label("数量", "Quantity"), fields.whole, ("次数", "分钟", "时长（分钟）", "件数")),
        Field("witness", Label("见证人", "Witness"), fields.text(40), ("证明人", "核实人"), personal=True),
        Field("street", Label("街道", "Street"), fields.text(), ("镇街", "所属街道", "街镇"), fill_down=True),
        Field("reference", Label("备注", "Reference"), fields.text(40), ("编号", "单号", "说明")),
    ),
    AwardsPlanner, order=30,
    duty=Label("社区报来的好人好事名单，按街道规则计分", "Lists of good deeds from communities, reckoned by the street's rules"),
    chunk_rows=200, refusals=(StepRefused, LedgerProblem), closed=award_lists.why_closed,
)  # fmt: skip


def install() -> None:
    """Register the kind."""
    register(AWARDS)
