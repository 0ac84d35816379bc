"""A full score of 400 criteria from 1,000,000 observations, against DuckDB's group-by over the same rows."""

from __future__ import annotations

import statistics
import time
from decimal import Decimal
from typing import Any

import numpy as np
from rich.console import Console

from bench.figures import Figure
from bench.ground import Ground
from linli.assessment.scoring import score_tree, tally
from linli.standards.observed import Columns, columns_of
from linli.standards.rules import DEDUCTION, EACH, GRADED, GRADES, PASS_FAIL, PROPORTION, Rule, TreeNode

CRITERIA, ROWS, SITES, ROUNDS = 400, 1_000_000, 1_000, 9
FIRST, ROOT = 1_000, 1
RULES = (Rule(PROPORTION), Rule(DEDUCTION, Decimal(2), EACH), Rule(PASS_FAIL), Rule(GRADED, grades=GRADES))
QUERY = "SELECT criterion, result, count(*), sum(value) FROM seen GROUP BY criterion, result"


def observations() -> Columns:
    """A year of a district: all four rules, three results, a thousand sites."""
    chance = np.random.default_rng(20261124)
    criterion = chance.integers(FIRST, FIRST + CRITERIA, ROWS)
    result = chance.choice([0, 1, 2], ROWS, p=[0.15, 0.8, 0.05])
    graded = np.where(result == 1, 1.0, np.where(result == 0, 0.6, 0.0))
    value = np.select([(criterion % 4 == 1) & (result == 0), criterion % 4 == 3], [2.0, graded], 0.0)
    site, day = chance.integers(1, SITES + 1, ROWS), chance.integers(20_000, 20_365, ROWS)
    return columns_of(criterion, site, day, result, value, np.arange(1, ROWS + 1), 1)


def nodes() -> list[TreeNode]:
    """The tree: one root above all criteria."""
    leaves = [TreeNode(FIRST + n, ROOT, Decimal("0.25"), RULES[(FIRST + n) % 4]) for n in range(CRITERIA)]
    return [*leaves, TreeNode(ROOT, None)]


def run(ground: Ground, console: Console) -> list[Figure]:
    """Interleaved rounds; both read columns that lie in memory, ours goes on to the points of every node."""
    import duckdb

    rows, tree = observations(), nodes()
    floor_base = duckdb.connect()
    given: dict[str, Any] = {"criterion": rows.criterion, "result": rows.result, "value": rows.value}
    floor_base.register("given", given)
    floor_base.execute("CREATE TABLE seen AS SELECT * FROM given")
    criteria = range(FIRST, FIRST + CRITERIA)
    ours, bare = [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        grouped = floor_base.execute(QUERY).fetchall()
        bare.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        tallies = tally(rows, criteria).of()
        scores = score_tree(tree, tallies)
        ours.append(time.perf_counter() - begun)
    counted = {(number, result): count for number, result, count, _ in grouped}
    assert counted == {
        (number, result): count
        for number, found in tallies.items()
        for result, count in ((1, found.passed), (0, found.failed), (2, found.not_applicable))
    }, "both must count the same"
    assert scores[ROOT].possible == 100
    value, floor = statistics.median(ours) * 1e3, statistics.median(bare) * 1e3
    note = "floor: DuckDB's group-by over the same rows, without points or tree"
    return [Figure("score 400 criteria from 1,000,000 observations", value, "ms", floor, at_most=4.0, note=note)]
