"""Writers of letters that urge property managers (督促物业): written, printed once, answered once."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from linli.inspections.batch import LETTER, refuse
from linli.inspections.models import UrgingLetter
from linli.inspections.promises import URGE, clean_words, place_over
from linli.inspections.reading import VIEW
from linli.kernel.labels import Label
from linli.kernel.workflow import Field, FieldKind
from linli.people import refusals
from linli.people.access import Actor, ObjectHidden
from linli.people.audit import record
from linli.people.models import Organisation
from linli.places.models import Place
from linli.work import moments, remarks
from linli.work.engine import StepRefused
from linli.work.models import Item, PrintedDocument
from linli.work.noting import note
from linli.work.printing import HELD_PAPERS, Words, paper_of, print_held
from linli.work.printing.words import PROPERTY_KINDS, chinese_date, full_place, title_lines, without_numbers
from linli.work.remarks import Remark
from linli.work.selectors import may_see_item

PAPER = {UrgingLetter.REMINDER: "property_reminder", UrgingLetter.ORDER: "property_order"}
_TO = Field("unit", Label("收函单位", "To"), FieldKind.ORGANISATION)
_BY = Field("reply_due", Label("答复期限", "Reply due"))
_LEADS = Label("看这份函和答复", "See this letter and the reply")
REMARKS = {
    UrgingLetter.REMINDER: Remark(
        "letter_sent", Label("发出督促函", "Letter sent to the property manager"), (_TO, _BY),
        "/desk/letters/{letter_sent}/", VIEW, _LEADS,
    ),
    UrgingLetter.ORDER: Remark(
        "order_sent", Label("发出责令整改通知书", "Order sent to the property manager"), (_TO, _BY),
        "/desk/letters/{order_sent}/", VIEW, _LEADS,
    ),
}  # fmt: skip
ANSWERED = Remark(
    "letter_answered", Label("物业答复", "The property manager replied"),
    (Field("unit", Label("答复单位", "From"), FieldKind.ORGANISATION),), "/desk/letters/{letter_answered}/", VIEW,
    _LEADS,
)  # fmt: skip


@transaction.atomic
def urge(
    actor: Actor,
    place_id: int,
    organisation_id: int,
    words: str,
    reply_due: date,
    *,
    item_id: int | None = None,
    issuer_id: int | None = None,
    form: str = UrgingLetter.REMINDER,
    basis: str = "",
    key: UUID,
) -> UrgingLetter:
    """督促物业: a letter to a property manager with a date for the reply, in the name of one of the actor's units.

    A community reminds; only a unit that enforces the law (`can_order`) may order, and names the law. The same key
    again gives the same letter. Raises PermissionRefused (403), ObjectHidden (404) for the item, StepRefused.
    """
    place = place_over(actor, place_id, URGE)
    known = UrgingLetter.objects.filter(key=key).first()
    if known is not None:
        return known
    if reply_due < timezone.localdate():
        raise refuse("past", "reply_due", "答复期限不能早于今天。", "The date lies in the past.")
    if item_id is not None and not may_see_item(actor, item_id):
        raise ObjectHidden(URGE)
    addressee = Organisation.objects.filter(pk=organisation_id, active=True).first()
    if addressee is None or addressee.kind not in PROPERTY_KINDS:
        raise refuse("no_manager", "organisation", "请选择物业或业委会。", "Choose a property manager.")
    issuer = _issuer(actor, issuer_id, form, place)
    named = clean_words(basis, "basis", 200) if form == UrgingLetter.ORDER else ""
    if form == UrgingLetter.ORDER and not named:
        raise refuse("no_basis", "basis", "责令整改要写明法律依据。", "An order names the law.")
    row = UrgingLetter.objects.create(
        place=place, organisation_id=organisation_id, item_id=item_id, issuer_id=issuer, form=form, basis=named,
        words=clean_words(words, "words", needed=True), reply_due=reply_due, sent_at=moments.now(),
        sent_by_id=actor.person_id, key=key,
    )  # fmt: skip
    record("inspection.promise", actor_id=actor.person_id, subject=f"letter:{row.pk}", unit=organisation_id)
    if item_id is not None:
        codes = {REMARKS[form].code: row.pk, "unit": organisation_id, "reply_due": reply_due.isoformat()}
        note(actor, item_id, codes, permission=URGE, unit=issuer)
    return row


def _issuer(actor: Actor, issuer_id: int | None, form: str, place: Place) -> int | None:
    """The unit in whose name it goes out: one of the actor's own, the first where none is named."""
    if form not in PAPER:
        raise refuse("unknown_form", "form", "没有这种函。", "There is no such letter.")
    if issuer_id is not None and issuer_id not in actor.organisation_ids:
        raise refuse("no_issuer", "issuer", "请选择您所在的单位作为出具单位。", "Choose one of your own units.")
    issuer = issuer_id or actor.organisation_id
    if form == UrgingLetter.ORDER and not Organisation.objects.filter(pk=issuer or 0, can_order=True).exists():
        refusals.note(refusals.Refusal(actor.person_id, actor.channel, URGE, place_path=str(place.path)))
        label = Label(
            "本单位没有行政执法权，不能责令整改。请改用督促函。",
            "Your organisation does not enforce the law and cannot order. Send a reminder instead.",
        )
        raise StepRefused("no_authority", label, status=403, field="form")
    return issuer


@transaction.atomic
def print_letter(actor: Actor, letter: UrgingLetter) -> PrintedDocument:
    """The letter's paper: number, PDF and QR, made once; afterwards the same again, whoever asks."""
    UrgingLetter.objects.select_for_update().only("pk").get(pk=letter.pk)
    known = paper_of(LETTER, letter.pk)
    if known is not None:
        return known
    item = Item.objects.filter(pk=letter.item_id or 0).only("number", "title").first()
    issuer, addressee = letter.issuer or letter.organisation, letter.organisation
    heading = f"关于做好{letter.place.name}物业服务工作的督促函"
    if letter.form == UrgingLetter.ORDER:
        heading = "责令限期整改通知书"
    elif item is not None:
        heading = f"关于督促处理“{without_numbers(item.title).rstrip('。！？!?…')}”的函"
    words: Words = {
        "heading": title_lines(heading),
        "addressee": addressee.name,
        "place": full_place(letter.place_id),
        "item_number": item.number if item else "",
        "paragraphs": [line.strip() for line in without_numbers(letter.words).splitlines() if line.strip()],
        "basis": letter.basis,
        "by": chinese_date(letter.reply_due),
        "synthetic": issuer.synthetic or letter.synthetic,
    }
    paper = HELD_PAPERS[PAPER[letter.form]]
    return print_held(actor, paper, LETTER, letter.pk, words, issuer=issuer, key=f"letter:{letter.pk}").document


@transaction.atomic
def record_reply(actor: Actor, letter_id: int, reply: str) -> UrgingLetter:
    """What the property manager answered: by the manager's own people, or by who wrote the letter. Once."""
    row = UrgingLetter.objects.select_for_update(of=("self",)).select_related("place").filter(pk=letter_id).first()
    own = row is not None and row.organisation_id in actor.organisation_ids and actor.is_staff
    if row is None or not (own or actor.may(URGE, place_path=str(row.place.path))):
        raise ObjectHidden(URGE)
    if row.replied_at is not None:
        raise StepRefused("replied", Label("已经有答复。", "There is a reply already."), status=409)
    row.reply, row.replied_at = clean_words(reply, "reply", needed=True), moments.now()
    row.replied_by_id = actor.person_id
    row.save(update_fields=["reply", "replied_at", "replied_by"])
    if row.item_id is not None:
        codes = {ANSWERED.code: row.pk, "unit": row.organisation_id}
        note(actor, row.item_id, codes, permission=URGE, unit=row.organisation_id if own else actor.organisation_id)
    return row


def install() -> None:
    """Say how letters are called in the history of the items they are about."""
    for remark in (*REMARKS.values(), ANSWERED):
        remarks.register(remark)
