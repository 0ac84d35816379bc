"""The small world for the matrices, which run as the application role and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import weasyprint
from django.db import connection

from tests.support.databases import TestServer
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]


def running_as() -> str:
    """The role of the connection that every cell uses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.fixture
def world(in_small_world: World, db: None, database_server: TestServer) -> Iterator[World]:
    """A district of one street with staff in every role, rolled back after the test; the connection is in role APP."""
    assert running_as() == database_server.app.user
    yield in_small_world
    assert running_as() == database_server.app.user


@pytest.fixture(autouse=True)
def papers_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What twenty roles get is the same paper: the same HTML is drawn once in a test, whoever asks for it."""
    drawn: dict[str, bytes] = {}
    draw = weasyprint.HTML.write_pdf

    def once(html: weasyprint.HTML, *given: Any, **options: Any) -> Any:
        text = ElementTree.tostring(html.etree_element)
        if text not in drawn or "finisher" in options:
            drawn[text] = draw(html, *given, **options)
        return drawn[text]

    monkeypatch.setattr(weasyprint.HTML, "write_pdf", once)
