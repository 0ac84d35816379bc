"""Files that come in numbers: each once, the good ones in spite of the bad ones."""

from __future__ import annotations

import threading
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from linli.work.models import Upload
from linli.work.receiving import Incoming, receive_all, token_of
from linli.work.refused import FileRefused
from linli.work.uploads import Told
from tests.work.conftest import encoded, media, picture

__all__ = ["media"]


def photo(seed: int, number: uuid.UUID | None = None) -> Incoming:
    """A photo as a phone sends it."""
    return Incoming(number or uuid.uuid4(), BytesIO(encoded(picture(seed=seed))), "photo", Told(None, 120.45, 36.38))


def test_each_file_is_received_once_however_often_it_comes(db: None, media: Path) -> None:
    numbers = [uuid.uuid4() for _ in range(4)]
    first = receive_all([photo(seed, number) for seed, number in enumerate(numbers)], owner="p1")
    again = receive_all([photo(seed, number) for seed, number in enumerate(numbers)], owner="p1")
    assert first == again == {number: token_of("p1", number) for number in numbers}
    assert Upload.objects.count() == 4
    assert Upload.objects.first().longitude == 120.45


def test_the_same_number_of_somebody_else_is_another_file(db: None, media: Path) -> None:
    number = uuid.uuid4()
    one, other = receive_all([photo(1, number)], owner="p1"), receive_all([photo(1, number)], owner="p2")
    assert one[number] != other[number]


def test_a_bad_file_says_why_and_the_others_are_taken(db: None, media: Path) -> None:
    good, bad = photo(1), Incoming(uuid.uuid4(), BytesIO(b"\xff\xd8\xff" + b"x" * 400))
    sound = Incoming(uuid.uuid4(), BytesIO(b"no sound at all"), "audio")
    found = receive_all([bad, good, sound], owner="p1")
    assert isinstance(found[good.number], uuid.UUID)
    assert isinstance(found[bad.number], FileRefused)
    assert isinstance(found[sound.number], FileRefused)
    assert Upload.objects.count() == 1
    assert receive_all([], owner="p1") == {}


@pytest.mark.race
def test_the_same_file_by_four_at_once_is_one(transactional_db: Any, media: Path) -> None:
    number, found, barrier = uuid.uuid4(), [], threading.Barrier(4)

    def send() -> None:
        barrier.wait()
        found.append(receive_all([photo(1, number)], owner="p1")[number])
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [token_of("p1", number)] * 4
    assert Upload.objects.count() == 1
