"""The small world, a place for files, and pictures to send."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database"]


@pytest.fixture
def world(in_small_world: World, db: Any, media: Path) -> World:
    """A district with staff in every role."""
    return in_small_world


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    """An empty folder for files and a home of its own for seals."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.LINLI_HOME = tmp_path
    return tmp_path


def picture(width: int = 640, height: int = 480, *, seed: int = 1, mode: str = "RGB") -> Image.Image:
    """A picture with shapes in it, so that its perceptual hash means something; another seed, another picture."""
    small = Image.new("RGB", (8, 6))
    small.putdata([((seed * 37 * n) % 256, (seed * 91 * n + 40) % 256, (seed * n * n * 13) % 256) for n in range(48)])
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The bytes of a picture."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
