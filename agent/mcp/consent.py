"""The user's word, asked through the client before anything is written, spent, published or sent.

The question shows what would go out, and the answer counts for that content alone: it is approved by its SHA-256, as on the command
line. Older clients are asked in the middle of the call; with newer ones (protocol 2026-07-28) the call ends with the question, and
the client makes it again with the answer and a sealed note of what was asked.
"""

from __future__ import annotations

import json
from typing import Any

import mcp.types as types
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from ..approvals.content import canonical, sha256
from ..errors import ApprovalRequired
from ..kolony import Kolony
from ..planned import Planned

_LONGEST = 50_000
"""Characters of a question. What is longer is read and approved on the command line."""
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"approve": {"type": "boolean", "title": "Approve", "description": "Exactly this may happen", "default": False}},
    "required": ["approve"],
}


class Consent:
    """The questions of one tool call, and what was answered."""

    def __init__(self, k: Kolony, ctx: Any, params: types.CallToolRequestParams) -> None:
        self._k, self._ctx = k, ctx
        self._answers = params.input_responses or {}
        self._asked: dict[str, Any] = json.loads(params.request_state) if params.request_state else {}
        self.decided = False
        """Whether the last questions led to a decision."""

    @property
    def run(self) -> str | None:
        """The run that an earlier round of this call left waiting."""
        return self._asked.get("run")

    async def to_write(self, planned: Planned) -> types.InputRequiredResult | None:
        """Ask before a plan runs that would change something here; what goes out is asked of its own, when it is known.

        Raises:
            ApprovalRequired: the user refused, or the client cannot ask.
        """
        writers = [s for s in planned.plan.steps if self._k.host.tools[s.tool].effect == "write"]
        if not writers:
            return None
        inputs = {name: a.model_dump(mode="json") for name, a in planned.inputs.items()}
        hash = sha256(canonical([planned.plan.model_dump(mode="json"), inputs]))
        names = ", ".join(s.tool for s in writers)
        if self._asked.get("plan") == hash:
            answer = self._answers.get("plan")
        elif not self._can_ask:
            raise ApprovalRequired(f"{names} would write, and this client cannot ask its user.", hint=_ON_THE_COMMAND_LINE)
        else:
            arguments = json.dumps({s.id: s.args for s in writers}, ensure_ascii=False, indent=1)
            question = f"{names} would change data here.\n\n{arguments}\n\nPlan {hash[:12]}"
            if self._modern:
                return _required({"plan": question}, {"plan": hash})
            answer = await self._ask(question)
        if not _yes(answer):
            raise ApprovalRequired(f"{names} would write, and the user did not approve it.", hint="Nothing was run.")
        return None

    async def to_send(self, run: str) -> types.InputRequiredResult | None:
        """Ask about everything of a run that waits; afterwards ``decided`` says whether it can go on."""
        self.decided = False
        waiting = [a for a in self._k.pending(run) if a.state == "pending"]
        questions = {
            a.step: f"{a.tool} would {_WOULD[a.effect]}. Nothing has gone out yet.\n\n{a.shown}\n\nContent {a.content[:12]} of {run}"
            for a in waiting
        }
        hashes = {a.step: a.content for a in waiting}
        if not waiting or not self._can_ask or any(len(q) > _LONGEST for q in questions.values()):
            return None
        if self._modern:
            if self._asked.get("run") == run and self._asked.get("steps") == hashes:
                return None  # asked in the round before, and left open
            return _required(questions, {"run": run, "steps": hashes})
        for step, question in questions.items():
            self._decide(run, step, hashes[step], await self._ask(question))
        return None

    def take(self, run: str) -> None:
        """Record what was answered to the questions of the round before."""
        for step, hash in self._asked["steps"].items():
            self._decide(run, step, hash, self._answers.get(step))

    # --- parts

    def _decide(self, run: str, step: str, hash: str, answer: Any) -> None:
        if _yes(answer):
            self._k.approve(run, step, by=self._who, content=hash)
        elif isinstance(answer, types.ElicitResult) and answer.action != "cancel":
            self._k.reject(run, step, by=self._who, why="declined in the MCP client")
        else:
            return
        self.decided = True

    async def _ask(self, question: str) -> types.ElicitResult:
        answer: types.ElicitResult = await self._ctx.session.elicit_form(question, _FORM, related_request_id=self._ctx.request_id)
        return answer

    @property
    def _modern(self) -> bool:
        return self._ctx.protocol_version in MODERN_PROTOCOL_VERSIONS

    @property
    def _can_ask(self) -> bool:
        can = self._ctx.session.client_capabilities
        # `{}` is how clients from before URL questions say that they show forms.
        return can is not None and can.elicitation is not None and (can.elicitation.form is not None or can.elicitation.url is None)

    @property
    def _who(self) -> str:
        params = self._ctx.session.client_params
        return f"the user of {params.client_info.name if params else 'an unnamed client'} (MCP)"


_WOULD = {"spend": "spend money", "publish": "publish this", "contact": "write to people"}
_ON_THE_COMMAND_LINE = "Make the request with `kolony run` on the command line."


def _yes(answer: Any) -> bool:
    return isinstance(answer, types.ElicitResult) and answer.action == "accept" and (answer.content or {}).get("approve") is True


def _required(questions: dict[str, str], state: dict[str, Any]) -> types.InputRequiredResult:
    asked: dict[str, Any] = {
        key: types.ElicitRequest(params=types.ElicitRequestFormParams(message=question, requested_schema=_FORM))
        for key, question in questions.items()
    }
    return types.InputRequiredResult(input_requests=asked, request_state=json.dumps(state))
