"""The search behind the coverage plan: ruin and recreate on linked lists in numpy, then OR-Tools team by team.

Nodes 0 … n-1 are sites, n … n+shifts-1 the start (and end) of each team's day. A route is a ring through its start.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

NEIGHBOURS = 40
REMOVED_ON_AVERAGE = 10
STRING_LENGTH_MAX = 10
ABSENT_TRIED = 8
BLINKS = 0.01
WARM, COLD = 1.0, 0.01
"""Temperatures of the annealing, as shares of the usual distance to a neighbour."""


def polished(
    routes: Sequence[Sequence[int]],
    groups: Sequence[Sequence[int]],
    distances: Floats,
    minutes: Floats,
    capacity: Floats,
    speed: float,
    *,
    until: float,
) -> list[list[int]]:
    """The routes after OR-Tools' local search among the shifts of each group (the days of one team).

    A group whose search is not done when the monotonic clock reads `until` keeps what it had.
    """
    found = [list(route) for route in routes]
    for group in groups:
        left = until - time.monotonic()
        if left <= 0:
            break
        better = _local_search([found[shift] for shift in group], group, distances, minutes, capacity, speed, left)
        for shift, route in zip(group, better, strict=True):
            found[shift] = route
    return found


def _local_search(
    routes: list[list[int]], group: Sequence[int], distances: Floats, minutes: Floats, capacity: Floats, speed: float,
    seconds: float,
) -> list[list[int]]:  # fmt: skip
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    nodes = [node for route in routes for node in route]
    if len(nodes) < 2:
        return routes
    known = nodes + [len(minutes) + shift for shift in group]
    place = {node: index for index, node in enumerate(known)}
    starts = list(range(len(nodes), len(known)))
    manager = pywrapcp.RoutingIndexManager(len(known), len(group), starts, starts)
    routing = pywrapcp.RoutingModel(manager)
    inner = distances[np.ix_(known, known)]
    took = np.append(minutes[nodes], np.zeros(len(group)))
    # Rounded down by less than a second for each stop: what fitted before fits here; a test holds it in truth.
    times = np.floor((inner / speed + took[:, None]) * 6000).astype(np.int64)
    clock = routing.RegisterTransitMatrix(times.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(np.rint(inner).astype(np.int64).tolist()))
    limits = [int(capacity[shift] * 6000) for shift in group]
    routing.AddDimensionWithVehicleCapacity(clock, 0, limits, True, "time")
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT
    search.time_limit.FromMilliseconds(max(100, int(seconds * 1000)))
    routing.CloseModelWithParameters(search)
    begun = routing.ReadAssignmentFromRoutes([[place[node] for node in route] for route in routes], True)
    found = routing.SolveFromAssignmentWithParameters(begun, search) if begun is not None else None
    if found is None:
        return routes
    better = []
    for vehicle in range(len(group)):
        index, route = found.Value(routing.NextVar(routing.Start(vehicle))), []
        while not routing.IsEnd(index):
            route.append(known[manager.IndexToNode(index)])
            index = found.Value(routing.NextVar(index))
        better.append(route)
    return better if _holds(better, group, distances, minutes, capacity, speed) else routes


def _holds(
    routes: list[list[int]], group: Sequence[int], distances: Floats, minutes: Floats, capacity: Floats, speed: float
) -> bool:
    """Whether each route fits into its shift, without rounding."""
    for shift, route in zip(group, routes, strict=True):
        start = len(minutes) + shift
        ring = [start, *route, start]
        walk = float(distances[ring[:-1], ring[1:]].sum())
        if walk / speed + float(minutes[route].sum()) > capacity[shift] + 1e-6:
            return False
    return True


class Search:
    """Ruin and recreate: the present routes as linked lists, and the best ones met so far."""

    def __init__(self, distances: Floats, minutes: Floats, capacity: Floats, speed: float, seed: int) -> None:
        self.sites, self.shifts, self.speed = len(minutes), len(capacity), speed
        self.distances, self.minutes = distances, minutes
        self.capacity = np.append(capacity + 1e-9, -1.0)
        self.chance = random.Random(seed)  # noqa: S311 - a search, not a secret
        inner = distances[: self.sites, : self.sites]
        self.near: Whole = np.argsort(inner, axis=1, kind="stable")[:, 1 : NEIGHBOURS + 1]
        self.around = np.argsort(inner, axis=1, kind="stable")[:, : NEIGHBOURS * 5].tolist()
        self.outward = distances[: self.sites, self.sites :].min(axis=1)
        self.usual = max(1.0, float(np.sort(inner, axis=1)[:, 1:6].mean())) if self.sites > 1 else 1.0
        self.penalty = float(distances.max()) * 100 + 1
        self.starts = np.arange(self.sites, self.sites + self.shifts)
        self._seen = np.random.default_rng(seed).random(1 << 16) >= BLINKS
        self._at = 0
        self._empty()

    def _empty(self) -> None:
        nodes = self.sites + self.shifts
        self.next: Whole = np.arange(nodes)
        self.previous: Whole = np.arange(nodes)
        # Nodes on no route belong to a shift of their own that has no minutes.
        self.route: Whole = np.full(nodes, self.shifts)
        self.route[self.sites :] = np.arange(self.shifts)
        self.load = np.zeros(self.shifts + 1)
        self.count: Whole = np.zeros(self.shifts + 1, dtype=np.int64)
        self.absent: set[int] = set()
        self.cost = 0.0

    def begin(self) -> None:
        """First routes: each site, in an order of chance, where it costs least."""
        self._empty()
        order = list(range(self.sites))
        self.chance.shuffle(order)
        self.absent = {node for node in order if not self._insert(node)}
        self.cost = self._whole_cost()
        self._keep_best()

    def best_routes(self) -> list[list[int]]:
        """The best routes met, one list of sites for each shift."""
        routes = []
        for start in self.starts.tolist():
            route, node = [], int(self.best[start])
            while node != start:
                route.append(node)
                node = int(self.best[node])
            routes.append(route)
        return routes

    def improve(self, iterations: int, *, until: float) -> None:
        """Take strings out and put them back, `iterations` times or until the monotonic clock reads `until`."""
        warm, cold = self.usual * WARM, self.usual * COLD
        begun = time.monotonic()
        span = max(until - begun, 1e-6)
        for number in range(iterations):
            now = time.monotonic()
            if now >= until:
                break
            heat = warm * (cold / warm) ** max(number / iterations, (now - begun) / span)
            kept = (self.next.copy(), self.previous.copy(), self.route.copy(), self.load.copy(), self.count.copy(),
                    set(self.absent), self.cost)  # fmt: skip
            self._change()
            if self.cost >= kept[6] - heat * math.log(1.0 - self.chance.random()):
                self.next, self.previous, self.route, self.load, self.count, self.absent, self.cost = kept
            elif self.cost < self.best_cost - 1e-6:
                self._keep_best()

    def _change(self) -> None:
        out = self._ruin()
        tried = sorted(self.absent)
        if len(tried) > ABSENT_TRIED:
            tried = self.chance.sample(tried, ABSENT_TRIED)
        self.absent -= set(tried)
        self.cost -= self.penalty * len(tried)
        out += tried
        way = self.chance.random()
        if way < 0.45:
            self.chance.shuffle(out)
        else:
            out.sort(key=lambda node: float(self.outward[node]), reverse=way < 0.7)
        for node in out:
            if not self._insert(node):
                self.absent.add(node)
                self.cost += self.penalty

    def _ruin(self) -> list[int]:
        """Take a string of visits out of each of a few routes around one site."""
        used = max(1, int((self.count[: self.shifts] > 0).sum()))
        longest = min(float(STRING_LENGTH_MAX), max(1.0, self.sites / used))
        strings = int(self.chance.uniform(1, max(1.0, 4 * REMOVED_ON_AVERAGE / (1 + longest) - 1) + 1))
        out: list[int] = []
        ruined: set[int] = set()
        for node in self.around[self.chance.randrange(self.sites)]:
            if len(ruined) >= strings:
                break
            shift = int(self.route[node])
            if shift == self.shifts or shift in ruined:
                continue
            size = int(self.count[shift])
            length = min(size, int(self.chance.uniform(1, min(size, longest) + 1)))
            for gone in self._string(node, length):
                self._remove(gone)
                out.append(gone)
            ruined.add(shift)
        return out

    def _string(self, node: int, length: int) -> list[int]:
        """`length` neighbouring visits of a route, with `node` among them."""
        first = node
        for _ in range(self.chance.randrange(length)):
            before = int(self.previous[first])
            if before >= self.sites:
                break
            first = before
        found, last = [first], first
        while len(found) < length and (after := int(self.next[last])) < self.sites:
            found.append(after)
            last = after
        while len(found) < length and (before := int(self.previous[first])) < self.sites:
            found.append(before)
            first = before
        return found

    def _insert(self, node: int) -> bool:
        """Put a site where it costs least and fits; now and then the best place is overlooked on purpose."""
        near = self.near[node]
        before = np.concatenate((near, self.previous[near], self.starts, self.previous[self.starts]))
        after = self.next[before]
        row = self.distances[node]
        more = row[before] + row[after] - self.distances[before, after]
        shifts = self.route[before]
        fits = self.load[shifts] + (more / self.speed + self.minutes[node]) <= self.capacity[shifts]
        if self._at + len(before) > len(self._seen):
            self._at = 0
        fits &= self._seen[self._at : self._at + len(before)]
        self._at += len(before) + 1
        more = np.where(fits, more, np.inf)
        place = int(more.argmin())
        if not np.isfinite(more[place]):
            return False
        self.cost += self._link(node, int(before[place]), int(shifts[place]))
        return True

    def _link(self, node: int, before: int, shift: int) -> float:
        after = int(self.next[before])
        row = self.distances[node]
        more = float(row[before] + row[after] - self.distances[before, after])
        self.next[before] = self.previous[after] = node
        self.previous[node], self.next[node], self.route[node] = before, after, shift
        self.load[shift] += more / self.speed + self.minutes[node]
        self.count[shift] += 1
        return more

    def _remove(self, node: int) -> None:
        before, after, shift = int(self.previous[node]), int(self.next[node]), int(self.route[node])
        row = self.distances[node]
        less = float(row[before] + row[after] - self.distances[before, after])
        self.next[before], self.previous[after], self.route[node] = after, before, self.shifts
        self.load[shift] -= less / self.speed + self.minutes[node]
        self.count[shift] -= 1
        self.cost -= less

    def _whole_cost(self) -> float:
        nodes = [node for node in range(self.sites + self.shifts) if node not in self.absent]
        return float(self.distances[nodes, self.next[nodes]].sum()) + self.penalty * len(self.absent)

    def _keep_best(self) -> None:
        self.best_cost, self.best = self.cost, self.next.copy()
