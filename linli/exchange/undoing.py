"""Undoing a batch: every effect is taken back, the last one first, or none is and it is said what stands in the way.

A kind whose rows cannot be removed (requests: their history stays) takes them back in its own way, some rows in a
transaction; killed in the midst, the undoing goes on when it is asked for again.

A stored row that the batch made is removed unless something else refers to it; a changed one gets its columns back
unless somebody has changed them since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem
from linli.exchange.kinds import TAKEN_BACK, WRITTEN, Effect, Kind, PartwisePlanner, Planner
from linli.exchange.models import ImportBatch, ImportRow
from linli.exchange.running import Progress, State, effects_of

OBSTACLES_SHOWN = 30
CHECKED_ROWS = 5000
ROWS_LOOKED_AT = 1000


class Obstacles(ExchangeProblem):
    """Something was built upon what the batch brought in; `lines` say what."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        super().__init__("built_upon", _("这批数据后来有人用到或改过，不能撤销：") + "；".join(self.lines[:5]))


def stored(value: Any) -> Any:
    """A column as it is kept in an effect."""
    if isinstance(value, bytes | memoryview):
        return {"hex": bytes(value).hex()}
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [stored(part) for part in value]
    if value is None or isinstance(value, str | int | float | bool | dict):
        return value
    return str(value)


def image(row: models.Model, columns: Iterable[str]) -> dict[str, Any]:
    """Some columns of a stored row, as an effect keeps them."""
    return {name: stored(getattr(row, name)) for name in columns}


def _back(model: type[models.Model], name: str, value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"hex"}:
        return bytes.fromhex(value["hex"])
    column: Any = next(entry for entry in model._meta.concrete_fields if name in (entry.attname, entry.name))
    return column.to_python(value) if value is not None else None


def undo(batch: ImportBatch, kind: Kind, planner: Planner) -> int:
    """Take everything back in one transaction; how many effects. Raises Obstacles, ExchangeProblem."""
    with transaction.atomic():
        row = _held(batch)
        effects = [effect for _line, entries in effects_of(batch.pk) for effect in reversed(entries)]
        obstacles = planner.undo(effects)
        if obstacles is None:
            obstacles = planner.obstacles(effects) or _take_back(effects)
        if obstacles:
            raise Obstacles(obstacles)
        _close(row, kind, planner, len(effects))
    batch.refresh_from_db()
    return len(effects)


def _held(batch: ImportBatch) -> ImportBatch:
    row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if row.state not in (State.DONE, State.RUNNING, State.FAILED, State.UNDOING):
        raise ExchangeProblem("not_done", _("这批数据没有导入，或已经撤销。"))
    return row


def _close(row: ImportBatch, kind: Kind, planner: Planner, count: int) -> None:
    planner.undone(count)
    if planner.run.record is not None:
        planner.run.record("import.undone", row.pk, kind=kind.slug, effects=count)
    row.state, row.undone_at = State.UNDONE, timezone.now()
    row.save(update_fields=["state", "undone_at", "report", "rows_done"])


def begin(batch: ImportBatch, planner: PartwisePlanner) -> None:
    """Look whether a batch that is undone by chunks can be, and mark it. Raises Obstacles, ExchangeProblem."""
    with transaction.atomic():
        row = _held(batch)
        if row.state != State.UNDOING:
            obstacles: list[str] = []
            for effects, _keys in _chunks(batch.pk, CHECKED_ROWS):
                obstacles += planner.obstacles(effects)
                if len(obstacles) >= OBSTACLES_SHOWN:
                    break
            if obstacles:
                raise Obstacles(obstacles[:OBSTACLES_SHOWN])
            row.state = State.UNDOING
            row.save(update_fields=["state"])
    batch.refresh_from_db()


def undo_by_chunks(batch: ImportBatch, kind: Kind, planner: PartwisePlanner, progress: Progress | None = None) -> int:
    """Take a batch that was marked back, some rows in a transaction; how many rows. Goes on where it was stopped.

    Two who do so at once exclude each other by the batch's row and share the work. `rows_done` counts down.
    """
    count, total = 0, batch.rows_done
    while True:
        with transaction.atomic():
            row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            if row.state != State.UNDOING:
                break
            chunk = next(_chunks(batch.pk, planner.undo_rows), None)
            if chunk is None:
                _close(row, kind, planner, count)
                break
            effects, keys = chunk
            staying = planner.take_back(effects)
            row.report["staying"] = [*row.report.get("staying", ()), *staying][:OBSTACLES_SHOWN]
            ImportRow.objects.filter(pk__in=keys).update(outcome=TAKEN_BACK)
            row.rows_done = max(0, row.rows_done - len(keys))
            row.save(update_fields=["report", "rows_done"])
        count += len(keys)
        if progress is not None:
            progress(count, total)
    batch.refresh_from_db()
    return count


def _chunks(batch_id: int, size: int) -> Iterator[tuple[list[Effect], list[int]]]:
    """Effects and keys of the rows that are not taken back yet, the last written first."""
    last: int | None = None
    while True:
        rows = ImportRow.objects.filter(batch_id=batch_id, outcome__in=WRITTEN).order_by("-id")
        found = list((rows if last is None else rows.filter(id__lt=last)).values_list("id", "effects")[:size])
        if not found:
            return
        last = found[-1][0]
        yield [Effect(*entry) for _id, effects in found for entry in reversed(effects)], [key for key, _e in found]


def _take_back(effects: Sequence[Effect]) -> list[str]:
    obstacles: list[str] = []
    created: dict[str, list[Any]] = {}
    for effect in effects:
        if effect.before is None:
            created.setdefault(effect.model, []).append(effect.key)
    own = {name: set(keys) for name, keys in created.items()}
    changes = [
        effect for effect in effects if effect.before is not None and effect.key not in own.get(effect.model, ())
    ]
    latest: dict[tuple[str, Any], Effect] = {}
    for effect in effects:
        latest.setdefault((effect.model, effect.key), effect)
    obstacles += _since(list(latest.values()))
    for name, keys in created.items() if not obstacles else ():
        obstacles += _references(apps.get_model(name), keys, own)
    obstacles = obstacles or _remove(effects)
    for effect in changes if not obstacles else ():
        _restore(effect)
    return obstacles


def _since(effects: Sequence[Effect]) -> list[str]:
    """What has become of rows since the batch last wrote them: gone, or changed. They stay locked."""
    found: list[str] = []
    by_model: dict[str, list[Effect]] = {}
    for effect in effects:
        if effect.after:
            by_model.setdefault(effect.model, []).append(effect)
    for name, written in by_model.items():
        model = apps.get_model(name)
        for start in range(0, len(written), ROWS_LOOKED_AT):
            part = written[start : start + ROWS_LOOKED_AT]
            held = model._default_manager.select_for_update().filter(pk__in=[one.key for one in part])
            rows = {str(row.pk): row for row in held.order_by("pk")}
            found += [line for effect in part if (line := _changed(model, effect, rows.get(str(effect.key))))]
    return found


def _changed(model: type[models.Model], effect: Effect, row: models.Model | None) -> str:
    if row is None:
        return _("%(what)s 已经不在了") % {"what": f"{_word_for(model._meta)} {effect.key}"}
    if any(stored(getattr(row, name)) != value for name, value in (effect.after or {}).items()):
        return _("%(what)s 后来又改过") % {"what": _named(row)}
    return ""


def _named(row: models.Model) -> str:
    """What a row is called; names and limits that hang on a place or a category say of which."""
    holders = [getattr(row, name, None) for name in ("person", "category", "place", "grid") if hasattr(row, name)]
    words = (_word_for(row._meta), *(_called(holder) for holder in holders if holder is not None), _called(row))
    return " ".join(dict.fromkeys(word for word in words if word))


def _called(row: models.Model) -> str:
    return str(getattr(row, "number", "") or getattr(row, "display_name", "") or getattr(row, "name", ""))


def _restore(effect: Effect) -> None:
    """Give a changed row its columns back, and a removed one its place."""
    model = apps.get_model(effect.model)
    values = {name: _back(model, name, value) for name, value in (effect.before or {}).items()}
    if effect.after is None:
        model._default_manager.create(**values)
    else:
        model._default_manager.filter(pk=effect.key).update(**values)


def _relations(model: type[models.Model]) -> Iterator[Any]:
    """Every foreign key that leads to the model, also those without a name on this side."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            yield relation


def columns_of(model: type[models.Model]) -> list[str]:
    """Every stored column of a model."""
    return [column.attname for column in model._meta.concrete_fields]


@contextmanager
def watching(*watched: models.QuerySet[Any]) -> Iterator[list[Effect]]:
    """What the block makes of these rows, as effects: the list is filled when the block ends.

    A row that it makes is kept whole: what is changed in it later speaks against undoing, for undoing would lose it.
    """
    effects: list[Effect] = []
    before = [_images(rows) for rows in watched]
    yield effects
    for rows, old in zip(watched, before, strict=True):
        label = rows.model._meta.label
        new = _images(rows.all())
        effects += [Effect(label, key, None, now) for key, now in new.items() if key not in old]
        for key, was in old.items():
            now = new.get(key)
            if now is None:
                effects.append(Effect(label, key, was, None))
            elif now != was:
                changed = [name for name, value in now.items() if was[name] != value]
                effects.append(
                    Effect(label, key, {name: was[name] for name in changed}, {name: now[name] for name in changed})
                )


def _images(rows: models.QuerySet[Any]) -> dict[Any, dict[str, Any]]:
    columns = columns_of(rows.model)
    return {row.pk: image(row, columns) for row in rows}


def _references(model: type[models.Model], keys: Sequence[Any], created: Mapping[str, set[Any]]) -> list[str]:
    """What refers to a created row and was not created by the batch itself; rows that belong to it go with it."""
    found: list[str] = []
    for relation in _relations(model):
        other = relation.related_model
        if relation.on_delete is models.CASCADE:
            continue
        own = created.get(other._meta.label, set())
        rows = other._default_manager.filter(**{f"{relation.field.name}__in": keys})
        users = [row for row in rows[: OBSTACLES_SHOWN + len(own)] if row.pk not in own]
        for user in users[:OBSTACLES_SHOWN]:
            holder = getattr(user, relation.field.name)
            found.append(_("“%(holder)s”已被用到：%(user)s") % {"holder": str(holder), "user": _described(user)})
    return found


def _described(row: models.Model) -> str:
    """What a row is, in the words of the pages, and what tells it from others."""
    whose = getattr(row, "person", None) if hasattr(row, "person_id") else None
    label = _called(row) or (_called(whose) if whose is not None else "") or str(row.pk)
    return f"{_word_for(row._meta)} {label}"


def _word_for(meta: Any) -> str:
    words = {
        "people.Appointment": _("任职"), "people.Person": _("人员"), "people.User": _("账号"), "people.Team": _("队伍"),
        "people.TeamMember": _("队伍成员"), "people.Organisation": _("单位"), "places.Place": _("地点"),
        "work.Category": _("类别"), "work.DispatchRule": _("派单规则"), "work.DeadlineRule": _("时限规则"),
        "inspections": _("巡查记录"), "activities": _("活动"), "volunteering": _("志愿服务"), "credits": _("积分"),
        "shop": _("积分商店"), "wishes": _("心愿"), "awards": _("积分名单"), "assessment": _("测评"),
        "standards": _("测评标准"), "campaigns": _("专项行动"), "work": _("诉求或事项"), "people": _("人员与任职"),
        "requests": _("诉求"), "places": _("地点"),
    }  # fmt: skip
    return words.get(str(meta.label)) or words.get(str(meta.app_label)) or _("其他记录")


def _remove(effects: Sequence[Effect]) -> list[str]:
    """Remove created rows with what belongs to them; that nothing else refers to them was looked at before."""
    created: dict[str, list[Any]] = {}
    for effect in effects:
        if effect.before is None:
            created.setdefault(effect.model, []).append(effect.key)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for name, keys in created.items():
                for start in range(0, len(keys), 5000):
                    _remove_rows(apps.get_model(name), keys[start : start + 5000])
            # Foreign keys are checked at the end of the transaction; here, so that a refusal is a sentence.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError:
        return [_("有别的内容用到了这批数据")]
    return []


def _remove_rows(model: type[models.Model], keys: Sequence[Any]) -> None:
    for relation in _relations(model):
        other = relation.related_model
        if relation.on_delete is models.CASCADE:
            belonging = other._default_manager.filter(**{f"{relation.field.name}__in": keys})
            # Trees stand on themselves: it ends where nothing stands on a row any more.
            if found := list(belonging.values_list("pk", flat=True)):
                _remove_rows(other, found)
    # The collector would refuse parents and children of one batch that go together.
    rows: Any = model._default_manager.filter(pk__in=keys)
    rows._raw_delete(rows.db)
