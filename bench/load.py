"""A small load generator: keep-alive connections, requests prepared beforehand, one thread per connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def rate(port: int, requests: Sequence[bytes], clients: int = 8, expected: bytes = b"HTTP/1.1 201") -> float:
    """Requests answered per second by `clients` connections; RuntimeError when an answer is not the expected one."""
    shares = [requests[number::clients] for number in range(clients)]
    failures: list[bytes] = []
    barrier = threading.Barrier(clients + 1)

    def drive(share: Sequence[bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            barrier.wait()
            for request in share:
                connection.sendall(request)
                answer = _answer(connection)
                if not answer.startswith(expected):
                    failures.append(answer)
                    return

    threads = [threading.Thread(target=drive, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    barrier.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begun
    if failures:
        raise RuntimeError(failures[0][:1500].decode(errors="replace"))
    return len(requests) / took


def _answer(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            raise RuntimeError("the server closed the connection")
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return data if len(data) > len(head) + 4 else head + b"\r\n\r\n" + body
