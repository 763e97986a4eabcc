"""Attempts to carry personal data past the privacy wall: hidden by writing, or put where no one looks."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import quote

import pytest
from loopback import Loopback, says, serving
from pydantic import BaseModel, Field, create_model

from agent.errors import ModelUnavailable
from agent.models import Ledger, Router
from agent.settings import RemoteModel, Settings

PHONE, MAIL = "13812345678", "jane.doe@example.com"


class Documented(BaseModel):
    """Write to jane.doe@example.com."""

    x: str


class Described(BaseModel):
    x: str = Field(description=f"call {PHONE}")


class Chosen(BaseModel):
    x: Literal["13812345678", "other"]


class Counted(BaseModel):
    x: Literal[13812345678]


class AtLeast(BaseModel):
    x: int = Field(ge=13812345678)


class Shown(BaseModel):
    x: str = Field(examples=[PHONE])


class Shaped(BaseModel):
    x: str = Field(pattern=f"^{PHONE}$")


class Titled(BaseModel):
    x: str = Field(title=MAIL)


PLACES: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": f"hi {PHONE}"},
    "system": {"system": f"The user is {MAIL}."},
    "example's question": {"examples": [(PHONE, "ok")]},
    "example's answer": {"examples": [("q", MAIL)]},
    "stop sequence": {"stop": (PHONE,)},
    **{f"schema: {s.__name__}": {"schema": s} for s in (Documented, Described, Chosen, Counted, AtLeast, Shown, Shaped, Titled)},
    "schema's name": {"schema": create_model(f"Call{PHONE}", x=(str, ...))},
    "property's name": {"schema": create_model("S", **{"x": (str, Field(alias=MAIL))})},
    "named in the system text": {"system": "回答用户。他的微信号是：", "prompt": "zhangsanfeng"},
    "named in an example": {"examples": [("她的电话：", "85212345")]},
    "named in the last example": {"examples": [("q", "客户电话：")], "prompt": "85212345"},
}
HIDDEN = {
    "base64": base64.b64encode(f"call {MAIL} now".encode()).decode(),
    "base64 in a URL": f"https://example.com/?d={base64.urlsafe_b64encode(PHONE.encode()).decode()}",
    "hexadecimal": MAIL.encode().hex(),
    "percent": quote(MAIL, safe=""),
    "percent twice": quote(quote(MAIL, safe=""), safe=""),
    "HTML decimal": "".join(f"&#{ord(c)};" for c in MAIL),
    "HTML hexadecimal": "".join(f"&#x{ord(c):x};" for c in PHONE),
    "JSON": "".join(f"\\u{ord(c):04x}" for c in MAIL),
    "JSON in JSON": json.dumps("".join(f"\\u{ord(c):04x}" for c in MAIL)),
    "bytes": "".join(f"\\x{ord(c):02x}" for c in PHONE),
    "zero-width spaces": "\u200b".join(PHONE),
    "byte order marks": "\ufeff".join(MAIL),
    "tags": "hello" + "".join(chr(0xE0000 + ord(c)) for c in MAIL),
    "strike-through": "\u0336".join(PHONE),
    "full width": "１３８１２３４５６７８",
    "Cyrillic look-alikes": "jаnе@ехаmple.com",
    "letters for digits": "138OO138OOO",
    "Chinese numerals": "一三八，一二三四，五六七八",
    "list marks": f"1️⃣{PHONE}",
    "behind other digits": "9" * 30 + " " + PHONE,
    "behind a word": f"note: {PHONE}",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving(says("ok")) as running:
        yield running


def ask(server: Loopback, prompt: str = "hi", **call: Any) -> None:
    router = Router(Settings(offline_model=False, models=[RemoteModel(name="cloud", model="m", base_url=server.url)]))
    asyncio.run(router.bind("run", "step", "any", Ledger(1)).generate(prompt, task="t", **call))


def test_a_plain_text_is_sent(server: Loopback) -> None:
    """What follows would prove nothing if nothing was ever sent."""
    sent = len(server.received)
    ask(server, "Say hello.", system="Be brief. Order 12345.", examples=[("Q", "A")], stop=("\n",))
    assert len(server.received) == sent + 1


@pytest.mark.parametrize("place", PLACES)
def test_no_part_of_a_call_carries_it_out(server: Loopback, place: str) -> None:
    sent = len(server.received)
    with pytest.raises(ModelUnavailable, match="personal data"):
        ask(server, **PLACES[place])
    assert len(server.received) == sent


@pytest.mark.parametrize("how", HIDDEN)
def test_no_way_of_writing_carries_it_out(server: Loopback, how: str) -> None:
    sent = len(server.received)
    with pytest.raises(ModelUnavailable, match="personal data"):
        ask(server, f"Please answer: {HIDDEN[how]}")
    assert len(server.received) == sent


def test_the_task_is_told_to_nobody(server: Loopback) -> None:
    router = Router(Settings(offline_model=False, models=[RemoteModel(name="cloud", model="m", base_url=server.url)]))
    asyncio.run(router.bind(PHONE, PHONE, "any", Ledger(1), tool=PHONE).generate("Say hello.", task=PHONE))
    last = server.received[-1]
    assert PHONE.encode() not in last.raw
    assert PHONE not in str(last.headers) + last.path
