"""The connection reads whatever pieces an answer comes in, and knows when none comes."""

import asyncio
from collections.abc import Callable

import pytest

from tests.load.connection import Answer, Connection, NotSent, Unanswered

BODY = b'{"type": "/problems/full"}'
ANSWER = b"HTTP/1.1 409 Conflict\r\nserver: x\r\nContent-Length: 26\r\n\r\n" + BODY
NO_BODY = b"HTTP/1.1 204 No Content\r\n\r\n"
Speak = Callable[[asyncio.Transport], None]


class Speaker(asyncio.Protocol):
    """A server's side of a connection that answers whatever it hears."""

    def __init__(self, speak: Speak) -> None:
        self._speak = speak

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert data.startswith(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        self._speak(self._transport)


async def ask(speak: Speak, *, times: int = 1) -> list[Answer]:
    """Ask a server that says this."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Speaker(speak), "127.0.0.1", 0)
    connection = Connection(server.sockets[0].getsockname()[1])
    try:
        return [await connection.request("POST", "/", body={"a": "b"}) for _ in range(times)]
    finally:
        connection.close()
        server.close()
        # Its connections notice in the next turns of the loop.
        await asyncio.sleep(0.02)


def whole(transport: asyncio.Transport) -> None:
    transport.write(ANSWER)


def nothing(transport: asyncio.Transport) -> None:
    transport.close()


def half(transport: asyncio.Transport) -> None:
    transport.write(ANSWER[:60])
    transport.close()


@pytest.mark.parametrize("times", [1, 3])
def test_answers_over_one_connection(times: int) -> None:
    answers = asyncio.run(ask(whole, times=times))

    assert [(answer.status, answer.slug) for answer in answers] == [(409, "full")] * times


def test_an_answer_that_is_the_last_of_its_connection() -> None:
    spoken: list[asyncio.Transport] = []

    def speak(transport: asyncio.Transport) -> None:
        spoken.append(transport)
        transport.write(ANSWER.replace(b"server: x", b"Connection: close"))

    asyncio.run(ask(speak, times=2))

    assert len(set(spoken)) == 2


@pytest.mark.parametrize("cut", [1, 20, len(ANSWER) - 40, len(ANSWER) - 1])
def test_answers_in_pieces(cut: int) -> None:
    def speak(transport: asyncio.Transport) -> None:
        transport.write(ANSWER[:cut])
        asyncio.get_running_loop().call_later(0.01, transport.write, ANSWER[cut:])

    assert asyncio.run(ask(speak))[0].slug == "full"


def test_answers_without_a_body() -> None:
    [answer] = asyncio.run(ask(lambda transport: transport.write(NO_BODY)))

    assert answer == Answer(204, b"")


@pytest.mark.parametrize("speak", [nothing, half])
def test_no_answer(speak: Speak) -> None:
    with pytest.raises(Unanswered):
        asyncio.run(ask(speak))


def test_nobody_there() -> None:
    with pytest.raises(NotSent):
        asyncio.run(Connection(9).request("GET", "/"))
