"""The only writer of standards and their versions. Every act names its permission, is one transaction, and is audited.

Drafts are edited (`node_services`); a published version is never changed again. Forms that may be sent twice carry a
key: the second time the first answer is given again.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people.access import Actor, require
from linli.people.audit import record
from linli.people.models import Organisation
from linli.places.models import Place
from linli.places.snapshot import today
from linli.standards import selectors
from linli.standards.checks import findings
from linli.standards.drafts import EDIT, PUBLISH, locked_draft, version_of
from linli.standards.errors import StandardsProblem
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.standards.values import COLUMNS, PARENTS

NAME_MAX, NOTE_MAX, VERSION_NOTE_MAX = 120, 4000, 200


def _text(value: str, longest: int, field: str) -> str:
    text = " ".join(value.split())
    if len(text) > longest:
        message = _("最多 %(most)d 字，现在 %(count)d 字。") % {"most": longest, "count": len(text)}
        raise StandardsProblem("too_long", message, field=field)
    return text


@transaction.atomic
def create_standard(
    actor: Actor,
    *,
    name: str,
    place_id: int,
    organisation_id: int | None = None,
    note: str = "",
    key: UUID | None = None,
    synthetic: bool = False,
) -> Version:
    """A standard with an empty first draft. Sent again with the same key it answers with the same draft."""
    place = Place.objects.filter(pk=place_id, active=True).first()
    if place is None:
        raise StandardsProblem("unknown_place", _("没有这个地点。"), field="place")
    require(actor, EDIT, place_path=place.path)
    known = Version.objects.filter(key=key, standard__place=place).select_related("standard").first() if key else None
    if known is not None:
        return known
    title = _text(name, NAME_MAX, "name")
    if not title:
        raise StandardsProblem("no_name", _("请填写名称。"), field="name")
    if organisation_id is not None and not Organisation.objects.filter(pk=organisation_id, active=True).exists():
        raise StandardsProblem("unknown_unit", _("没有这个单位。"), field="organisation")
    standard = Standard.objects.create(
        name=title, place=place, organisation_id=organisation_id, note=note.strip()[:NOTE_MAX], synthetic=synthetic,
        created_by_id=actor.person_id,
    )  # fmt: skip
    version = Version(standard=standard, number=1)
    version.key = key or version.key
    version.save()
    record("standard.made", actor_id=actor.person_id, subject=f"standard:{standard.pk}")
    return version


@transaction.atomic
def draft_from(actor: Actor, version_id: int, *, note: str = "", key: UUID | None = None) -> Version:
    """A draft that begins as a copy of a published version; lineages stay. A standard has one draft at a time."""
    source = version_of(version_id)
    require(actor, EDIT, place_path=source.standard.place.path)
    Standard.objects.select_for_update().get(pk=source.standard_id)
    known = Version.objects.filter(key=key, standard_id=source.standard_id).first() if key else None
    if known is not None:
        return known
    if source.state == Version.DRAFT:
        raise StandardsProblem("is_draft", _("这一版还是草稿，直接修改即可。"), status=409)
    if Version.objects.filter(standard_id=source.standard_id, state=Version.DRAFT).exists():
        raise StandardsProblem("draft_exists", _("已经有一份草稿，先发布或删除它。"), status=409)
    draft = _new_version(source.standard, note=note, based_on=source, key=key)
    _copy(source, draft)
    record("standard.drafted", actor_id=actor.person_id, subject=f"version:{draft.pk}", source=source.pk)
    return draft


@transaction.atomic
def empty_draft(actor: Actor, standard_id: int, *, note: str = "", key: UUID | None = None) -> Version:
    """A draft without content of a standard that is there already, for a whole table that is brought in."""
    standard = Standard.objects.select_related("place").filter(pk=standard_id).first()
    if standard is None:
        raise StandardsProblem("unknown_standard", _("没有这个测评体系。"), status=404)
    require(actor, EDIT, place_path=standard.place.path)
    Standard.objects.select_for_update().get(pk=standard_id)
    known = Version.objects.filter(key=key, standard=standard).first() if key else None
    if known is not None:
        return known
    if Version.objects.filter(standard=standard, state=Version.DRAFT).exists():
        raise StandardsProblem("draft_exists", _("已经有一份草稿，先发布或删除它。"), status=409)
    last = Version.objects.filter(standard=standard).order_by("-number").first()
    draft = _new_version(standard, note=note[:VERSION_NOTE_MAX], based_on=last, key=key)
    record("standard.drafted", actor_id=actor.person_id, subject=f"version:{draft.pk}")
    return draft


def _new_version(
    standard: Standard, *, note: str = "", based_on: Version | None = None, key: UUID | None = None
) -> Version:
    last = Version.objects.filter(standard=standard).aggregate(last=Max("number"))["last"] or 0
    version = Version(standard=standard, number=last + 1, note=_text(note, VERSION_NOTE_MAX, "note"), based_on=based_on)
    version.key = key or version.key
    version.save()
    return version


def _copy(source: Version, draft: Version) -> None:
    """All nodes and units of a version into another, level by level."""
    rows = list(Node.objects.filter(version=source).order_by("id"))
    made: dict[int, Node] = {}
    for level in PARENTS:
        batch = [
            Node(
                version=draft, parent=made.get(row.parent_id or 0), lineage=row.lineage, level=row.level,
                position=row.position, **{name: getattr(row, name) for name in COLUMNS},
            )
            for row in rows if row.level == level
        ]  # fmt: skip
        Node.objects.bulk_create(batch, batch_size=1000)
        made |= dict(zip((row.pk for row in rows if row.level == level), batch, strict=True))
    units = NodeUnit.objects.filter(node__version=source).order_by("id")
    NodeUnit.objects.bulk_create(
        [NodeUnit(node=made[unit.node_id], organisation_id=unit.organisation_id, part=unit.part) for unit in units],
        batch_size=1000,
    )


@transaction.atomic
def delete_draft(actor: Actor, version_id: int) -> None:
    """Throw a draft away; with the last version goes the standard."""
    version = locked_draft(actor, version_id)
    standard = version.standard
    version.delete()
    if not Version.objects.filter(standard=standard).exists():
        standard.delete()
    record("standard.draft_deleted", actor_id=actor.person_id, subject=f"version:{version_id}")


@transaction.atomic
def publish(actor: Actor, version_id: int, *, valid_from: date | None = None) -> Version:
    """Make a draft the version in force from a day (default: today). Its predecessor ends on that day.

    Published already: answered as it is. Refused with the reasons while something hinders (see `checks`).
    """
    version = version_of(version_id)
    require(actor, PUBLISH, place_path=version.standard.place.path)
    Standard.objects.select_for_update().get(pk=version.standard_id)
    version = Version.objects.select_for_update(of=("self",)).select_related("standard__place").get(pk=version_id)
    if version.state == Version.PUBLISHED:
        return version
    if version.state == Version.RETIRED:
        raise StandardsProblem("retired", _("这一版已停用。"), status=409)
    day = valid_from or today()
    nodes = selectors.nodes_of(version)
    hindering = [
        entry.text
        for entry in findings(nodes, selectors.led_nodes(nodes, selectors.units_of(version)))
        if entry.hinders
    ]
    if hindering:
        more = _("等 %(count)d 处") % {"count": len(hindering)} if len(hindering) > 3 else ""
        raise StandardsProblem("not_ready", _("还不能发布：") + "".join(hindering[:3]) + more)
    before = Version.objects.filter(standard_id=version.standard_id, state=Version.PUBLISHED, valid_to=None).first()
    if before is not None and before.valid_from is not None and day <= before.valid_from:
        message = _("生效日期须晚于上一版的 %(day)s。") % {"day": before.valid_from.isoformat()}
        raise StandardsProblem("too_early", message, field="valid_from")
    if before is not None:
        before.valid_to = day
        before.state = Version.RETIRED if day <= today() else Version.PUBLISHED
        before.save(update_fields=["valid_to", "state"])
    version.state, version.valid_from = Version.PUBLISHED, day
    version.published_at, version.published_by_id = timezone.now(), actor.person_id
    version.save(update_fields=["state", "valid_from", "published_at", "published_by"])
    record("standard.published", actor_id=actor.person_id, subject=f"version:{version.pk}", valid_from=day.isoformat())
    return version


@transaction.atomic
def retire(actor: Actor, version_id: int, *, valid_to: date | None = None) -> Version:
    """End a published version on a day (default: today). What was seen by it stays."""
    version = version_of(version_id)
    require(actor, PUBLISH, place_path=version.standard.place.path)
    version = Version.objects.select_for_update(of=("self",)).select_related("standard__place").get(pk=version_id)
    if version.state == Version.RETIRED:
        return version
    if version.state == Version.DRAFT or version.valid_from is None:
        raise StandardsProblem("is_draft", _("这一版还是草稿，直接删除即可。"), status=409)
    version.valid_to = max(valid_to or today(), version.valid_from)
    version.state = Version.RETIRED
    version.save(update_fields=["valid_to", "state"])
    record("standard.retired", actor_id=actor.person_id, subject=f"version:{version.pk}")
    return version
