"""An agent of LangChain that works with Kolony's tools, on this machine alone: SmolLM2, or another model given as a path or hub id.

    python examples/langchain_agent.py "Which creators on Instagram write about coffee?" [MODEL]

The project is that of the working folder (`kolony ingest examples/sample` fills one). A model of 135M parameters calls the tools it is
given and answers in poor sentences; what the tools give is the same whichever model asks.
"""

from __future__ import annotations

import sys
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from agent import Kolony
from agent.models import ChatTransformers

TOOLS = ("search_creators", "review_content")
TOLD = "You help a marketer. Call search_creators to find creators, review_content to check a text. Answer from what they give."


def make_agent(model: BaseChatModel, kolony: Kolony) -> Any:
    """A LangGraph agent with two of Kolony's tools; tools with an effect would refuse to be called by it. Answers are kept short for
    the sake of a small model on a CPU."""
    return create_agent(model, [kolony.host.tools[name].as_langchain(kolony, longest=1_200) for name in TOOLS], system_prompt=TOLD)


def main(question: str, path: str = "") -> None:
    if not path:
        from agent.models.offline import require_packaged_gguf

        path = str(require_packaged_gguf())
    with Kolony() as kolony:
        agent = make_agent(ChatTransformers(path=path, max_tokens=80), kolony)
        answer = agent.invoke({"messages": [HumanMessage(question)]}, {"recursion_limit": 8})
    for message in answer["messages"]:
        message.pretty_print()


if __name__ == "__main__":
    main(*sys.argv[1:3] or ["Which creators on Instagram write about coffee?"])
