"""Letters as RFC 5322 messages: safe headers, UTF-8 bodies, and a folder that appears whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from agent import Context, NotSent

from .artifacts import Letter, Outbox, OutboxFile, Outreach

NOBODY = "sender-not-set@kolony.invalid"
"""Stands in From where no sender is set: RFC 5322 wants one, and RFC 2606 keeps `.invalid` from ever being somebody's."""
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")


def preview(settings: Mapping[str, Any], outreach: Outreach) -> str:
    """Every letter as it would lie in the outbox."""
    parts = [f"From: {one_line(outreach.sender_name)} <{_valid(outreach.sender) or NOBODY}>"]
    for x in outreach.letters:
        parts.append(f"To: {one_line(x.name)} <{_valid(x.address) or '?'}>\nSubject: {one_line(x.subject)}\n\n{x.body.rstrip()}")
    return "\n\n----------\n\n".join(parts)


def write_outbox(ctx: Context, outreach: Outreach) -> Outbox:
    """Write the letters under ``outbox/<first digits of the idempotency key>`` in the run's folder.

    The messages are the same bytes however often this runs for one approved content.

    Raises:
        NotSent: there is nothing to write, or the disk refuses it.
    """
    if not outreach.letters:
        raise NotSent("There is no e-mail to write.", hint="See why no creator was chosen.")
    final = ctx.folder / "outbox" / ctx.idempotency_key[:12]
    temporary = final.with_name(f".{final.name}.new")
    files: list[OutboxFile] = []
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for n, letter in enumerate(outreach.letters, 1):
            message = message_of(letter, outreach, ctx, n)
            name = f"{n:02d}-{_slug(letter)}.eml"
            with (temporary / name).open("wb") as f:
                f.write(message.as_bytes())
                f.flush()
                os.fsync(f.fileno())
            files.append(
                OutboxFile(
                    creator=letter.creator, name=letter.name, address=_valid(letter.address), subject=one_line(letter.subject),
                    file=str(Path("outbox", final.name, name)), message_id=str(message["Message-ID"]),
                )
            )  # fmt: skip
        if final.exists():  # an attempt before this one got so far: the same content has the same key
            shutil.rmtree(temporary)
        else:
            os.replace(temporary, final)
    except (OSError, MessageError, ValueError) as e:
        shutil.rmtree(temporary, ignore_errors=True)
        raise NotSent(f"The outbox could not be written: {e}.", hint=f"See whether {final.parent} can be written.") from e
    return Outbox(files=files, notes=outreach.notes, evidence=outreach.evidence)


def message_of(letter: Letter, outreach: Outreach, ctx: Context, n: int) -> EmailMessage:
    """The message; nothing in a name, subject or address can add a header or a recipient."""
    sender = _valid(outreach.sender) or NOBODY
    token = hashlib.sha256(f"{ctx.idempotency_key}/{n}/{letter.creator}".encode()).hexdigest()[:32]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(one_line(outreach.sender_name), addr_spec=sender)
    to = _valid(letter.address)
    if to:
        message["To"] = Address(one_line(letter.name), addr_spec=to)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(ctx.now)
    message["Message-ID"] = f"<{token}@{sender.rpartition('@')[2]}>"
    message["X-Unsent"] = "1"  # mail programs open it as a draft
    message["Content-Language"] = letter.language
    message.set_content(_printable(letter.body), charset="utf-8")
    return message


def one_line(text: str) -> str:
    """Text for a header: no line breaks, no control characters, no lone surrogates, and no encoded word (RFC 2047), in which a line
    break could hide."""
    return " ".join(_printable(text).split()).replace("=?", "= ?")


def _printable(text: str) -> str:
    sound = text.encode("utf-8", "replace").decode()
    return "".join(c for c in sound if c in "\n\t" or (ord(c) >= 32 and not 0x7F <= ord(c) <= 0x9F and c not in "\u2028\u2029"))


def _valid(address: str) -> str:
    return address if _ADDRESS.fullmatch(address) and ".." not in address else ""


def _slug(letter: Letter) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", letter.name.lower()).strip("-")[:40]
    return plain or hashlib.sha256(letter.creator.encode("utf-8", "replace")).hexdigest()[:8]
