"""Text from data stays text: whatever posts, bios, models and requests hold, nothing of it becomes part of a page's structure."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import campaigns
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic import BaseModel

from agent.artifacts import Artifact
from agent.campaign import Campaign
from agent.report import html, markdown, plan_mermaid, plan_svg, write_report
from agent.report.charts import fit
from agent.report.safe import clean, md, mermaid_text, one_line, safe_url

PAYLOADS = {
    "script": "<script>alert(1)</script>",
    "handler": '"><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)' x='",
    "svg": "</title></svg><svg/onload=alert(1)><animate onbegin=alert(1)>",
    "style": "</style><style>*{display:none}</style><link rel=stylesheet href=//evil.example>",
    "css": "red;background:url(javascript:alert(1))}body{display:none}/*",
    "comment": "<!-- --!> <![CDATA[ ]]> <?php ?>",
    "template": "{{7*7}}{% for x in y %}${7*7}#{7*7}",
    "address": "javascript:alert(1)//",
    "data": "data:text/html,<script>alert(1)</script>",
    "markdown": "[click](javascript:alert(1)) ![x](https://evil.example/p.png) <https://evil.example> **b** `c` ~~d~~ | e | $x$",
    "markdown lines": "\n\n# heading\n\n- list\n\n1. one\n\n> quote\n\n```\ncode\n```\n\n| a | b |\n| - | - |\n\n---\n\n[r]: https://evil.example\n\n<b>x</b>\n",
    "entities": "&lt;script&gt;&#60;b&#62;&amp;&quot;&#x3c;i&#x3e;",
    "mermaid": '"] --> evil["<img src=x>"]\nclick s0 href "javascript:alert(1)"\n%%{init: {}}%%\n```\n',
    "control": "\x00\x01\x08\x0b\x0c\x1b[31m\x7f\x85\u2028\u2029\ufeff",
    "direction": "\u202egnp.exe\u2066\u2069\u200f\u061c",
    "long": "W" * 3000 + "\U0001f468\u200d\U0001f469\u200d\U0001f467" + "\u0301" * 400,
}  # fmt: skip


class Structure(HTMLParser):
    """The elements of a page with the names of their attributes, in order; and what the attributes hold that could act."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shape: list[tuple[str, tuple[str, ...]]] = []
        self.classes: set[str] = set()
        self.links: set[str] = set()
        self.words: list[str] = []
        self.other: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, tuple(name for name, _ in attrs)))
        given = dict(attrs)
        self.classes |= set((given.get("class") or "").split())
        if "href" in given:
            self.links.add(given["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        self.shape.append(("/" + tag, ()))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    handle_pi = unknown_decl = handle_comment


class Extra(Artifact):
    """What a third party's plugin might add."""

    text: str
    rows: list[dict[str, Any]]
    nested: dict[str, Any]


def every_text(value: Any, change: Callable[[str], str]) -> Any:
    """``value`` with every free text in it changed, keys of open mappings included; words of a fixed list stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, BaseModel):
        new = {}
        for name, field in type(value).model_fields.items():
            old = getattr(value, name)
            fixed = "Literal" in str(field.annotation) and "dict" not in str(field.annotation)
            new[name] = old if fixed or name == "currency" else every_text(old, change)
        return value.model_copy(update=new)
    if isinstance(value, dict):
        return {(k if k in FIXED else change(k)): every_text(v, change) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(every_text(v, change) for v in value)
    return value


FIXED = (
    {"$ref", "path", "negative", "neutral", "positive"}
    | set(campaigns.records("en")["instagram:p00"])
    | set(campaigns.records("en")["instagram:c0"])
)


def everything() -> Campaign:
    """Every kind of artifact, a plugin's among them, and every way in which a step can end."""
    c, broken = campaigns.full("en"), campaigns.partial("en")
    c.artifacts["extra"] = Extra(text="t", rows=[{"a": "b", "c": "d"}], nested={"e": {"f": ["g", {"h": "i"}]}})
    fill(c.artifacts)
    return c.model_copy(update={"steps": broken.steps, "problems": broken.problems, "status": "partial"})


def fill(value: Any) -> None:
    """Writes something into every field for free text that is empty."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if not getattr(value, name) and field.annotation in (str, str | None, list[str]):
                setattr(value, name, ["filled"] if field.annotation == list[str] else "filled")
            fill(getattr(value, name))
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            fill(inner)


def rewritten(change: Callable[[str], str], c: Campaign | None = None) -> Campaign:
    changed: Campaign = every_text(c or everything(), change)
    changed.brief.sources = {"brand": "rules", "objective": "model"}
    return changed


def texts_of(kind: type[BaseModel]) -> set[tuple[str, str]]:
    """Every field of a model, and of the models in it, that holds free text."""
    found: set[tuple[str, str]] = set()
    for name, field in kind.model_fields.items():
        parts = [field.annotation]
        while parts:
            part = parts.pop()
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= texts_of(part)
            elif part is str:
                found.add((kind.__name__, name))
            elif typing.get_origin(part) is not typing.Literal:
                parts += typing.get_args(part)
    return found


def filled(value: Any) -> set[tuple[str, str]]:
    """Those of them that hold something."""
    found: set[tuple[str, str]] = set()
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            inner = getattr(value, name)
            found |= {(type(value).__name__, name)} if inner else set()
            found |= filled(inner)
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            found |= filled(inner)
    return found


def test_every_text_that_an_artifact_can_hold_is_tried() -> None:
    """Whoever adds a field adds it to ``campaigns``, so that what follows tries it with hostile text."""
    made = list(everything().artifacts.values())
    wanted = set().union(*(texts_of(type(a)) for a in made))
    assert wanted - set().union(*(filled(a) for a in made)) == set()


@pytest.fixture(scope="module")
def harmless() -> Campaign:
    """The same campaign with every text changed to something plain."""
    return rewritten(lambda s: f"x{s}")


@pytest.fixture(scope="module")
def plain_page(harmless: Campaign) -> Structure:
    return Structure(html(harmless))


@pytest.fixture(scope="module")
def plain_marks(harmless: Campaign) -> list[tuple[str, str]]:
    return tokens(markdown(harmless))


def tokens(source: str) -> list[tuple[str, str]]:
    """What a Markdown reader makes of a text: kinds of blocks and marks, with what of them could act."""
    found: list[tuple[str, str]] = []
    for block in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source):
        if block.type != "inline":
            found.append((block.type, block.info if block.type == "fence" else ""))
            continue
        for mark in block.children or []:
            if mark.type not in ("text", "text_special", "softbreak", "hardbreak"):
                found.append(
                    (mark.type, mark.content if mark.type == "html_inline" else str(mark.attrs.get("href", mark.attrs.get("src", ""))))
                )
    return found


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_no_text_changes_the_structure_of_a_page(payload: str, plain_page: Structure) -> None:
    page = Structure(html(rewritten(lambda s: payload + s)))
    assert page.shape == plain_page.shape
    assert page.other == []
    assert page.classes == plain_page.classes
    assert page.links == plain_page.links
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "".join(page.words))


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_no_text_changes_the_structure_of_the_markdown(payload: str, plain_marks: list[tuple[str, str]]) -> None:
    found = tokens(markdown(rewritten(lambda s: payload + s)))
    # A text of several lines has a paragraph for each gap between them where a block quote shows it; nothing else may differ.
    assert [t for t in found if not t[0].startswith("paragraph")] == [t for t in plain_marks if not t[0].startswith("paragraph")]
    assert all(re.fullmatch(r'<a id="e\d+">|</a>', content) for kind, content in found if kind.startswith("html"))
    assert all(re.fullmatch(r"#e\d+", target) for kind, target in found if kind == "link_open")
    assert not [t for t in found if t[0] == "image"]


def test_the_payload_is_still_there_to_be_read() -> None:
    """Escaped, not swallowed: a reader sees what the post says."""
    page = Structure(html(rewritten(lambda s: PAYLOADS["script"] + s)))
    assert "".join(page.words).count("<script>alert(1)</script>") > 100


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_all_three_files_can_be_written(payload: str, tmp_path: Path) -> None:
    paths = write_report(rewritten(lambda s: payload + s, campaigns.one_step("en")), tmp_path)
    assert all(p.stat().st_size > 1000 for p in paths.values())


def test_lone_surrogates_in_a_source_harm_no_file(tmp_path: Path) -> None:
    c = campaigns.one_step("en")
    c.sources["odd"] = {"creator_id": "x", "title": "half \ud83d an emoji", "url": "https://e.example/\udc00"}
    paths = write_report(c, tmp_path)
    assert "half an emoji" in paths["html"].read_text(encoding="utf-8")
    assert "half" in paths["json"].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "record", [None, "a string", 7, [], {}, {"creator_id": 1, "likes": "many", "created_at": "soon", "url": 3}, {"name": None}]
)
def test_a_source_of_any_form_is_shown(record: Any) -> None:
    c = _with_source(record)
    assert f'id="e{len(c.sources)}"' in html(c)
    assert f'id="e{len(c.sources)}"' in markdown(c)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
        "//evil.example/x", "/path", "www.example.com", "", "https://", "https:///x", "https://user:pw@evil.example/", "https://bank.example@evil.example/",
        "https://e.example/\u202e", "https://e.example/a b", 'https://e.example/"onload=x', "https://e.example/<x>", "https://e.example:port/", "http://[::1", None, 7,
        "https://e.example/" + "a" * 3000, "https://e.example/\x00", "https://e.example/\nx",
    ],
)  # fmt: skip
def test_addresses_not_to_follow(url: Any) -> None:
    assert safe_url(url) is None


@pytest.mark.parametrize(
    "url", ["https://www.example.com/a?b=1&c=2#d", "http://例子.测试/路径", "https://e.example:8443/x_(y)", "HTTPS://E.example/"]
)
def test_addresses_to_follow(url: str) -> None:
    assert safe_url(url) == url
    page = html(_with_url(url))
    assert url.replace("&", "&amp;") in page
    assert any(kind == "link_open" and target.lower().startswith(url[:7].lower()) for kind, target in tokens(markdown(_with_url(url))))


def _with_url(url: str) -> Campaign:
    return _with_source({"creator_id": "x", "title": "A [post] with | marks", "url": url})


def _with_source(record: Any) -> Campaign:
    """A campaign whose personas rest on one more record."""
    c = campaigns.one_step("en")
    c.sources["odd"] = record
    c.artifacts["personas"].evidence.append("odd")
    return c


ANY = st.text(st.characters(exclude_categories=()), max_size=60)
MARKS = st.text(st.sampled_from(list("\\`*_{}[]()#+-.!|<>~=:@&;\"' \n\t1a$https:/www.x")), max_size=40)


@given(ANY | MARKS)
@example("- [x](y)")
@example("1. a")
@example("12) a")
@example("+")
@example("http://a.example www.b.example c@d.example")
@example("&#x3c;b&#x3e;")
@example("\\<b>\\")
@example("a\n===")
@settings(max_examples=300, deadline=None)
def test_plain_text_in_markdown_renders_as_itself(text: str) -> None:
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for source, kinds in (
        (md(text), ["paragraph_open", "inline", "paragraph_close"]),
        (
            f"- {md(text)}",
            ["bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close", "bullet_list_close"],
        ),
    ):
        blocks = reader.parse(source)
        if not one_line(text):
            continue
        assert [b.type for b in blocks] == kinds
        inline = next(b for b in blocks if b.type == "inline")
        assert {m.type for m in inline.children or []} <= {"text", "text_special"}
        assert "".join(m.content for m in inline.children or []) == one_line(text)


@given(ANY | MARKS)
@settings(max_examples=100, deadline=None)
def test_plain_text_in_a_markdown_table_stays_in_its_cell(text: str) -> None:
    blocks = MarkdownIt("commonmark").enable("table").parse(f"| a | b |\n| - | - |\n| {md(text)} | {md(text)} |\n")
    cells = ["".join(m.content for m in b.children or []) for b in blocks if b.type == "inline"]
    assert cells == ["a", "b", one_line(text), one_line(text)]


@given(ANY)
@settings(max_examples=150, deadline=None)
def test_clean_text_is_printable_and_cleaning_again_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", once)


@given(ANY | MARKS)
@settings(max_examples=150, deadline=None)
def test_a_mermaid_label_cannot_end_its_quotes(text: str) -> None:
    assert not set('"`<>[]{}()|%;\n') & set(re.sub(r"#\d+;", "", mermaid_text(text)))


def test_chinese_and_emoji_survive() -> None:
    for text in ("台式甜品🍮，芋圆Q弹！", "👩‍👩‍👧 family", "naïve café", "ไทย हिन्दी العربية"):
        assert clean(text) == text
        assert text in html(_with_title(text))


def _with_title(title: str) -> Campaign:
    c = campaigns.one_step("zh")
    c.sources["odd"] = {"creator_id": "x", "title": title}
    return c


def test_a_plan_with_hostile_names_is_drawn_harmlessly() -> None:
    plan = rewritten(lambda s: PAYLOADS["mermaid"] + s).plan
    lines = plan_mermaid(plan).splitlines()
    assert len(lines) == 1 + len(plan.steps) + sum(len(plan.needs(s)) for s in plan.steps)
    assert "```" not in "".join(lines)
    assert {tag for tag, _ in Structure(plan_svg(plan, {})).shape} <= {
        "svg",
        "g",
        "title",
        "rect",
        "text",
        "path",
        "/svg",
        "/g",
        "/title",
        "/rect",
        "/text",
        "/path",
    }


def test_a_label_is_cut_to_its_width() -> None:
    assert fit("short", 150, 13) == "short"
    assert fit("一" * 40, 130, 13) == "一" * 9 + "…"
    assert len(fit("W" * 500, 150, 13)) < 20
