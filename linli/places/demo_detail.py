"""Roads, compounds, buildings and landmarks of the demo: invented, drawn so that a person can find the way."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from linli.places.partition import Floats, Plane
from linli.places.sheet import Sheet, SheetRow

Point = tuple[float, float]

ROADS_WEST_EAST = ("和平路", "鹤山路", "振兴街", "文化路", "嵩山路", "新华街", "青年路", "丰收路")
ROADS_NORTH_SOUTH = ("长江路", "解放街", "朝阳路", "烟青路", "学府路", "泰山街", "团结路", "迎宾路")
COMPOUNDS = (
    "阳光小区", "和平里", "书香苑", "锦绣花园", "康乐新村", "翠竹园", "幸福里", "金桂苑", "望湖花园", "安居苑",
    "紫薇园", "福临家园", "清风小区", "华府嘉园", "梧桐苑", "瑞景花园", "东方小区", "春晓苑", "祥和家园", "云锦苑",
)  # fmt: skip
LANDMARKS: tuple[tuple[str, str], ...] = (
    ("中心广场", "square"), ("和平公园", "park"), ("第一实验小学", "school"), ("第二实验小学", "school"),
    ("第四中学", "school"), ("人民医院东院", "hospital"), ("社区卫生服务站", "hospital"), ("鹤山路农贸市场", "market"),
    ("振兴街早市", "market"), ("汽车总站", "station"), ("文化馆", "facility"), ("图书馆", "facility"),
    ("体育中心", "facility"), ("新时代文明实践所", "service_centre"), ("便民服务中心", "service_centre"),
    ("派出所", "government"), ("综合行政执法中队", "government"), ("市场监管所", "government"),
    ("购物中心", "mall"), ("百货大楼", "mall"), ("滨河公园", "park"), ("健身广场", "square"),
    ("公共停车场", "parking"), ("环卫工作站", "facility"), ("青少年宫", "facility"), ("敬老院", "facility"),
)  # fmt: skip


def _edges(shapes: Iterable[BaseGeometry]) -> dict[Point, set[Point]]:
    graph: dict[Point, set[Point]] = {}
    for part in shapely.get_parts(np.array(list(shapes), dtype=object)):
        ring = [(float(x), float(y)) for x, y in shapely.get_coordinates(part.exterior)]
        for one, other in pairwise(ring):
            if one != other:
                graph.setdefault(one, set()).add(other)
                graph.setdefault(other, set()).add(one)
    return graph


def _shortest(graph: dict[Point, set[Point]], start: Point, goal: Point) -> list[Point]:
    """Dijkstra over the edges of grids, in degrees (the stretch between both axes does not matter here)."""
    best: dict[Point, float] = {start: 0.0}
    came: dict[Point, Point] = {}
    heap = [(0.0, start)]
    while heap:
        cost, here = heapq.heappop(heap)
        if here == goal:
            break
        if cost > best[here]:
            continue
        for there in graph[here]:
            new = cost + float(np.hypot(there[0] - here[0], there[1] - here[1]))
            if new < best.get(there, float("inf")):
                best[there], came[there] = new, here
                heapq.heappush(heap, (new, there))
    route = [goal]
    while route[-1] != start and route[-1] in came:
        route.append(came[route[-1]])
    return route[::-1] if route[-1] == start else []


def _smooth(route: Sequence[Point]) -> BaseGeometry:
    """A road bends; a border of grids has corners: simplify, then cut corners twice (Chaikin)."""
    line = shapely.simplify(shapely.linestrings(route), 0.0006)
    points: Floats = shapely.get_coordinates(line)
    for _round in range(2):
        near, far = points[:-1] * 0.75 + points[1:] * 0.25, points[:-1] * 0.25 + points[1:] * 0.75
        inner = np.stack([near, far], axis=1).reshape(-1, 2)
        points = np.concatenate([points[:1], inner[1:-1], points[-1:]])
    return shapely.linestrings(np.round(points, 7))


def draw_roads(grids: Sequence[BaseGeometry], across: int, along: int) -> list[tuple[str, BaseGeometry]]:
    """Named roads along the borders of grids: `across` from west to east, `along` from south to north."""
    graph = _edges(grids)
    nodes = np.array(list(graph))
    (west, south), (east, north) = nodes.min(axis=0).tolist(), nodes.max(axis=0).tolist()
    ends: list[tuple[str, tuple[float, float], tuple[float, float]]] = []
    for n in range(across):
        level = south + (n + 1) / (across + 1) * (north - south)
        ends.append((ROADS_WEST_EAST[n % len(ROADS_WEST_EAST)], (west, level), (east, level)))
    for n in range(along):
        level = west + (n + 1) / (along + 1) * (east - west)
        ends.append((ROADS_NORTH_SOUTH[n % len(ROADS_NORTH_SOUTH)], (level, south), (level, north)))
    roads: list[tuple[str, BaseGeometry]] = []
    for name, start, goal in ends:
        route = _shortest(graph, _nearest(nodes, *start), _nearest(nodes, *goal))
        if len(route) > 1:
            roads.append((name, _smooth(route)))
    return roads


def _nearest(nodes: Floats, lon: float, lat: float) -> Point:
    row = nodes[np.argmin(np.hypot(nodes[:, 0] - lon, nodes[:, 1] - lat))]
    return (float(row[0]), float(row[1]))


def add_compound(sheet: Sheet, grid: int, shape: BaseGeometry, name: str, buildings: int, turn: float) -> int:
    """A residential compound with rows of buildings inside the largest circle of a grid; returns its index."""
    middle = shapely.centroid(shape)
    plane = Plane(float(middle.x), float(middle.y))
    flat = plane.flat(shape)
    circle = shapely.maximum_inscribed_circle(flat, tolerance=0.01)
    (x, y), rim = shapely.get_coordinates(circle)
    radius = float(np.hypot(rim[0] - x, rim[1] - y))
    half = min(radius * 0.66, 0.13)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])

    def place(box: Sequence[float]) -> BaseGeometry:
        x0, y0, x1, y1 = box
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) * half
        return plane.degrees(shapely.polygons(corners @ matrix.T + [x, y]))

    compound = sheet.add(
        SheetRow("site", name, grid, site_kind="compound", geometry=place((-1, -1, 1, 1)), synthetic=True)
    )
    rows = (buildings + 1) // 2
    for n in range(buildings):
        left, row = (n % 2 == 0), n // 2
        top = 0.85 - row * 1.7 / rows
        low = top - 0.9 / rows
        box = (-0.88, low, -0.12, top) if left else (0.12, low, 0.88, top)
        sheet.add(SheetRow("building", f"{name}{n + 1}号楼", compound, geometry=place(box), synthetic=True))
    return compound
