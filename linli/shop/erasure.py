"""What the shop holds of persons, and how it goes when their data are erased (`people.erasing`).

An order names its person by number only: it stays as a pseudonymous entry beside the ledger's, so that stock and
settlements still balance. An order that waits to be collected is live: it ends first; where an authority orders the
erasure, it is given back here, and its points are given up like the others. Words of the staff (goods,
counters, partners) stay but for the person's phone; a donor's name goes where it is the person's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import get_language

from linli.kernel.labels import Label
from linli.people import erasing, mentions
from linli.people.access import Actor
from linli.people.erasing import Doubt, Held, Subject
from linli.shop import books, services
from linli.shop.models import Counter, Donation, Good, Order, Partner

LABEL = Label("积分超市的文字和捐赠人", "Texts of the shop and donors")
MANAGE = "shop.manage"


@dataclass(frozen=True, slots=True)
class Texts:
    """A model with words: its columns that hold them, and what they are called."""

    model: type[models.Model]
    label: Label
    columns: tuple[str, ...]

    @property
    def text(self) -> str:
        """All its words together."""
        return f"concat_ws(' ', {', '.join(f't.{column}' for column in self.columns)})"


KINDS: dict[str, Texts] = {
    "donation": Texts(Donation, Label("捐赠登记", "Donation"), ("donor", "what")),
    "good": Texts(Good, Label("商品说明", "Goods"), ("name", "words", "suspended_for")),
    "counter": Texts(Counter, Label("兑换台", "Counter"), ("name", "address")),
    "partner": Texts(Partner, Label("合作商户", "Partner"), ("name", "agreement_number")),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A row that bears the phone or the name."""

    slug: str
    id: int
    path: str
    words: str


def _find(subject: Subject, *, by_name: bool = False) -> list[Found]:
    """Rows with the person's phone, or with `by_name` those with the name only (4 statements)."""
    found: list[Found] = []
    for slug, texts in KINDS.items():
        sure = mentions.numbered(texts.text)
        where = f"NOT {sure} AND {mentions.named(texts.text)}" if by_name else sure
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT t.id, p.path::text, {texts.text} FROM {texts.model._meta.db_table} t JOIN places_place p"
                f" ON p.id = t.place_id WHERE {where} ORDER BY t.id",
                mentions.values(subject),
            )
            found += [Found(slug, *row) for row in cursor.fetchall()]
    return found


def count(subject: Subject) -> Held:
    """Rows with the person's phone; orders that wait to be collected are live (5 statements)."""
    waiting = Order.objects.filter(person_id__in=subject.same, state=Order.RESERVED).count()
    return Held(len(_find(subject)) + waiting, waiting)


def _empty(slug: str, number: int, clean: Callable[[str], str]) -> None:
    """Clean all words of one row; what got longer than its column is cut."""
    texts = KINDS[slug]
    row = texts.model._default_manager.select_for_update().get(pk=number)
    for column in texts.columns:
        longest = getattr(texts.model._meta.get_field(column), "max_length", None)
        setattr(row, column, clean(getattr(row, column))[:longest])
    row.save(update_fields=list(texts.columns))


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """Give back what waits to be collected; take the phone, and the name beside it, out of the shop's words. How many.

    The ledger's part may have come before: what comes back now is given up too.
    """
    waiting = Order.objects.select_for_update(of=("self",), no_key=True).select_related("good").order_by("pk")
    ended = list(waiting.filter(person_id__in=subject.same, state=Order.RESERVED))
    for order in ended:
        services.release_order(order, actor, "erased", timezone.now())
    for person_id in sorted({order.person_id for order in ended}):
        books.give_up(person_id, actor)
    rows = _find(subject)
    for row in rows:
        _empty(row.slug, row.id, lambda words: mentions.without(subject, words, name=True))
    return len(rows) + len(ended)


def doubts(subject: Subject, actor: Actor) -> list[Doubt]:
    """Rows that bear the name only, where the actor may manage the shop; a donor of this name is likely (4)."""
    tongue = get_language() or "zh-hans"
    return [
        Doubt(
            f"{row.slug}:{row.id}:{subject.searched_name}", KINDS[row.slug].label.text(tongue), row.words,
            row.slug == "donation",
        )
        for row in _find(subject, by_name=True)
        if actor.may(MANAGE, place_path=row.path)
    ]  # fmt: skip


def erase_doubts(refs: Sequence[str], actor: Actor, reason: str) -> int:
    """Take the confirmed name out of the words; how many rows."""
    for ref in refs:
        slug, number, name = ref.split(":", 2)
        _empty(slug, int(number), lambda words, name=name: words.replace(name, mentions.GONE))  # type: ignore[misc]
    return len(refs)


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("shop", count, erase, label=LABEL, doubts=doubts, erase_doubts=erase_doubts)
