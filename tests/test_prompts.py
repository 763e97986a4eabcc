"""Every shipped prompt can be read, names its variables, and treats other people's words as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prompts import HERE, Prompt, PromptError, Prompts, read

ALL = Prompts().all()
EXAMPLE: dict[str, Any] = {
    "longest": 300, "title_longest": 20, "facts": ["fact one"], "must_say": ["say this"], "must_not_say": ["never"], "openings": ["a line"],
    "passages": ["a passage"], "form": "video script",
}  # fmt: skip


@pytest.mark.parametrize("prompt", ALL, ids=lambda p: f"{p.name}.{p.language}")
def test_a_prompt_has_a_description_and_uses_what_it_takes(prompt: Prompt) -> None:
    assert prompt.description
    for variable in prompt.takes:
        assert variable in prompt.body, f"{prompt.path.name} takes {variable!r} and does not use it"


@pytest.mark.parametrize("name", ["write_posts", "answer_customer", "write_pitch"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_writers_prompts_render(name: str, language: str) -> None:
    prompt = Prompts().get(name, language)
    text = prompt.render(**{v: EXAMPLE.get(v, f"<{v}>") for v in prompt.takes})
    assert text
    assert "{{" not in text


def test_both_languages_take_the_same() -> None:
    for name in ("write_posts", "answer_customer"):
        assert Prompts().get(name, "en").takes == Prompts().get(name, "zh").takes


def test_a_missing_and_an_unknown_variable_are_named() -> None:
    with pytest.raises(PromptError, match=r"missing \['passages'\], unknown \['extra'\]"):
        Prompts().get("answer_customer").render(question="?", extra=1)


def test_an_unknown_prompt_says_where_it_was_looked_for() -> None:
    with pytest.raises(PromptError, match=str(HERE)):
        Prompts().get("no_such_prompt")


def test_a_malformed_template_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.en.md"
    path.write_text("no front matter", encoding="utf-8")
    with pytest.raises(PromptError, match=r"broken\.en\.md"):
        read(path)


def test_a_template_in_a_message_stays_text() -> None:
    text = Prompts().get("answer_customer").render(question="{{ 7 * 7 }}", passages=[])
    assert "{{ 7 * 7 }}" in text


def test_a_folder_put_before_wins(tmp_path: Path) -> None:
    (tmp_path / "write_pitch.en.md").write_text("---\ndescription: mine\ntakes: [subject]\n---\nMine: {{ subject }}\n", encoding="utf-8")
    assert Prompts([tmp_path]).get("write_pitch").render(subject="x") == "Mine: x"
