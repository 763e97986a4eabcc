"""The tool against a stand-in of the service on the loopback interface."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import kolony_ratecard as plugin
import pytest

from agent import Brief, ToolError, TransientError
from agent.testing import host_with, plan_with, run_tool, sample_store


@contextmanager
def service(status=200, body=b"{}", wait=0.0):
    """A rate-card service; gives its address and what it was asked."""
    asked, release = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((dict(self.headers), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            release.wait(wait)
            try:
                self.send_response(status)
                self.send_header("Location", "http://169.254.169.254/")
                self.end_headers()
                self.wfile.write(body(asked[-1][1]) if callable(body) else body)
            except OSError:
                pass  # the client has gone

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/quotes", asked
    finally:
        release.set()
        server.shutdown()
        server.server_close()


def quotes(asked):
    some = asked["creators"][:-1]
    rows = [{"creator": c, "format": "image", "amount": "120.50", "currency": "USD"} for c in some]
    return json.dumps({"quotes": [*rows, {"creator": "x:nobody", "format": "image", "amount": 1, "currency": "USD"}]}).encode()


@pytest.fixture(scope="module")
def slate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slate")
    host = host_with()
    brief = Brief(request="x", language="en", product="coffee", platforms=["instagram"], topics=["coffee"], creator_count=2)
    brief = brief.model_copy(update={"budget": Brief.model_validate({"request": "x", "budget": {"amount": 900, "currency": "USD"}}).budget})
    with sample_store(folder) as store:
        shortlist = run_tool(host.tools["search_creators"], brief=brief, store=store)
        return run_tool(host.tools["select_slate"], brief=brief, store=store, shortlist=shortlist)


def look_up(slate, url, **options):
    return run_tool(plugin.look_up_rates, slate=slate, options={"url": url, **options})


def test_prices_and_who_is_unknown(slate, monkeypatch):
    monkeypatch.setenv("RATECARD_KEY", "key-1")
    with service(body=quotes) as (url, asked):
        made = look_up(slate, url, key_env="RATECARD_KEY")
    ids = [p.candidate.creator for p in slate.picks]
    assert len(ids) > 1
    assert [r.creator for r in made.rates] == ids[:-1]
    assert str(made.rates[0].amount) == "120.50"
    assert made.unknown == ids[-1:]
    headers, sent = asked[0]
    assert sent == {"creators": ids}, "the ids and nothing else"
    assert headers["Authorization"] == "Bearer key-1"


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (404, b"", ToolError, "answered 404"),
        (401, b"", ToolError, "key_env"),
        (302, b"", ToolError, "answered 302"),
        (503, b"", TransientError, "answered 503"),
        (200, b"<html>", ToolError, "something else"),
        (200, b'{"quotes": [{"creator": "x", "format": "y", "amount": -1, "currency": "USD"}]}', ToolError, "something else"),
        (200, b"x" * 1_100_000, ToolError, "more than"),
    ],
)
def test_answers_that_cannot_be_used(slate, status, body, error, words):
    with service(status, body) as (url, asked), pytest.raises(error, match=words):
        look_up(slate, url)
    assert len(asked) == 1


def test_a_service_that_does_not_answer(slate):
    with service(wait=30) as (url, _), pytest.raises(TransientError, match="did not answer"):
        look_up(slate, url, seconds=0.2)
    with pytest.raises(TransientError, match="did not answer"):
        look_up(slate, url)  # nobody listens there any more


@pytest.mark.parametrize("options", [{}, {"url": "file:///etc/passwd"}, {"url": "http://x/", "seconds": -1}])
def test_settings_that_cannot_be_used(slate, options):
    with pytest.raises(ToolError, match="not usable"):
        run_tool(plugin.look_up_rates, slate=slate, options=options)


def test_it_is_planned_after_the_slate():
    planned = plan_with(plugin, "Find 2 creators on Instagram for our coffee bar, budget $500, and look up the rate cards")
    steps = [s.tool for s in planned.plan.steps]
    assert steps.index("select_slate") < steps.index("look_up_rates")


def test_it_is_not_planned_when_nobody_asks():
    planned = plan_with(plugin, "Find 2 creators on Instagram for our coffee bar, budget $500")
    assert "look_up_rates" not in [s.tool for s in planned.plan.steps]
