"""Rate cards from a service over HTTP: one way to wrap what others run."""

import asyncio
import json
import os
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError

from agent import Artifact, Context, Slate, ToolError, TransientError, hookimpl, tool

MOST_BYTES = 1_000_000


class Options(BaseModel):
    """``[tools.look_up_rates]`` of ``kolony.toml``."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    url: HttpUrl
    key_env: str | None = None
    seconds: float = Field(10.0, gt=0, le=60)


class Rate(BaseModel):
    """What a creator asks for one post."""

    creator: str
    format: str
    amount: Annotated[Decimal, Field(ge=0, max_digits=12)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class _Answer(BaseModel):
    quotes: list[Rate]


class RateCards(Artifact):
    """Prices of the creators on a slate, as the service gives them."""

    deliverable = "rate_cards"

    rates: list[Rate] = Field(default_factory=list)
    unknown: list[str] = Field(default_factory=list, description="creators that the service has no price for")


@tool(effect="read", privacy="any", asks=["look up the rate cards", "rate cards", "查刊例价", "刊例"], seconds=2, timeout=120)
async def look_up_rates(ctx: Context, slate: Slate) -> RateCards:
    """What the creators on the slate ask for a post, from the rate-card service in the settings."""
    try:
        options = Options.model_validate(ctx.settings.tools.get("look_up_rates", {}))
    except ValidationError as e:
        faults = "; ".join(f"{f['loc'][0]}: {f['msg']}" for f in e.errors())
        raise ToolError(f"[tools.look_up_rates] is not usable: {faults}.", hint="Set `url` to your rate-card service.") from e
    creators = [pick.candidate.creator for pick in slate.picks]
    if not creators:
        raise ToolError("The slate is empty, so there is nobody to look up.", hint="Widen the request.")
    quotes = [q for q in (await _ask(options, creators)).quotes if q.creator in creators]
    missing = sorted(set(creators) - {q.creator for q in quotes})
    notes = [f"From {options.url.host}, {ctx.now:%Y-%m-%d}."]
    if missing:
        notes.append(f"No price is known there for {len(missing)} of {len(creators)} creators.")
    return RateCards(rates=quotes, unknown=missing, notes=notes, evidence=creators)


async def _ask(options: Options, creators: list[str]) -> _Answer:
    import httpx2  # only now: importing it takes longer than a plugin may

    headers = {"Authorization": f"Bearer {os.environ[options.key_env]}"} if options.key_env and os.environ.get(options.key_env) else {}
    host = options.url.host
    try:
        async with (
            asyncio.timeout(options.seconds),
            httpx2.AsyncClient(follow_redirects=False, trust_env=False) as client,
            client.stream("POST", str(options.url), json={"creators": creators}, headers=headers) as response,
        ):
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    raise ToolError(f"{host} sent more than {MOST_BYTES:,} bytes.", hint="Ask whoever runs it.")
    except (httpx2.TransportError, TimeoutError) as e:
        raise TransientError(f"{host} did not answer: {type(e).__name__}.", hint="Is `url` right, and the service up?") from e
    if response.status_code in (429, 500, 502, 503, 504):
        raise TransientError(f"{host} answered {response.status_code}.", hint="Try again later.")
    if response.status_code != 200:
        raise ToolError(f"{host} answered {response.status_code}.", hint="Check `url` and the key that `key_env` names.")
    try:
        return _Answer.model_validate(json.loads(body))
    except ValueError as e:
        raise ToolError(f"{host} answered something else than rate cards.", hint="Its answer is described in the README.") from e


@hookimpl
def register_tools():
    return [look_up_rates]
