"""While the database is away, pages ask for a moment's patience and come back by themselves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test import Client

from linli.config.error_pages import server_error
from linli.config.templatetags import linli_ui


@pytest.fixture
def away(transactional_db: Any) -> Iterator[None]:
    """New connections go to a port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    settings = connection.settings_dict
    kept = {name: settings[name] for name in ("HOST", "PORT")}
    connection.close()
    settings.update(HOST="127.0.0.1", PORT=port)
    yield
    connection.close()
    settings.update(kept)


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "稍等片刻"), ("en", "One moment, please")])
def test_a_page_without_its_database_says_so_and_when_to_try_again(away: None, language: str, words: str) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    answer = client.get("/")
    assert answer.status_code == 503 and answer["Retry-After"] == "5"
    assert words in answer.content.decode()


def test_afterwards_the_page_is_there(transactional_db: Any) -> None:
    assert Client().get("/").status_code == 200


def test_where_even_the_page_of_faults_cannot_be_made_a_sentence_is_sent(rf: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(linli_ui, "manifest", Mock(side_effect=ImproperlyConfigured("not built")))
    answer = server_error(rf.get("/"))
    assert answer.status_code == 500 and "没有保存" in answer.content.decode()
    with pytest.raises(OperationalError):
        try:
            raise OperationalError("away")
        except OperationalError:
            answer = server_error(rf.get("/"))
            raise
    assert answer.status_code == 503 and answer["Retry-After"] == "5" and "没有保存" in answer.content.decode()
