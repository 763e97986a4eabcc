"""The guards of conftest.py hold: the network is out of reach, loopback and local sockets are not."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from agent.settings import load


def test_the_network_is_out_of_reach() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s,
        pytest.raises(Exception, match=r"tests may use the loopback interface only"),
    ):
        s.connect(("192.0.2.1", 80))
    with pytest.raises(Exception, match=r"reach example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_loopback_and_local_sockets_work() -> None:
    async def echo() -> bytes:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            reader, writer = await asyncio.open_connection("localhost", server.sockets[0].getsockname()[1])
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            return line

    assert asyncio.run(echo()) == b"hello\n"
    left, right = socket.socketpair()
    left.sendall(b"x")
    assert right.recv(1) == b"x"
    left.close()
    right.close()


def test_settings_see_the_tests_own_home_and_clock(home: Path, tmp_path: Path, now: object) -> None:
    settings = load(tmp_path)
    assert settings.home == home
    assert settings.clock() == now
    assert os.environ["HF_HUB_OFFLINE"] == "1"
