"""The public report form: what was sent is kept whatever is wrong with it, and becomes a `Report` when it is right."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils.translation import gettext as _

from linli.kernel.coordinates import convert
from linli.kernel.numbers import whole_number
from linli.places.search import locate_by_name, search_places
from linli.places.snapshot import PlaceRow, PlaceSnapshot
from linli.requests.reporting import UPLOADS_MAX, WORDS_LENGTH_MAX, Report
from linli.requests.vocabulary import REQUEST_KINDS
from linli.work import uploads
from linli.work.refused import FileRefused
from linli.work.senders import owner_of

PUBLIC_KINDS = tuple(REQUEST_KINDS)
CHOICES_MAX = 8
BROWSER_CRS = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """A place offered for the words that were typed."""

    place_id: int
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, and what to do about it."""

    field: str
    message: str


@dataclass(slots=True)
class Form:
    """Everything a visitor typed or chose."""

    key: str
    owner: str = ""
    kind: str = PUBLIC_KINDS[0]
    words: str = ""
    longitude: float | None = None
    latitude: float | None = None
    position_name: str = ""
    where: str = ""
    place_id: int | None = None
    category_id: int | None = None
    contact_name: str = ""
    phone: str = ""
    anonymous: bool = False
    tokens: list[str] = field(default_factory=list)
    choices: list[PlaceChoice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, field_name: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(field_name, message))

    def problem(self, field_name: str) -> str:
        """The first problem of a field, or empty."""
        return next((entry.message for entry in self.problems if entry.field == field_name), "")

    @property
    def has_position(self) -> bool:
        """Whether a point is known."""
        return self.longitude is not None and self.latitude is not None

    @property
    def longitude_text(self) -> str:
        """For the hidden field: plain digits in every language, never 120,44."""
        return "" if self.longitude is None else repr(self.longitude)

    @property
    def latitude_text(self) -> str:
        """As `longitude_text`."""
        return "" if self.latitude is None else repr(self.latitude)

    @property
    def words_problem(self) -> str:
        """For the template."""
        return self.problem("words")

    @property
    def photos_problem(self) -> str:
        """For the template."""
        return self.problem("photos")

    @property
    def place_problem(self) -> str:
        """For the template."""
        return self.problem("place")

    @property
    def phone_problem(self) -> str:
        """For the template."""
        return self.problem("phone")

    def report(self) -> Report:
        """What the service takes."""
        return Report(
            kind=self.kind,
            words=self.words,
            longitude=self.longitude,
            latitude=self.latitude,
            source_crs=BROWSER_CRS,
            place_id=self.place_id,
            address=self.where,
            category_id=self.category_id,
            contact_name=self.contact_name,
            phone=self.phone,
            anonymous=self.anonymous,
            wants_news=bool(self.phone) and not self.anonymous,
            uploads=tuple(self.tokens),
        )


def new_form() -> Form:
    """An empty form with a key of its own: sent twice, it makes one request."""
    return Form(key=uuid.uuid4().hex)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _token(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def read(request: HttpRequest) -> Form:
    """The form as it was sent; files are received and stay in it as tokens."""
    sent = request.POST
    key = sent.get("key", "")
    form = Form(key=key if key.isalnum() and 16 <= len(key) <= 64 else uuid.uuid4().hex, owner=owner_of(request))
    form.kind = sent.get("kind", "") if sent.get("kind", "") in PUBLIC_KINDS else PUBLIC_KINDS[0]
    form.words = sent.get("words", "")[: WORDS_LENGTH_MAX + 1000]
    form.longitude, form.latitude = _number(sent.get("lon", "")), _number(sent.get("lat", ""))
    form.where = sent.get("where", "").strip()[:300]
    form.place_id = whole_number(sent.get("place", "")) or whole_number(sent.get("community", ""))
    form.category_id = whole_number(sent.get("category_chosen", "")) or whole_number(sent.get("category", ""))
    form.contact_name = sent.get("contact_name", "").strip()[:60]
    form.phone = sent.get("phone", "").strip()[:30]
    form.anonymous = sent.get("anonymous") == "on"
    form.tokens = [token for text in sent.getlist("uploads") if (token := _token(text))][:UPLOADS_MAX]
    _receive(request, form)
    return form


def _receive(request: HttpRequest, form: Form) -> None:
    """Take the files that came with the form (a browser without scripts sends them so)."""
    told = uploads.told(request.POST)
    for name, hint in (("photos", uploads.PHOTO), ("voice", uploads.AUDIO)):
        for file in request.FILES.getlist(name):
            if len(form.tokens) >= UPLOADS_MAX:
                form.add("photos", _("最多 %(count)d 张照片，多出的没有保存。") % {"count": UPLOADS_MAX})
                return
            try:
                form.tokens.append(str(uploads.receive(file, owner=owner_of(request), kind_hint=hint, told=told).token))
            except FileRefused as refusal:
                form.add("photos", refusal.message)


def settle_place(form: Form, places: PlaceSnapshot, district: PlaceRow | None) -> None:
    """Find the place: chosen, by position, by the words typed, or by where a photo was taken."""
    if form.has_position:
        form.position_name = name_of_point(places, form.longitude, form.latitude)
    if form.place_id is not None:
        chosen = places.get(form.place_id)
        form.position_name = places.full_name(form.place_id) if chosen is not None else ""
        if chosen is not None:
            # What was picked from the list counts, not where the phone happens to be.
            form.longitude = form.latitude = None
        return
    if form.has_position and form.position_name:
        return
    if form.where:
        _settle_by_words(form, places, district)
        return
    if not form.has_position:
        _settle_by_photos(form, places)


def note_what_is_missing(form: Form) -> None:
    """Where nothing was said, whatever else is missing is told at once; single gaps are named by the service."""
    if form.words.strip() or form.tokens:
        return
    form.add("words", _("请写几句话，或者拍一张照片。"))
    if not form.problem("place") and not form.has_position and form.place_id is None:
        form.add("place", _("请告诉我们在哪里：允许定位、在地图上点一下，或选择社区。"))


def _settle_by_words(form: Form, places: PlaceSnapshot, district: PlaceRow | None) -> None:
    form.choices = find(form.where, places, district)
    form.longitude = form.latitude = None
    if len(form.choices) == 1:
        form.place_id = form.choices[0].place_id
        form.position_name = form.choices[0].label
    elif form.choices:
        form.add("place", _("有几处叫这个名字，请选一处。"))
    else:
        form.add("place", _("没有找到这个地方。请换个说法，或从列表里选择社区。"))


def _settle_by_photos(form: Form, places: PlaceSnapshot) -> None:
    for token in form.tokens:
        upload = uploads.upload_of(token, form.owner)
        if upload is None or upload.longitude is None or upload.latitude is None:
            continue
        name = name_of_point(places, upload.longitude, upload.latitude)
        if name:
            form.longitude, form.latitude, form.position_name = upload.longitude, upload.latitude, name
            return


def name_of_point(places: PlaceSnapshot, longitude: float | None, latitude: float | None) -> str:
    """The full name of the narrowest place around a point of the browser's; empty outside of the district."""
    if longitude is None or latitude is None or not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return ""
    lon, lat = convert(longitude, latitude, BROWSER_CRS, "EPSG:4490")
    found = places.locate(lon, lat)
    return places.full_name(found.place_id) if found is not None else ""


def find(words: str, places: PlaceSnapshot, district: PlaceRow | None) -> list[PlaceChoice]:
    """Grids, communities and streets that the words point to, best first."""
    under = district.path if district else None
    found: dict[int, PlaceChoice] = {}
    for named in locate_by_name(words, under=under, limit=CHOICES_MAX):
        label = places.full_name(named.place.place_id)
        found[named.place.place_id] = PlaceChoice(named.place.place_id, f"{named.matched} · {label}")
    if not found:
        kinds = ["community", "grid", "street"]
        for place in search_places(words, kinds=kinds, under=under, limit=CHOICES_MAX):
            found[place.row.id] = PlaceChoice(place.row.id, places.full_name(place.row.id))
            if place.row.name == words:
                return [found[place.row.id]]
    return list(found.values())
