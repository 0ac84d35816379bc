"""Ids that a step names must exist: units in force by the catalogue, persons among the staff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from linli.kernel.labels import Label
from linli.kernel.workflow import FieldKind, Workflow
from linli.people.models import Person
from linli.work.engine import Order, StepRefused
from linli.work.terms import Catalogue

_UNITS = (FieldKind.ORGANISATION, FieldKind.ORGANISATIONS)


def check(workflow: Workflow, orders: Sequence[Order], terms: Catalogue) -> None:
    """Raise StepRefused (422) naming the field of the first id that does not exist (1 statement per person named)."""
    for order in orders:
        transition = workflow.by_code.get(order.transition)
        for field in transition.fields if transition else ():
            value = order.data.get(field.name)
            if value is None:
                continue
            if field.kind in _UNITS:
                wanted = value if isinstance(value, list | tuple) else [value]
                known = all(number in terms.organisations for number in wanted)
            elif field.kind is FieldKind.PERSON:
                known = _is_staff(value)
            else:
                continue
            if not known:
                raise unknown(field.name)


def _is_staff(person_id: Any) -> bool:
    return Person.objects.filter(pk=person_id, kind=Person.Kind.STAFF, left_on=None, erased_at=None).exists()


def unknown(field: str) -> StepRefused:
    """The refusal: nobody is told whether the id ever existed."""
    label = Label("所选的单位或人员不存在，请重新选择。", "There is no such unit or person; choose again.")
    return StepRefused("unknown_reference", label, status=422, field=field)
