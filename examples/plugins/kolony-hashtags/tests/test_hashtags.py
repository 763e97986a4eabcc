"""The tool on sample posts, and its place in a plan."""

import kolony_hashtags as plugin
import pytest

from agent import Brief, ToolError
from agent.testing import CharacterEmbedder, make_creator, make_post, plan_with, run_tool
from vectorstore import open_store

BRIEF = Brief(request="coffee", language="en", topics=["coffee"])


@pytest.fixture
def store(tmp_path):
    creators = [f"instagram:c{i}" for i in range(4)]
    posts = []
    for i, creator in enumerate(creators):
        for n in range(4):  # posts with #coldbrew get twice what the same creator's others get
            with_it = n % 2 == 0
            tags = ("coffee", "coldbrew") if with_it else ("coffee",)
            posts.append(make_post(f"p{i}{n}", creator, "coffee", likes=100 * (i + 1) * (2 if with_it else 1), hashtags=tags))
    posts.append(make_post("lone", creators[0], "coffee", likes=9999, hashtags=("secret",)))
    with open_store(tmp_path / "store", embedder=CharacterEmbedder()) as opened:
        opened.upsert(posts=posts, creators=[make_creator(c) for c in creators])
        yield opened


def test_a_tag_is_held_against_the_same_creators_other_posts(store):
    made = run_tool(plugin.research_hashtags, brief=BRIEF, store=store)
    by = {h.name: h for h in made.hashtags}
    assert [h.name for h in made.hashtags] == ["coffee", "coldbrew"]
    assert by["coldbrew"].creators == 4
    # Of creator 0 a post of another tag weighs among those without; the other three show the ratio of 2.
    assert by["coldbrew"].lift == 2.0
    assert "secret" not in by, "one creator's tag"
    assert made.posts_read == 17


def test_no_hashtags_at_all(tmp_path):
    with open_store(tmp_path / "empty", embedder=CharacterEmbedder()) as empty, pytest.raises(ToolError, match="hashtag"):
        run_tool(plugin.research_hashtags, brief=BRIEF, store=empty)


@pytest.mark.parametrize(
    "request_",
    [
        "Find 2 creators on Instagram for our coffee bar, budget $500, and research the hashtags",
        "为咖啡馆在小红书找3位达人，预算1万元，并做话题标签研究",
    ],
)
def test_it_is_planned_when_asked_for(request_):
    planned = plan_with(plugin, request_)
    assert "research_hashtags" in [s.tool for s in planned.plan.steps], planned.problems


def test_it_is_not_planned_when_nobody_asks():
    planned = plan_with(plugin, "Find 2 creators on Instagram for our coffee bar, budget $500")
    assert "research_hashtags" not in [s.tool for s in planned.plan.steps]
