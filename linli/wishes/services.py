"""Writers of wishes: make one, own steps of wisher and claimer, a look at the contact, which is recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden
from linli.people.audit import record
from linli.people.masking import normalise_phone
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.wishes import contact, selectors
from linli.wishes.contact import Wisher
from linli.wishes.models import Wish
from linli.wishes.vocabulary import CHANNELS, KIND, SORTS
from linli.work import services as work
from linli.work.engine import Order, StepRefused
from linli.work.flush import Rows
from linli.work.links import actor_with_link, new_token, token_digest
from linli.work.terms import Catalogue

MAKE, REGISTER = "make", "register"
WORDS_LENGTH_MAX, NAME_LENGTH_MAX, ADDRESS_LENGTH_MAX = 500, 40, 200
PLACE_KINDS = ("community", "grid")
_PHONE = re.compile(r"^1[3-9]\d{9}$|^0\d{9,11}$|^\d{7,8}$")
COLUMNS = ("item_id", *contact.COLUMNS, "tracking_digest", "synthetic", "wants_news")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wish as it comes in. The place is a community or a grid; the address is for the claimer alone.

    `wants_news`: whether the wisher is told by text message what becomes of it.
    """

    sort: str
    words: str
    place_id: int | None
    name: str
    phone: str
    address: str = ""
    channel: str = "web"
    synthetic: bool = False
    wants_news: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What the wisher gets back: a number and a link."""

    item_id: int
    number: str
    token: str
    repeated: bool


def _refuse(field: str, zh: str, en: str) -> StepRefused:
    return StepRefused(f"invalid_{field}", Label(zh, en), status=422, field=field)


def _clean(text: str, most: int) -> str:
    return "".join(ch for ch in text.strip() if ch == "\n" or ch.isprintable())[:most]


def checked(wanted: Wanted) -> Wanted:
    """The wish with cleaned texts; raises StepRefused (422) naming the field and what to do."""
    if wanted.sort not in SORTS:
        raise _refuse("sort", "请选择是哪一类心愿。", "Choose the kind of wish.")
    words = _clean(wanted.words, WORDS_LENGTH_MAX + 1)
    if not words:
        raise _refuse("words", "请写下您的心愿，几个字也可以。", "Write the wish; a few words are enough.")
    if len(words) > WORDS_LENGTH_MAX:
        raise _refuse("words", f"最多{WORDS_LENGTH_MAX}字，请写短一些。", f"At most {WORDS_LENGTH_MAX} characters.")
    name, phone = _clean(wanted.name, NAME_LENGTH_MAX), normalise_phone(wanted.phone)
    if not name:
        raise _refuse("name", "请填称呼，核实时好找您。", "Give a name, so that you can be reached.")
    if not _PHONE.match(phone):
        raise _refuse("phone", "请填完整的电话号码，核实时要联系。", "Give a whole phone number.")
    return replace(wanted, words=words, name=name, phone=phone, address=_clean(wanted.address, ADDRESS_LENGTH_MAX))


def _place(wanted: Wanted, start: work.Start) -> tuple[PlaceRow, int]:
    places = place_snapshot(start.versions)
    row = places.get(wanted.place_id) if wanted.place_id is not None else None
    if row is None or not row.active or row.kind not in PLACE_KINDS:
        raise _refuse("place", "请选择您的社区。", "Choose your community.")
    return row, places.version


def make(actor: Actor, wanted: Wanted, *, key: str, device: str = "") -> Made:
    """Record a wish: by whoever wishes on the public page, or by staff who take it down (channel of the desk).

    One transaction, idempotent by `key`. Raises StepRefused with 403, 409 or 422 and what to do.
    """
    good = checked(wanted)
    by_staff = good.channel in CHANNELS
    code = REGISTER if by_staff else MAKE
    token = new_token()

    def prepare(start: work.Start, catalogue: Catalogue, now: datetime) -> Any:
        place, version = _place(good, start)
        own = not by_staff and not actor.is_staff
        values = {
            "subkind": good.sort,
            "title": SORTS[good.sort].zh,
            "place_id": place.id,
            "place_path": place.path,
            "grid_version": version,
            "reporter_id": actor.person_id if own else None,
            "created_by_id": actor.person_id if by_staff else None,
            "source": good.channel,
            "needs_site_check": False,
        }
        wisher = Wisher(good.words, good.name, good.phone, good.address)

        def details(item_id: int) -> Sequence[Rows]:
            row = (item_id, *contact.sealed(item_id, wisher), token_digest(token), good.synthetic, good.wants_news)
            return [Rows("wishes_wish", COLUMNS, [row])]

        return work.NewItem(KIND, values, [Order(code, {})]), details, {"token": token}

    names = ("sort", "words", "place_id", "name", "phone", "address", "channel", "wants_news")
    wanted_hash = work.request_hash({name: getattr(good, name) for name in names})
    scope = work.key_scope(actor, "wish", device)
    outcome = work.open_item(actor, prepare, scope=scope, key=key, wanted=wanted_hash)
    return Made(outcome.item_id, outcome.number, (outcome.extra or {})["token"], outcome.repeated)


Steps = Sequence[tuple[str, Mapping[str, Any]]]


def steps(actor: Actor, item_id: int, chain: Steps, *, key: str, version: int | None = None) -> work.Outcome:
    """Steps of the claimer, of staff, or of a wisher who is signed in; together or not at all."""
    return work.advance(actor, item_id, chain, key=key, expected_version=version)


def step(
    actor: Actor, item_id: int, code: str, data: Mapping[str, Any], *, key: str, version: int | None = None
) -> work.Outcome:
    """One of them."""
    return steps(actor, item_id, [(code, data)], key=key, version=version)


def steps_with_link(
    actor: Actor, item_id: int, token: str, chain: Steps, *, key: str, version: int | None = None
) -> work.Outcome:
    """Steps of whoever holds the wisher's link `token`, which opens `item_id` (the caller has looked it up)."""
    holder = actor_with_link(actor, item_id)
    return work.advance(holder, item_id, chain, key=key, expected_version=version, device=token[:8])


def step_with_link(
    actor: Actor, item_id: int, token: str, code: str, data: Mapping[str, Any], *, key: str
) -> work.Outcome:
    """One of them."""
    return steps_with_link(actor, item_id, token, [(code, data)], key=key)


def see_wisher(actor: Actor, item_id: int) -> Wisher:
    """Who wishes, in clear, for staff who may and for the claimer while the agreed time runs; each look is recorded.

    The claimer gets name, phone and address, not the wisher's own words. Raises ObjectHidden (404) for everybody else.
    """
    way = selectors.way_to_wisher(actor, item_id)
    row = Wish.objects.filter(pk=item_id, erased_at=None).first()
    if not way or row is None:
        raise ObjectHidden(selectors.SEE)
    record("wish.contact_seen", actor_id=actor.person_id, subject=f"item:{item_id}", way=way)
    found = contact.opened(row)
    return found if way == selectors.AS_STAFF else replace(found, words="")
