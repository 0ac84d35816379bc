"""The `ltree` column: a path of ASCII labels (here: ids), asked with `<@` and `@>`.

PostgreSQL's extension `ltree` must be reachable by the search path (Linli keeps it in schema `extensions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.lookups import Lookup

if TYPE_CHECKING:
    _Lookup = Lookup[Any]
    _TextField = models.TextField[str, str]
else:
    _Lookup, _TextField = Lookup, models.TextField


class LtreeField(_TextField):
    """A dotted path such as `1.45.3021`; indexed with GiST, read as `str`."""

    description = "Path of a tree (PostgreSQL ltree)"

    def db_type(self, connection: Any) -> str:
        """The type of the column."""
        return "ltree"

    def get_internal_type(self) -> str:
        """A name of its own, so that no text operator (LIKE, upper) is applied to it."""
        return "LtreeField"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        """Cast what is written, so that it works with server-side binding too."""
        return "%s::ltree"


class _LtreeLookup(_Lookup):
    operator = ""
    cast = "ltree"

    def get_prep_lookup(self) -> Any:
        if isinstance(self.rhs, list | tuple | set | frozenset):
            return [str(path) for path in self.rhs]
        return self.rhs

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        if hasattr(self.rhs, "as_sql"):
            sql, params = compiler.compile(self.rhs)
            return sql, tuple(params)
        return f"%s::{self.cast}", (self.rhs,)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} {self.operator} {right}", (*left_params, *right_params)


@LtreeField.register_lookup
class DescendantOf(_LtreeLookup):
    """`path__descendant_of="1.45"`: the place itself and everything below it."""

    lookup_name = "descendant_of"
    operator = "<@"


@LtreeField.register_lookup
class AncestorOf(_LtreeLookup):
    """`path__ancestor_of="1.45.3021"`: the place itself and everything above it."""

    lookup_name = "ancestor_of"
    operator = "@>"


@LtreeField.register_lookup
class DescendantOfAny(_LtreeLookup):
    """`path__descendant_of_any=["1.45", "2"]`: inside at least one of the subtrees (none given: nothing)."""

    lookup_name = "descendant_of_any"
    operator = "<@"

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "ANY(%s::ltree[])", (list(self.rhs),)


@LtreeField.register_lookup
class Depth(models.Transform):
    """`path__depth=3`: the number of labels of the path."""

    lookup_name = "depth"
    function = "nlevel"
    output_field = models.IntegerField()
