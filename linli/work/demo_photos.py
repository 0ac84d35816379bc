"""Drawn pictures for the demo: a street before and after, marked as synthetic in the picture itself."""

from __future__ import annotations

import io
import random
from datetime import datetime

from PIL import Image, ImageDraw, ImageFilter

from linli.work.uploads import Told, receive

WIDTH, HEIGHT = 960, 720
GROUND = 470


def picture(chance: random.Random, *, mended: bool) -> bytes:
    """A JPEG of an invented street corner; the mess is gone when `mended`."""
    sky = chance.choice(((188, 210, 224), (205, 214, 218), (226, 214, 196)))
    image = Image.new("RGB", (WIDTH, HEIGHT), sky)
    draw = ImageDraw.Draw(image)
    for left in range(-40, WIDTH, 170):
        _house(draw, chance, left)
    draw.rectangle((0, GROUND, WIDTH, HEIGHT), fill=(150, 150, 146))
    draw.rectangle((0, GROUND, WIDTH, GROUND + 46), fill=(186, 182, 172))
    for left in range(30, WIDTH, 210):
        draw.rectangle((left, 620, left + 110, 632), fill=(224, 222, 212))
    _tree(draw, chance.randrange(90, 300))
    if mended:
        draw.ellipse((430, 560, 700, 610), fill=(142, 144, 142))
    else:
        for _ in range(chance.randrange(9, 17)):
            x, y, size = chance.randrange(360, 720), chance.randrange(500, 600), chance.randrange(28, 78)
            shade = chance.choice(((52, 54, 58), (86, 78, 66), (120, 108, 84), (66, 92, 84)))
            draw.ellipse((x, y, x + size, y + int(size * 0.8)), fill=shade)
        draw.polygon(((600, 560), (690, 520), (740, 590), (640, 620)), fill=(168, 140, 96))
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    ImageDraw.Draw(image).text((16, HEIGHT - 40), "SYNTHETIC DEMO PICTURE", fill=(250, 250, 246), font_size=24)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _house(draw: ImageDraw.ImageDraw, chance: random.Random, left: int) -> None:
    top = chance.randrange(90, 240)
    wall = chance.choice(((196, 176, 152), (178, 184, 186), (206, 198, 182), (170, 152, 138)))
    draw.rectangle((left, top, left + 160, GROUND), fill=wall)
    pane = tuple(int(part * 0.7) for part in wall)
    for row in range(top + 24, GROUND - 60, 58):
        for column in range(left + 16, left + 140, 46):
            draw.rectangle((column, row, column + 28, row + 34), fill=pane)


def _tree(draw: ImageDraw.ImageDraw, x: int) -> None:
    draw.rectangle((x, 380, x + 16, GROUND + 10), fill=(96, 78, 60))
    for dx, dy, size in ((-60, 280, 120), (-10, 250, 130), (-40, 320, 110)):
        draw.ellipse((x + dx, dy, x + dx + size, dy + size), fill=(92, 128, 92))


def upload(chance: random.Random, *, owner: str, mended: bool, at: datetime, lon: float, lat: float) -> str:
    """Receive a drawn picture as a phone would send it; the token of the upload."""
    taken = Told(taken_at=at, longitude=lon, latitude=lat)
    return str(receive(io.BytesIO(picture(chance, mended=mended)), owner=owner, kind_hint="photo", told=taken).token)
