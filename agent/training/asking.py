"""What the model is asked for a post, in training as in earnest: the content writer's own template, filled from the post itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .prepare import Example

if TYPE_CHECKING:
    from prompts import Prompts

TEMPLATE = "write_posts"
_FORMS = {"en": ("caption", "post"), "zh": ("配文", "图文笔记")}
"""What the writer calls a text without and with a title."""
_TITLE = {"en": 100, "zh": 20}


def request(example: Example, language: str, prompts: Prompts) -> str:
    """The writer's request for this post.

    Its facts are the post's own clauses with figures, so that figures are learnt to come from the request; its length is the post's.
    """
    from ..report.texts import Texts

    shown = "zh" if language == "zh" else "en"
    return prompts.get(TEMPLATE, language).render(
        platform=Texts(shown).word("platform", example.platform), form=_FORMS[shown][bool(example.title)], subject=example.subject, place="",
        facts=list(example.facts), must_say=[], must_not_say=[], audience="", persona="", style="", openings=[],
        longest=min(500, max(150, -(-len(example.text) // 50) * 50)), title_longest=_TITLE[shown] if example.title else 0,
    )  # fmt: skip


def encode(tokenizer: Any, example: Example, language: str, prompts: Prompts, length: int) -> dict[str, list[int]]:
    """Token ids of request and post, the post cut at ``length`` tokens; labels are -100 for the request, which is not to be learnt."""
    asked_text = request(example, language, prompts)
    if tokenizer.chat_template:
        message = [{"role": "user", "content": asked_text}]
        asked_text = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
    else:
        asked_text += "\n\n"
    asked = tokenizer(asked_text, add_special_tokens=False)["input_ids"]
    # A post that holds a control token's letters must not end its turn.
    said = tokenizer(example.whole, add_special_tokens=False, split_special_tokens=True)["input_ids"] + [tokenizer.eos_token_id]
    said = said[:length]
    return {"input_ids": asked + said, "labels": [-100] * len(asked) + said, "attention_mask": [1] * (len(asked) + len(said))}
