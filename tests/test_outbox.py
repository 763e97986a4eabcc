"""What goes out: e-mails that no name can break out of, and one publication each however the receiver behaves."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import Brief, Candidate, Draft, DraftSet, InDoubt, Kolony, Money, NotSent, Pick, Slate
from agent.artifacts import ContentReview, DraftReview
from agent.host import Host
from agent.settings import Settings
from plugins.outbox import Letter, Outreach, draft_outreach, publish_drafts, write_outreach
from plugins.outbox.mail import NOBODY, message_of
from plugins.outbox.webhook import address, host_of, preview
from vectorstore.records import Creator

KEY = "k" * 40
DRAFTS = DraftSet(
    drafts=[Draft(id="d1", body="零糖，全是果味。", hashtags=["汽水"], disclosure="广告"), Draft(id="d2", body="Cold as ice.")]
)


def ctx(folder: Path, *creators: Creator, **tools: dict[str, Any]) -> Any:
    known = {c.id: c for c in creators}
    store = SimpleNamespace(creators=lambda ids: [known[i] for i in ids if i in known])
    return SimpleNamespace(
        folder=folder, idempotency_key=KEY, now=NOW, run_id="r", step_id="s", settings=Settings(tools=tools), store=store
    )  # fmt: skip


# --- e-mails


def candidate(id: str, name: str, platform: Any = "instagram", price: Any = "quoted") -> Pick:
    return Pick(
        candidate=Candidate(creator=id, name=name, platform=platform, score=1.0, price_basis=price),
        posts=2, format="video", cost=Money(amount=1200, currency="USD"), value=1.0,
    )  # fmt: skip


def letters(tmp_path: Path) -> Outreach:
    ana = Creator(id="instagram:ana", platform="instagram", bio="Desserts in Dallas. Work: ana@cakes.example.com")
    two = Creator(id="instagram:two", platform="instagram", bio="a@x.example.com or b@x.example.com")
    lin = Creator(id="xiaohongshu:lin", platform="xiaohongshu", bio="合作请联系 lin@tian.example.com")
    slate = Slate(
        picks=[
            candidate("instagram:ana", "Ana"),
            candidate("instagram:two", "Two"),
            candidate("xiaohongshu:lin", "林薇", "xiaohongshu", "estimated"),
        ]
    )
    drafts = DraftSet(drafts=[Draft(id="d1", creator="xiaohongshu:lin", body="一口下去全是果味")])
    brief = Brief(brand="Zubbly", product="soda", must_say=["zero sugar"])
    made: Outreach = draft_outreach(
        ctx(tmp_path, ana, two, lin, draft_outreach={"sender": "team@zubbly.example.com"}), brief, slate, drafts
    )
    return made


def test_each_chosen_creator_gets_a_letter_in_their_language_and_an_address_only_if_known(tmp_path: Path) -> None:
    made = letters(tmp_path)
    assert [(x.name, x.language, x.address) for x in made.letters] == [
        ("Ana", "en", "ana@cakes.example.com"), ("Two", "en", ""), ("林薇", "zh", "lin@tian.example.com"),
    ]  # fmt: skip
    ana, _, lin = made.letters
    assert "USD 1,200" in ana.body
    assert "zero sugar" in ana.body
    assert "paid partnership" in ana.body
    assert "一口下去全是果味" in lin.body
    assert "1,200" not in lin.body  # an estimate is nobody's quote
    assert "付费合作" in lin.body
    assert "Two" in made.notes[0]


def outbox(tmp_path: Path, outreach: Outreach, key: str = KEY) -> Any:
    context = ctx(tmp_path)
    context.idempotency_key = key
    return write_outreach.function(context, outreach)


def test_the_outbox_holds_sound_messages_once(tmp_path: Path) -> None:
    made = outbox(tmp_path, letters(tmp_path))
    assert len(made.files) == 3
    message = message_from_bytes((tmp_path / made.files[2].file).read_bytes(), policy=default)
    assert message.defects == []
    assert message["To"].addresses[0].display_name == "林薇"
    assert message["From"].addresses[0].addr_spec == "team@zubbly.example.com"
    assert message["Subject"].startswith("Zubbly")
    assert "一口下去全是果味" in message.get_content()
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == made.files[2].message_id
    assert "To" not in message_from_bytes((tmp_path / made.files[1].file).read_bytes(), policy=default)
    before = {p: p.read_bytes() for p in (tmp_path / "outbox").rglob("*.eml")}
    again = outbox(tmp_path, letters(tmp_path))
    assert again == made
    assert {p: p.read_bytes() for p in (tmp_path / "outbox").rglob("*.eml")} == before
    other = outbox(tmp_path, letters(tmp_path), "z" * 40)
    assert {f.message_id for f in other.files}.isdisjoint(f.message_id for f in made.files)


HOSTILE = st.text(min_size=0, max_size=60) | st.sampled_from(
    [
        "Ana\r\nBcc: all@evil.example",
        "x\nTo: y@evil.example",
        "\u2028Bcc: a@b.example",
        "../../etc/passwd",
        "a\x00b",
        "=?utf-8?q?=0ABcc:x?=",
        "\ud800",
    ]
)


@settings(max_examples=150, deadline=None)
@given(name=HOSTILE, subject=HOSTILE, sender=HOSTILE, recipient=HOSTILE, body=st.text(max_size=200))
def test_no_text_adds_a_header_or_a_recipient(name: str, subject: str, sender: str, recipient: str, body: str) -> None:
    letter = Letter.model_construct(creator="c", name=name, address=recipient, language="en", subject=subject, body=body)
    outreach = Outreach.model_construct(sender=sender, sender_name=name, letters=[letter], notes=[], evidence=[])
    message = message_from_bytes(message_of(letter, outreach, ctx(Path()), 1).as_bytes(), policy=default)
    allowed = {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "x-unsent",
        "content-language",
        "content-type",
        "content-transfer-encoding",
        "mime-version",
    }
    names = [k.lower() for k in message]
    assert set(names) <= allowed
    assert len(names) == len(set(names))
    assert message["From"].addresses[0].addr_spec in (sender, NOBODY)
    assert [a.addr_spec for a in (message["To"].addresses if message["To"] else ())] in ([], [recipient])


def test_files_stay_in_the_outbox(tmp_path: Path) -> None:
    made = Outreach(
        letters=[
            Letter(creator="../../x", name="../../../etc/passwd", subject="s", body="b"),
            Letter(creator="c", name="林", subject="s", body="b"),
        ]
    )
    for f in outbox(tmp_path, made).files:
        assert (tmp_path / f.file).resolve().is_relative_to((tmp_path / "outbox").resolve())
    with pytest.raises(NotSent):
        outbox(tmp_path, Outreach())


# --- publishing


class Receiver:
    """A server on 127.0.0.1 that publishes once per idempotency key, and misbehaves as ``manner`` says."""

    def __init__(self) -> None:
        self.manner, self.status, self.published, self.calls = "good", 200, {}, 0
        self.release = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.calls += 1
                if receiver.manner == "drop before":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if receiver.manner != "refuse":
                    receiver.published.setdefault(self.headers["Idempotency-Key"], body)
                if receiver.manner == "drop after":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if receiver.manner == "delay":
                    receiver.release.wait(20)
                    return
                self.send_response(receiver.status)
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook/secret-path"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    r = Receiver()
    yield r
    r.release.set()
    r.server.shutdown()
    r.server.server_close()


def publish(tmp_path: Path, url: str, drafts: DraftSet = DRAFTS, review: ContentReview | None = None, **own: Any) -> Any:
    return asyncio.run(publish_drafts.function(ctx(tmp_path, publish_drafts={"url": url, **own}), drafts, review))


def test_a_publication_arrives_with_its_key(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "t0ken")
    made = publish(tmp_path, receiver.url, token_env="HOOK")
    assert (made.status, made.drafts, made.idempotency_key) == (200, ["d1", "d2"], KEY)
    assert [d["body"] for d in receiver.published[KEY]["drafts"]] == ["零糖，全是果味。", "Cold as ice."]
    assert "secret-path" not in made.model_dump_json() + preview({"url": receiver.url}, DRAFTS)
    assert "t0ken" not in made.model_dump_json()


def test_what_review_blocks_is_held_back(tmp_path: Path, receiver: Receiver) -> None:
    review = ContentReview(reviews=[DraftReview(draft="d2", verdict="block", score=0.1)])
    made = publish(tmp_path, receiver.url, review=review)
    assert (made.drafts, made.held_back) == (["d1"], ["d2"])
    assert "Cold as ice" not in preview({"url": receiver.url}, DRAFTS, review)
    with pytest.raises(NotSent, match="no draft"):
        publish(tmp_path, receiver.url, DraftSet())


@pytest.mark.parametrize(
    ("manner", "status", "error"),
    [
        ("drop before", 0, InDoubt), ("drop after", 0, InDoubt), ("delay", 0, InDoubt), ("good", 500, InDoubt), ("good", 503, InDoubt),
        ("good", 409, InDoubt), ("good", 302, InDoubt), ("good", 303, InDoubt), ("refuse", 400, NotSent), ("refuse", 401, NotSent),
        ("refuse", 422, NotSent), ("refuse", 307, NotSent), ("refuse", 308, NotSent),
    ],
)  # fmt: skip
def test_every_way_to_fail_is_told_for_what_it_is(tmp_path: Path, receiver: Receiver, manner: str, status: int, error: Any) -> None:
    receiver.manner, receiver.status = manner, status
    with pytest.raises(error) as told:
        publish(tmp_path, receiver.url, timeout=0.5)
    assert receiver.calls == 1  # nothing is repeated or followed on its own
    assert "secret-path" not in str(told.value)


def test_a_refused_connection_is_certain_not_to_have_sent(tmp_path: Path) -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with pytest.raises(NotSent) as told:
        publish(tmp_path, f"http://127.0.0.1:{port}/")
    assert told.value.retry


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x.example/", "http://x.example/", "https://u:p@x.example/", "https:///x", "http://169.254.169.254/latest", "https://x.example:99999/", "file:///etc/passwd",
     "https://x.example\\@evil.example/"],
)  # fmt: skip
def test_an_address_that_is_none_to_send_to_is_refused(url: str) -> None:
    with pytest.raises(NotSent):
        address({"url": url})


def test_the_host_is_shown_and_nothing_else() -> None:
    assert host_of("https://user:pw@hooks.example:8443/T000/secret?x=1") == "hooks.example:8443"
    assert host_of("https://[") == ""


# --- the whole way


@pytest.mark.parametrize(
    ("manner", "after"), [("good", "done"), ("drop after", "waiting"), ("drop before", "waiting"), ("delay", "waiting")]
)
def test_one_publication_each_or_in_doubt_is_told(tmp_path: Path, receiver: Receiver, manner: str, after: str) -> None:
    receiver.manner = manner
    tools = {"publish_drafts": {"url": receiver.url, "timeout": 0.5}}
    with Kolony(Settings(home=tmp_path / "home", now=NOW, tools=tools, offline_model=False)) as k:
        brief = Brief(request="publish this caption: Cold as ice", deliverables=["publication"])
        campaign = asyncio.run(k.execute(k.compile(brief.request, brief, {"drafts": DRAFTS})))
        assert campaign.status == "waiting"
        assert receiver.calls == 0
        (waiting,) = k.pending(campaign.run_id)
        assert "零糖" in waiting.shown
        k.approve(campaign.run_id, by="Lin")
        campaign = k.resume(campaign.run_id)
        assert campaign.status == after
        assert k.resume(campaign.run_id).status == after
        assert receiver.calls == 1
        if after == "waiting":
            (doubtful,) = k.pending(campaign.run_id)
            assert doubtful.state == "in_doubt"
            k.resolve(campaign.run_id, doubtful.step, sent=False, by="Lin")
            receiver.manner = "good"
            assert k.resume(campaign.run_id).status == "done"
            assert receiver.calls == 2
        assert list(receiver.published) == [waiting.idempotency_key]  # the receiver, too, saw one publication only


ASKS = [json.loads(line) for line in (Path(__file__).parent / "data" / "effects.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def kolony() -> Kolony:
    return Kolony(Settings(), host=Host())


@pytest.mark.parametrize("case", ASKS, ids=lambda c: c["request"][:40])
def test_only_who_asks_gets_a_step_with_an_effect(kolony: Kolony, case: dict[str, Any]) -> None:
    planned = kolony.plan(case["request"])
    assert {t for t in ("publish_drafts", "write_outreach") if t in [s.tool for s in planned.plan.steps]} == set(case["effects"])
    assert all(s.approval for s in planned.plan.steps if s.tool in case["effects"])
    assert not planned.faults or not case["effects"]
