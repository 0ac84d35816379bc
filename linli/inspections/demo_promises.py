"""The demo's promises: who answers for what, what shops signed and kept for months, two rounds of mutual checks."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from linli.inspections import mutual_rechecks, mutual_services, mutual_telling, promises
from linli.inspections.models import Agreement, MutualCheck, MutualRecheck, Responsibility
from linli.people.access import Actor
from linli.people.models import Appointment, Organisation
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry
from linli.places.snapshot import PlaceRow
from linli.work import moments

SPACE = uuid.UUID("6f0d3b0e-2d5c-4c58-9c7a-3a3d0a8f0b21")
SINCE = date(2024, 1, 1)
MONTHS = 5
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
TRADES = {
    "shop": ("记五金店", "记便利店", "记水果店", "记理发店", "记文具店", "记粮油店"),
    "restaurant": ("记包子铺", "记面馆", "记火烧店", "记家常菜馆", "记早餐店", "记饺子馆"),
}
BROKEN = {
    "clean": "门前有烟头和积水", "order": "门口堆了纸箱，电动车停在盲道上", "greenery": "树池里倒了剩水",
    "facilities": "招牌一角脱落", "civility": "外放喇叭揽客",
}  # fmt: skip
FOUND = ("灭火器压力不足，要换", "后门堆货，通道走不开", "插线板老化，线露在外面", "燃气软管过期")
DUTIES = ("背街小巷、重点小区", "占道、菜地、乱搭棚的清理", "环境卫生和文明养犬", "老旧小区楼道堆物")


def shop_name(kind: str, number: int) -> str:
    """What a shop is called; empty for other kinds of sites."""
    if kind not in TRADES:
        return ""
    return f"{SURNAMES[number * 7 % len(SURNAMES)]}{TRADES[kind][number // 3 % len(TRADES[kind])]}"


def tell(street: Place, grids: Sequence[PlaceRow], officer: Actor, sites: Sequence[Place]) -> None:
    """Make all of it for a street, from the ids of its sites, so that it is the same each time."""
    made = _Promises(street, officer, random.Random(street.pk % 97 + 5))
    made.responsibilities(grids, sites)
    shops = [site for site in sites if site.site_kind in TRADES]
    made.agreements(shops)
    made.mutual(shops)
    made.keeper(shops)


def _key(*words: object) -> uuid.UUID:
    return uuid.uuid5(SPACE, ":".join(map(str, words)))


class _Promises:
    """One street."""

    def __init__(self, street: Place, officer: Actor, chance: random.Random) -> None:
        self.street, self.officer, self.chance = street, officer, chance
        self.today = timezone.localdate()

    def responsibilities(self, grids: Sequence[PlaceRow], sites: Sequence[Place]) -> None:
        """Communities answer for their grids, leaders of the street for some; departments for compounds; a few gaps."""
        staffed = Appointment.objects.filter(role="community_officer", place__path__descendant_of=self.street.path)
        communities = dict(staffed.exclude(organisation=None).values_list("place_id", "organisation_id"))
        leaders = Appointment.objects.filter(role="street_officer", place=self.street).order_by("id")
        persons: list[tuple[int | None, int | None]] = list(leaders.values_list("person_id", "organisation_id"))
        persons = persons or [(None, None)]
        departments = list(
            Organisation.objects.filter(kind="department", place=self.street.parent, active=True, synthetic=True)
            .order_by("id").values_list("id", flat=True)[:12]
        )  # fmt: skip
        rows = []
        for number, grid in enumerate(grids):
            if number % 9 == 8 or grid.parent_id not in communities:
                continue
            person, unit = persons[number % len(persons)] if number % 4 == 0 else (None, None)
            unit = unit or communities[grid.parent_id]
            rows.append(self._row(grid.id, person, unit, DUTIES[number % 4], None))
            if number % 6 == 1:
                rows.append(self._row(grid.id, persons[0][0], unit, DUTIES[0], self.today - timedelta(days=60)))
        compounds = [site for site in sites if site.site_kind == "compound"]
        for number, site in enumerate(compounds[: len(departments) * 2]):
            rows.append(self._row(site.pk, None, departments[number % len(departments)], DUTIES[1], None))
        Responsibility.objects.bulk_create(rows)

    def _row(self, place: int, person: int | None, unit: int | None, duty: str, until: date | None) -> Responsibility:
        return Responsibility(
            place_id=place, person_id=person, organisation_id=unit, duty=duty, since=SINCE, until=until, synthetic=True,
            key=_key("responsibility", place, person, unit, until),
        )  # fmt: skip

    def _at(self, day: date, hour: int) -> datetime:
        at = datetime.combine(day, time(hour, self.chance.randrange(60)), tzinfo=timezone.get_current_timezone())
        return min(at, timezone.now() - timedelta(minutes=2))

    def agreements(self, shops: Sequence[Place]) -> None:
        """Two of three shops have signed, some again; each door was looked at monthly; one agreement has ended."""
        for number, shop in enumerate(shops):
            if number % 3 == 2:
                continue
            since = self.today - timedelta(days=400 - number % 5 * 20)
            row = self._sign(shop, since)
            if number % 5 == 4:
                row = self._sign(shop, self.today - timedelta(days=75))
                since = row.signed_on
            if number % 11 == 10:
                promises.end_agreement(self.officer, row.pk, self.today - timedelta(days=20))
                continue
            bad = self.chance.choice(tuple(BROKEN)) if number % 4 == 1 else ""
            for back in range(MONTHS, -1, -1):
                day = self.today - timedelta(days=back * 30 + number % 9)
                if day > since and not (back == 0 and number % 6 == 3):
                    self._check(row.pk, day, bad if back < 2 else "")
        Agreement.objects.filter(site__in=shops).update(synthetic=True)

    def _sign(self, shop: Place, day: date) -> Agreement:
        signer = f"{shop.name[0]}{self.chance.choice(('女士', '先生'))}"
        duties = list(promises.DUTIES)
        return promises.sign_agreement(
            self.officer, shop.pk, duties, signer=signer, signed_on=day, key=_key("agreement", shop.pk, day)
        )

    def _check(self, agreement: int, day: date, bad: str) -> None:
        broken = {bad} if bad else {duty for duty in promises.DUTIES if self.chance.random() < 0.03}
        kept = {duty: duty not in broken for duty in promises.DUTIES}
        words = "；".join(BROKEN[duty] for duty in sorted(broken))
        with moments.replaying(self._at(day, 10)):
            promises.check_agreement(self.officer, agreement, kept, words, key=_key("check", agreement, day))

    def mutual(self, shops: Sequence[Place]) -> None:
        """Last month's round is done and told, its re-checks mostly too; of this month's some wait, some were told."""
        ids = [shop.pk for shop in shops][:14]
        if len(ids) < 2:
            return
        for months, title in ((1, "上月商户安全互查"), (0, "本月商户安全互查")):
            key, begun = _key("mutual", self.street.pk, months), self.today - timedelta(days=30 * months + 8)
            mutual_services.begin_mutual_checks(self.officer, ids, title, begun + timedelta(days=14), key=key)
            for number, row in enumerate(MutualCheck.objects.filter(batch=key).order_by("id")):
                if months == 0 and number % 4 == 3:
                    continue
                good = number % 3 != 1
                with moments.replaying(self._at(begun + timedelta(days=2 + number % 4), 15)):
                    words = "" if good else self.chance.choice(FOUND)
                    mutual_services.record_mutual_check(self.officer, row.pk, good, words)
                if months == 1 or number % 4 == 1:
                    with moments.replaying(self._at(begun + timedelta(days=6), 16)):
                        mutual_services.tell_checked_shop(self.officer, row.pk)
                    if not good:
                        self._again(row.pk, number, begun + timedelta(days=9))
            MutualCheck.objects.filter(batch=key).update(synthetic=True)

    def _again(self, check: int, number: int, day: date) -> None:
        """One shop says that it is mended and waits; one still had to mend; most were well; the last one is late."""
        if day > self.today:
            mutual_rechecks.say_mended(self.officer, check)
            return
        if number >= 10:
            return
        for turn, good in enumerate((False, True) if number == 4 else (True,), start=1):
            with moments.replaying(self._at(day + timedelta(days=6 * (turn - 1)), 16)):
                words = "" if good else "换了一只，还差一只"
                mutual_rechecks.record_recheck(self.officer, check, turn, good, words)
                mutual_services.tell_checked_shop(self.officer, check)

    def keeper(self, shops: Sequence[Place]) -> None:
        """The demo's shop keeper gets a shop: with a result that it has not seen yet, one to check, one to re-check."""
        unit = Organisation.objects.filter(
            kind="shop", synthetic=True, place=None, appointments__role="shop_keeper"
        ).first()
        waiting = MutualCheck.objects.filter(checked__in=shops, done_at__isnull=False, told_at=None)
        row = waiting.select_related("checked").order_by("good", "id").first()
        if unit is None or row is None or row.checked is None:
            return
        own = MutualCheck.objects.filter(checker=row.checked)
        MutualRecheck.objects.filter(check_of__in=own).delete()
        own.filter(batch=row.batch).update(
            good=None, words="", done_at=None, told_at=None, released_at=None, recorded_by=None
        )
        for before in own.exclude(batch=row.batch):
            before.good, before.words = False, FOUND[0]
            before.save(update_fields=["good", "words"])
            MutualRecheck.objects.create(check_of=before, turn=1, due_on=self.today + timedelta(days=2))
        unit.name = unit.short_name = row.checked.name
        unit.place = row.checked
        unit.save(update_fields=["name", "short_name", "place"])
        bump_registry(RegistryVersion.ORGANISATIONS)
        mutual_telling.tell_begun([row.checked_id], row.batch)
        mutual_telling.tell_result(row, mutual_telling.FOUND)
