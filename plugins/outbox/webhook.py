"""One POST to one address of the user's own, and an honest word on what became of it.

The address comes from the settings alone, never from a request, a plan or a draft, and no redirect is followed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from agent import ContentReview, Context, Draft, DraftSet, InDoubt, NotSent

from .artifacts import Publication

TIMEOUT = 20.0
"""Seconds for the whole call."""
ANSWER = 64 * 1024
"""Bytes read of an answer."""
_UNDECIDED = (408, 409, 423, 425)
"""Refusals by which a receiver may also say that it is at work on this very call."""


def preview(settings: Mapping[str, Any], drafts: DraftSet, review: ContentReview | None = None) -> str:
    """Where to, and every text word for word."""
    chosen, held = choose(drafts, review)
    lines = [f"POST {host_of(str(settings.get('url', ''))) or '(no address is set)'} · {len(chosen)} drafts"]
    for d in chosen:
        about = " · ".join(x for x in (d.id, d.creator_name, d.platform or "", d.title) if x)
        lines.append(
            f"[{about}]\n{d.body.rstrip()}\n{' '.join('#' + h for h in d.hashtags)}".rstrip()
            + (f"\n{d.disclosure}" if d.disclosure else "")
        )
    if held:
        lines.append(f"Held back by review: {', '.join(held)}")
    return "\n\n".join(lines)


def choose(drafts: DraftSet, review: ContentReview | None) -> tuple[list[Draft], list[str]]:
    """The drafts that may go out, and the ids of those that review blocks."""
    blocked = {r.draft for r in review.reviews if r.verdict == "block"} if review else set()
    return [d for d in drafts.drafts if d.id not in blocked], [d.id for d in drafts.drafts if d.id in blocked]


async def publish(ctx: Context, drafts: DraftSet, review: ContentReview | None) -> Publication:
    """Send the drafts and read the answer.

    Raises:
        NotSent: no address, no draft, the connection was refused, or the receiver said no (4xx).
        InDoubt: it was sent, and what the receiver did with it is not known (5xx, no answer, a broken connection).
    """
    import httpx2

    own = ctx.settings.tools.get("publish_drafts", {})
    url = address(own)
    chosen, held = choose(drafts, review)
    if not chosen:
        raise NotSent("There is no draft that may be published.", hint="See what the review says of them.")
    timeout = float(own.get("timeout", TIMEOUT))
    headers = {"Idempotency-Key": ctx.idempotency_key, **_token(own)}
    body = {
        "run": ctx.run_id,
        "step": ctx.step_id,
        "idempotency_key": ctx.idempotency_key,
        "drafts": [d.model_dump(mode="json") for d in chosen],
    }
    here = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
    try:
        async with (
            httpx2.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=not here) as client,
            client.stream("POST", url, json=body, headers=headers) as response,
        ):
            answer = await _beginning(response)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as e:
        raise NotSent(f"{host_of(url)} cannot be reached: {e or type(e).__name__}.", hint="Is the receiver running?", retry=True) from e
    except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.ProxyError) as e:
        raise NotSent(f"The call to {host_of(url)} could not be made: {e}.", hint="See `url` under [tools.publish_drafts].") from e
    except httpx2.HTTPError as e:
        raise InDoubt(f"{host_of(url)} did not answer ({type(e).__name__})") from e
    status = response.status_code
    if 200 <= status < 300:
        return Publication(
            host=host_of(url), drafts=[d.id for d in chosen], held_back=held, status=status, answer=answer[:500],
            idempotency_key=ctx.idempotency_key, evidence=list(dict.fromkeys(d.creator for d in chosen if d.creator)),
        )  # fmt: skip
    if status in (307, 308):
        raise NotSent(
            f"{host_of(url)} sends the call elsewhere ({status}), which is not followed.", hint="Put the final address into `url`."
        )
    if 400 <= status < 500 and status not in _UNDECIDED:
        raise NotSent(f"{host_of(url)} refused it ({status}): {' '.join(answer[:200].split())}", hint="Mend that, then resume the run.")
    raise InDoubt(f"{host_of(url)} answered {status}")


async def _beginning(response: Any) -> str:
    """The first bytes of an answer. It has a status by now: a body that breaks off changes nothing."""
    import httpx2

    read = b""
    try:
        async for piece in response.aiter_raw():
            read += piece
            if len(read) >= ANSWER:
                break
    except httpx2.HTTPError:
        pass
    return read[:ANSWER].decode("utf-8", "replace")


def address(own: Mapping[str, Any]) -> str:
    """The address to publish to.

    Raises:
        NotSent: none is set, or it is none to send to.
    """
    url = str(own.get("url", ""))
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        raise NotSent("The publishing address cannot be read.", hint="Set `url` under [tools.publish_drafts] in kolony.toml.") from None
    if not url:
        raise NotSent("No publishing address is set.", hint="Set `url` under [tools.publish_drafts] in kolony.toml.")
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise NotSent("The publishing address must begin with https://.", hint="Only one on this machine may begin with http://.")
    if not parts.hostname or "@" in parts.netloc or "\\" in url or any(c.isspace() for c in url):
        raise NotSent(
            "The publishing address holds a user, a space, or no host.", hint="Put the token into the variable `token_env` names."
        )
    return url


def host_of(url: str) -> str:
    """Host and port. The rest of a webhook's address is often a secret, and is never shown."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _token(own: Mapping[str, Any]) -> dict[str, str]:
    name = str(own.get("token_env", ""))
    if not name:
        return {}
    value = os.environ.get(name, "").strip()
    if not value:
        raise NotSent(f"The variable {name} holds no token.", hint="Set it, or leave `token_env` out.")
    return {"Authorization": f"Bearer {value}"}
