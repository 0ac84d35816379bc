"""Whose version it is and whether it may still be edited: what all writers of standards ask first."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from linli.people.access import Actor, require
from linli.people.audit import record
from linli.standards.errors import StandardsProblem
from linli.standards.models import Version

EDIT, PUBLISH = "standards.edit", "standards.publish"


def version_of(version_id: int) -> Version:
    """The version with its standard and place; refused (404) where there is none."""
    row = Version.objects.select_related("standard__place").filter(pk=version_id).first()
    if row is None:
        raise StandardsProblem("unknown_version", _("没有这一版。"), status=404)
    return row


def locked_draft(actor: Actor, version_id: int, permission: str = EDIT) -> Version:
    """The draft, locked; refused without the permission at the standard's place, or once it is published."""
    version = version_of(version_id)
    require(actor, permission, place_path=version.standard.place.path)
    locked = Version.objects.select_for_update(of=("self",)).select_related("standard__place").get(pk=version_id)
    if locked.state != Version.DRAFT:
        message = _("这一版已经发布，不能再改。请以它为底稿新建草稿。")
        raise StandardsProblem("published", message, status=409)
    return locked


def edited(version: Version, actor: Actor, **what: Any) -> None:
    """Say that a draft was changed: its revision counts up, the audit knows by whom."""
    Version.objects.filter(pk=version.pk).update(revision=F("revision") + 1)
    record("standard.changed", actor_id=actor.person_id, subject=f"version:{version.pk}", **what)
