"""The test kit's way to run one tool, the sample it runs on, and what its fixtures block."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from agent import Artifact, Brief, Context, ModelError, ModelUnavailable, ToolError, hookimpl, tool
from agent.errors import UsageError
from agent.host import Host
from agent.models import ChatOpenAI, ModelSpec, Router
from agent.settings import Settings
from agent.testing import ScriptedModel, ScriptExhausted, arun_tool, make_post, no_real_models, plan_with, run_tool, sample_store


class Headline(Artifact):
    deliverable = "headline_of_mine"

    text: str = ""
    handles: list[str] = Field(default_factory=list)


class Sticker(Artifact):
    deliverable = "sticker_of_mine"

    text: str = ""


@tool(asks=["write a headline", "写一个标题"], model_calls=1)
async def write_headline(ctx: Context, brief: Brief, limit: Annotated[int, Field(ge=1, le=5)] = 2, end: str = ".") -> Headline:
    """One headline about the subject."""
    hits = await asyncio.to_thread(ctx.store.search_posts, brief.search_text, limit=50)
    handles = list(dict.fromkeys(hit.post.creator_id for hit in hits))[:limit]
    if not ctx.models.writes(brief.language):
        return Headline(handles=handles, notes=["no model"])
    try:
        text = (await ctx.models.generate(brief.search_text, task="headline", language=brief.language)).text
    except ModelError as e:  # as most tools do: they go on without
        return Headline(handles=handles, notes=[e.message])
    return Headline(text=text + end, handles=handles)


@tool
def print_sticker(ctx: Context, headline: Headline, size: int = 3) -> Sticker:
    """Print it."""
    return Sticker(text=headline.text[:size] + str(ctx.settings.tools.get("print_sticker", {}).get("mark", "")))


class Odd(Artifact):
    any_of: Any = None


@tool
def make_odd(ctx: Context) -> Odd:
    """Keep a pair, which is a list after JSON."""
    return Odd(any_of=(1, 2))


class Plugin:
    @hookimpl
    def register_tools(self) -> list[Any]:
        return [write_headline]


BRIEF = Brief(request="coffee in Austin", language="en", topics=["coffee"])


# --- one tool ------------------------------------------------------------------------------------------------------------


def test_a_tool_runs_on_the_sample_with_a_scripted_model() -> None:
    model = ScriptedModel().says("Latte first")
    made = run_tool(write_headline, brief=BRIEF, model=model, limit=1, end="!")
    assert made.text == "Latte first!"
    assert [h.split(":")[0] for h in made.handles] == ["instagram"]
    assert "coffee" in model.asked[0].text


def test_a_request_is_read_as_one_in_both_languages() -> None:
    for request, language in (("Coffee bar in Austin on Instagram, write a headline", "en"), ("小红书达拉斯甜品店，写一个标题", "zh")):
        seen = ScriptedModel().says("x")
        assert run_tool(write_headline, brief=request, model=seen, plugin=Plugin()).text == "x."
        assert plan_with(Plugin(), request).brief.language == language


def test_without_a_model_none_is_there() -> None:
    assert run_tool(write_headline, brief=BRIEF).notes == ["no model"]


def test_a_tool_may_not_hide_that_the_script_was_too_short() -> None:
    with pytest.raises(ScriptExhausted):
        run_tool(write_headline, brief=BRIEF, model=ScriptedModel())


def test_it_works_where_a_loop_runs_already() -> None:
    async def cell() -> tuple[str, str]:
        one = await arun_tool(write_headline, brief=BRIEF, model=ScriptedModel().says("a"))
        two = run_tool(write_headline, brief=BRIEF, model=ScriptedModel().says("b"))
        return one.text, two.text  # type: ignore[attr-defined]

    assert asyncio.run(cell()) == ("a.", "b.")


def test_the_tools_own_settings_reach_it() -> None:
    assert run_tool(print_sticker, headline=Headline(text="Latte"), options={"mark": "*"}, size=2).text == "La*"


@pytest.mark.parametrize(
    ("which", "given", "words"),
    [
        (write_headline, {}, "needs 'brief', a Brief"),
        (write_headline, {"brief": BRIEF, "limit": 0}, "limit: Input should be greater than or equal to 1"),
        (write_headline, {"brief": BRIEF, "limit": "many"}, "limit: Input should be a valid integer"),
        (write_headline, {"brief": BRIEF, "lmit": 1}, "has no parameter lmit"),
        (print_sticker, {"brief": BRIEF, "headline": Headline()}, "takes no Brief"),
        (print_sticker, {"headline": BRIEF}, "'headline' must be a Headline, not a Brief"),
        (print_sticker, {"headline": None}, "needs 'headline'"),
    ],
)
def test_bad_input_is_refused_before_the_tool_is_called(which: Any, given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        run_tool(which, **given)


def test_another_artifact_than_promised_is_refused() -> None:
    @tool
    def lie(ctx: Context) -> Headline:
        """Promise a headline."""
        return Sticker()  # type: ignore[return-value]

    with pytest.raises(ToolError, match="gave a Sticker instead of a Headline"):
        run_tool(lie)


def test_an_artifact_that_a_run_could_not_keep_is_refused() -> None:
    with pytest.raises(ToolError, match="not the same after it was kept as JSON"):
        run_tool(make_odd)


def test_a_tool_with_an_effect_is_called_as_if_approved() -> None:
    @tool(effect="publish")
    def put_up(ctx: Context, headline: Headline) -> Sticker:
        """Put it on the wall."""
        return Sticker(text=ctx.idempotency_key)

    assert run_tool(put_up, headline=Headline()).text
    with pytest.raises(Exception, match="only a run calls it"):
        put_up(None, headline=Headline())


# --- the sample ----------------------------------------------------------------------------------------------------------


def test_the_sample_is_a_real_store_that_can_be_written_to(tmp_path: Path) -> None:
    with sample_store(tmp_path) as store:
        before = len(store.search_posts("芒果刨冰", limit=500))
        store.upsert(posts=[make_post("mine", "xiaohongshu:d0", "芒果刨冰新品", hashtags=("刨冰",))])
        hits = store.search_posts("芒果刨冰", limit=500)
        assert len(hits) == before + 1
        assert {h.post.language for h in hits} <= {"zh", "en"}


# --- what is blocked -----------------------------------------------------------------------------------------------------


def test_real_models_are_blocked_and_named(tmp_path: Path) -> None:
    real = ModelSpec(
        name="house", factory=lambda: ChatOpenAI(model="x", base_url="http://127.0.0.1:9/v1", api_key_env="NO_KEY"), remote=False
    )
    router = Router(Settings(home=tmp_path, offline_model=False), Host(entry_points=False))
    with no_real_models() as blocked:
        assert isinstance(router.model(ScriptedModel().spec(name="ours")), ScriptedModel)
        with pytest.raises(ModelUnavailable, match="real model 'house'"):
            router.model(real)
        assert len(blocked) == 1
    with no_real_models(allow=("house",)) as blocked:
        assert isinstance(router.model(real), ChatOpenAI)
        assert not blocked
    router.close()


OUTSIDE = """
    import socket
    import pytest
    from agent.testing import ScriptedModel

    def swallowed():
        try:
            socket.getaddrinfo("example.org", 443)
        except BaseException:
            pass

    def test_network_swallowed():
        swallowed()

    def test_loopback_is_free():
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
            pass

    def test_too_few(scripted):
        scripted.says("never asked for")

    def test_too_many(scripted):
        scripted.says("one")
        for _ in range(2):
            try:
                scripted.invoke("x")
            except AssertionError:
                pass

    def test_even(scripted, sample_store):
        scripted.says("one")
        assert scripted.invoke("x").text == "one"
        assert sample_store.search_posts("coffee", limit=1)

    @pytest.mark.real_models
    def test_marked():
        import sys
        from agent.testing import blocking
        assert blocking._active == 0
"""


def test_the_fixtures_in_a_suite_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["agent.testing.fixtures"]\n')
    (tmp_path / "test_it.py").write_text(textwrap.dedent(OUTSIDE))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "--rootdir", str(tmp_path), "--strict-markers"],
        cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    said = done.stdout
    for name in ("test_loopback_is_free", "test_even", "test_marked"):
        assert f"PASSED test_it.py::{name}" in said, said
    for name, words in (
        ("test_network_swallowed", "tried to reach example.org"),
        ("test_too_few", "never asked for"),
        ("test_too_many", "called 2 times and has 1 answers"),
    ):
        assert f"ERROR test_it.py::{name}" in said, said
        assert words in said
