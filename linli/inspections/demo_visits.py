"""The demo's visits with follow-up, letters to property managers, records to decide, and months of dissuasion."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from linli.inspections.batch import Batch, NewFinding, NewObservation
from linli.inspections.dissuasion import THEMES
from linli.inspections.models import (
    Dissuasion,
    DissuasionNote,
    DissuasionRound,
    DissuasionTheme,
    Round,
    UrgingLetter,
    Visit,
    VisitPlan,
)
from linli.inspections.services import record_batch
from linli.inspections.visits import ABSENT, DECLINED, FIRM, HOME, MET, record_visit
from linli.people.access import Actor
from linli.places.models import Place
from linli.places.snapshot import PlaceRow
from linli.standards.models import Node
from linli.work import moments
from linli.work.terms import catalogue

SPACE = uuid.UUID("0b1f6a39-3f0e-4a35-9a0e-7f8c1d2e4b60")
MONTHS, PER_GRID, GRIDS, CONFLICTS = 6, 5, 24, 4
HEARD = (
    "宣传文明公约，住户表示支持", "反映楼下晚上停车太乱", "建议多装一个充电桩", "对楼道清洁满意",
    "老人独居，已告知社区助餐点的位置", "希望狗绳多提醒", "", "",
)  # fmt: skip
FOLLOW = (
    "楼道灯不亮，二楼到三楼看不清台阶",
    "单元门闭门器坏了，关不上",
    "楼前井盖松动，车一过就响",
    "楼道堆着旧家具，通道变窄",
)
ASKED = (
    "小区东侧垃圾桶周边有散落垃圾，请增加清运次数。", "3号楼至5号楼楼道堆物较多，请逐户通知并清理。",
    "地下车库出口照明损坏，请尽快修复。", "绿化带内有遛狗遗留粪便，请加强保洁，并在入口张贴文明养犬提示。",
)  # fmt: skip
ANSWERED = ("已安排保洁员清理，今后每天巡查两次。", "已逐户通知，两户家具已搬走，其余本周内清完。")
SEASON = {1: 0.6, 2: 0.5, 3: 0.9, 4: 1.2, 5: 1.6, 6: 1.4, 7: 1.1, 8: 1.0, 9: 1.3, 10: 1.5, 11: 1.0, 12: 0.7}
"""More people are outside in spring and autumn, and at holidays."""


def tell(
    street: Place,
    grids: Sequence[PlaceRow],
    sites: Sequence[Place],
    ended: Round,
    nodes: Sequence[Node],
    actor: Callable[[str, str], Actor | None],
) -> None:
    """Make all of it for a street, the same each time."""
    officer = actor("street_officer", str(street.path))
    if officer is None:
        return
    made = _Street(street, officer, actor, random.Random(street.pk % 89 + 11))
    made.visits(grids[:: max(1, len(grids) // GRIDS)][:GRIDS])
    made.letters(grids)
    made.conflicts(sites, ended, nodes)
    made.dissuasion(sites)


def unsent(sites: Sequence[Place]) -> list[Place]:
    """The sites that a phone without network saw last week; what it kept comes after the round has ended."""
    return list(sites[1 :: max(1, len(sites) // CONFLICTS)][:CONFLICTS])


def _key(*words: object) -> uuid.UUID:
    return uuid.uuid5(SPACE, ":".join(map(str, words)))


class _Street:
    """One street."""

    def __init__(
        self, street: Place, officer: Actor, actor: Callable[[str, str], Actor | None], chance: random.Random
    ) -> None:
        self.street, self.officer, self.actor, self.chance = street, officer, actor, chance
        self.now = timezone.now() - timedelta(minutes=2)
        self.today = timezone.localdate()

    def visits(self, grids: Sequence[PlaceRow]) -> None:
        """A plan of this month for the street: doors in a dozen grids, some twice, a few with follow-up."""
        plan = VisitPlan.objects.create(
            title=f"{self.street.name}冬季入户走访", place=self.street, organisation_id=self.officer.organisation_id,
            since=self.today - timedelta(days=20), until=self.today + timedelta(days=10), wanted=len(grids) * PER_GRID,
            created_by_id=self.officer.person_id, synthetic=True, key=_key("plan", self.street.pk),
        )  # fmt: skip
        rows = []
        for number, grid in enumerate(grids):
            for door in range(PER_GRID - number % 3):
                address = f"{door % 4 + 1}号楼{door % 3 + 1}单元{(door % 5 + 1) * 100 + 1}"
                rows += self._door(plan, grid, address, number * PER_GRID + door)
        Visit.objects.bulk_create(rows)
        for number, grid in enumerate(grids[:: max(1, len(grids) // len(FOLLOW))][: len(FOLLOW)]):
            worker = self.actor("grid_worker", grid.path) or self.officer
            at = self._past(number * 2)
            with moments.replaying(at):
                record_visit(
                    worker, grid.id, kind=HOME, outcome=MET, words=FOLLOW[number], address=f"{number + 5}号楼1单元",
                    plan_id=plan.pk, follow_up=NewFinding(_key("follow", grid.id)), key=_key("followed", grid.id),
                )  # fmt: skip
        Visit.objects.filter(plan=plan).update(synthetic=True)

    def _door(self, plan: VisitPlan, grid: PlaceRow, address: str, number: int) -> list[Visit]:
        """One visit, and a second where nobody was in at the first, sometimes."""
        worker = self.actor("grid_worker", grid.path) or self.officer
        outcome = self.chance.choices((MET, ABSENT, DECLINED), (7, 2, 1))[0]
        found = [(outcome, self._past(self.chance.randint(4, 18)))]
        if outcome == ABSENT and self.chance.random() < 0.4:
            found.append((MET, self._past(self.chance.randint(0, 3))))
        return [
            Visit(
                plan=plan, place_id=grid.id, kind=FIRM if number % 7 == 6 else HOME, address=address, outcome=how,
                words=self.chance.choice(HEARD) if how == MET else "", visited_at=at, recorded_at=at, synthetic=True,
                recorded_by_id=worker.person_id, key=_key("visit", grid.id, address, how, at.date()),
            )
            for how, at in found
        ]  # fmt: skip

    def _past(self, days: int) -> datetime:
        day = self.today - timedelta(days=days)
        at = datetime.combine(day, time(9 + self.chance.randrange(9), self.chance.randrange(60)))
        return min(timezone.make_aware(at), self.now)

    def letters(self, grids: Sequence[PlaceRow]) -> None:
        """Letters to the managers of compounds: some answered, some overdue, some that wait."""
        terms = catalogue()
        managers = {
            manager: grid for grid in reversed(grids) if (manager := terms.nearest("property", grid.path)) is not None
        }
        rows = []
        for number, (manager, grid) in enumerate(sorted(managers.items())):
            sent = self._past(4 + number % 9)
            answered = number % 3 == 2
            rows.append(UrgingLetter(
                place_id=grid.id, organisation_id=manager, words=ASKED[number % len(ASKED)], sent_at=sent,
                issuer_id=terms.nearest("community", grid.path) or self.officer.organisation_id,
                reply_due=self.today + timedelta(days=2) if number % 3 == 0 else sent.date() + timedelta(days=3),
                sent_by_id=self.officer.person_id, synthetic=True, key=_key("letter", grid.id),
                reply=ANSWERED[number % len(ANSWERED)] if answered else "",
                replied_at=sent + timedelta(days=1, hours=3) if answered else None,
            ))  # fmt: skip
        UrgingLetter.objects.bulk_create(rows)

    def conflicts(self, sites: Sequence[Place], ended: Round, nodes: Sequence[Node]) -> None:
        """A phone was without network until after last week's round had ended: what it kept has to be decided."""
        at = datetime.combine(ended.until, time(16, 40))
        for number, site in enumerate(unsent(sites)):
            node = next((node for node in nodes if site.site_kind in node.site_kinds), None)
            worker = self.actor("grid_worker", str(site.path))
            if node is None or worker is None:
                continue
            tick = NewObservation(
                _key("late", site.pk), ended.pk, site.pk, node.pk, "fail" if number else "pass",
                timezone.make_aware(at + timedelta(minutes=6 * number)), words="桶边有散落垃圾" if number else "",
                longitude=site.lon, latitude=site.lat, accuracy_m=14.0,
                finding=NewFinding(_key("late finding", site.pk), advice="请清理") if number else None,
            )  # fmt: skip
            record_batch(worker, Batch("demo", (tick,)), "demo")

    def dissuasion(self, sites: Sequence[Place]) -> None:
        """Half a year of records at compounds, parks and squares, with a round for dog-keeping; two corrections."""
        themes = list(DissuasionTheme.objects.filter(place=None, name__in=[name for name, _ in THEMES]).order_by("id"))
        outside = [site for site in sites if site.site_kind in ("compound", "park", "square", "market")]
        if not themes or not outside:
            return
        first = (self.today.replace(day=1) - timedelta(days=30 * (MONTHS - 1))).replace(day=1)
        held = DissuasionRound.objects.create(
            title=f"{self.street.name}文明养犬劝导", theme=themes[0], place=self.street, since=first,
            until=self.today + timedelta(days=20), organisation_id=self.officer.organisation_id,
            created_by_id=self.officer.person_id, synthetic=True, key=_key("round", self.street.pk),
        )  # fmt: skip
        rows = [
            self._record(outside, themes, held, day)
            for day in (first + timedelta(days=n) for n in range((self.today - first).days))
            for _again in range(round(self.chance.random() * 2 * SEASON[day.month]))
        ]
        kept = Dissuasion.objects.bulk_create(rows)
        DissuasionNote.objects.bulk_create(
            DissuasionNote(record=row, words="主人当场拴绳") for row in kept[::9] if row.theme_id == themes[0].pk
        )
        Dissuasion.objects.bulk_create(self._corrected(row, number) for number, row in enumerate(kept[5:80:37]))

    def _record(
        self, sites: Sequence[Place], themes: Sequence[DissuasionTheme], held: DissuasionRound, day: date
    ) -> Dissuasion:
        site = self.chance.choice(sites)
        dogs = self.chance.random() < 0.5
        theme = themes[0] if dogs else self.chance.choice(themes[1:])
        at = timezone.make_aware(datetime.combine(day, time(self.chance.choice((7, 8, 17, 18, 19)), 30)))
        worker = self.actor("grid_worker", str(site.path)) or self.officer
        return Dissuasion(
            round=held if dogs else None, theme=theme, place=site, persons=self.chance.randint(1, 9),
            leaflets=self.chance.choice((0, 0, 5, 10, 20)), happened_at=at, day=day, recorded_at=at,
            recorded_by_id=worker.person_id, synthetic=True, key=uuid.UUID(int=self.chance.getrandbits(128), version=4),
        )  # fmt: skip

    def _corrected(self, row: Dissuasion, number: int) -> Dissuasion:
        """Written down once too many: withdrawn; or the wrong number: written anew."""
        off = number % 2 == 0
        return Dissuasion(
            round_id=row.round_id, theme_id=row.theme_id, place_id=row.place_id, persons=0 if off else row.persons + 1,
            leaflets=0 if off else row.leaflets, happened_at=row.happened_at, day=row.day, withdrawn=off, replaces=row,
            recorded_at=row.recorded_at + timedelta(hours=2), recorded_by_id=row.recorded_by_id, synthetic=True,
            key=_key("corrected", row.key),
        )  # fmt: skip
