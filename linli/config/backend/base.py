"""Database wrapper: persistent connections whose health is read from the socket, not asked from the server."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg import pq

ONLY_WHEN_ASKED = 2**31


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with persistent connections that notice a server that went away before they are used."""

    def get_connection_params(self) -> dict[str, Any]:
        """As Django's, but statements sent with `prepare=True` are prepared (Django switches preparing off).

        Nothing is prepared by itself, however often it is sent.
        """
        return super().get_connection_params() | {"prepare_threshold": ONLY_WHEN_ASKED}

    def is_usable(self) -> bool:
        """Whether the connection can be used.

        A server that stopped closes its sockets, so an idle connection that has become readable is a dead one
        (or holds a notice nobody waits for). Django would send `SELECT 1` before each request instead.
        """
        if self.connection is None or self.connection.closed:
            return False
        pgconn = self.connection.pgconn
        if pgconn.status != pq.ConnStatus.OK or pgconn.transaction_status == pq.TransactionStatus.UNKNOWN:
            return False
        poll = select.poll()
        poll.register(pgconn.socket, select.POLLIN | select.POLLERR | select.POLLHUP)
        return not poll.poll(0)
