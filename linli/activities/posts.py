"""Writers of the posts of an activity (岗位) and the moving up of the waiting list. Called with the activity locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from linli.activities import telling
from linli.activities.models import Activity, Role, Signup
from linli.activities.waiting import moving_up
from linli.activities.words import listed, public, refuse
from linli.work import moments

POSTS_MAX, CAPACITY_MAX = 12, 5000


@dataclass(frozen=True, slots=True)
class Post:
    """A post as it is asked for; `id` names one that is there already. `serves`: who comes in it gets hours."""

    name: str
    capacity: int
    skills: tuple[str, ...] = ()
    id: int | None = None
    serves: bool = True


def checked(wanted: Sequence[Post]) -> list[Post]:
    """The posts with clean words; StepRefused (422) for none, too many, doubled names, numbers that cannot be."""
    if not 1 <= len(wanted) <= POSTS_MAX:
        raise refuse("bad_posts", "posts", f"岗位要有1到{POSTS_MAX}个。", f"From 1 to {POSTS_MAX} posts.")
    found = []
    for post in wanted:
        if not 1 <= post.capacity <= CAPACITY_MAX:
            raise refuse("bad_capacity", "posts", f"名额在1到{CAPACITY_MAX}之间。", f"From 1 to {CAPACITY_MAX} places.")
        name = public(post.name, "posts", 40, needed=True)
        found.append(Post(name, post.capacity, tuple(listed(post.skills, "posts")), post.id, post.serves))
    if len({post.name for post in found}) != len(found):
        raise refuse("doubled_post", "posts", "岗位名称不能重复。", "A post comes twice.")
    return found


def as_data(wanted: Sequence[Post]) -> list[dict[str, Any]]:
    """Posts as a series or a format keeps them."""
    return [{**asdict(post), "skills": list(post.skills), "id": None} for post in wanted]


def of_data(kept: Sequence[Mapping[str, Any]]) -> list[Post]:
    """Posts of a series or a format."""
    return [
        Post(row["name"], int(row["capacity"]), tuple(row.get("skills") or ()), serves=bool(row.get("serves", True)))
        for row in kept
    ]


def add(row: Activity, wanted: Sequence[Post]) -> None:
    """Write the posts of a new activity (1 statement)."""
    Role.objects.bulk_create(
        Role(
            activity=row, name=post.name, capacity=post.capacity, skills=list(post.skills), serves=post.serves,
            position=place,
        )
        for place, post in enumerate(wanted)
    )  # fmt: skip


def change(row: Activity, wanted: Sequence[Post]) -> None:
    """Make the posts what is asked for: those named by id or by name are changed, others added, the rest removed.

    Raises StepRefused (409) for fewer places than are taken, and for a post that somebody has signed up for.
    """
    held = {role.pk: role for role in row.roles.select_for_update(no_key=True).order_by("pk")}
    by_name = {role.name: role.pk for role in held.values()}
    kept: set[int] = set()
    for place, post in enumerate(wanted):
        number = post.id if post.id in held else by_name.get(post.name)
        if number is None or number in kept:
            add_one(row, post, place)
            continue
        kept.add(number)
        _change_one(held[number], post, place)
    for number, role in held.items():
        if number not in kept:
            _remove(role)


def add_one(row: Activity, post: Post, place: int) -> Role:
    """Write one more post (1 statement)."""
    return Role.objects.create(
        activity=row, name=post.name, capacity=post.capacity, skills=list(post.skills), serves=post.serves,
        position=place,
    )  # fmt: skip


def _change_one(role: Role, post: Post, place: int) -> None:
    if post.capacity < role.taken:
        raise refuse(
            "taken", "posts", f"“{role.name}”已有{role.taken}个名额被占用，不能少于这个数。",
            f"{role.taken} places of “{role.name}” are taken.", status=409,
        )  # fmt: skip
    more = post.capacity > role.capacity
    role.name, role.capacity, role.skills, role.position = post.name, post.capacity, list(post.skills), place
    role.serves = post.serves
    role.save(update_fields=["name", "capacity", "skills", "serves", "position"])
    if more:
        move_up(role, moments.now())


def _remove(role: Role) -> None:
    if role.signups.exists():
        raise refuse(
            "signed_up", "posts", f"“{role.name}”已有人报过名，不能去掉。", f"People signed up for “{role.name}”.",
            status=409,
        )  # fmt: skip
    role.delete()


def count(role: Role, taken: int = 0, turns: int = 0) -> None:
    """Add to what is taken and to the turns of a post, in the row itself: the database refuses what is too many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE activities_role SET taken = taken + %s, turns = turns + %s WHERE id = %s RETURNING taken, turns",
            [taken, turns, role.pk],
        )
        role.taken, role.turns = cursor.fetchone()


def move_up(role: Role, now: datetime) -> list[int]:
    """Give the free places of a locked post to those who wait, in order, and tell them; their persons."""
    queue = role.signups.filter(state=Signup.WAITING).order_by("turn")
    waiting = list(queue.values_list("pk", "person_id", "seats")[: role.capacity - role.taken])
    chosen = moving_up(role.capacity - role.taken, [((pk, person), seats) for pk, person, seats in waiting])
    if chosen:
        numbers = [pk for pk, _person in chosen]
        Signup.objects.filter(pk__in=numbers).update(state=Signup.IN, seated_at=now)
        count(role, sum(seats for pk, _person, seats in waiting if pk in numbers))
        telling.tell(telling.MOVED_UP, role.activity_id, [person for _pk, person in chosen])
    return [person for _pk, person in chosen]
