"""The one tree of errors that Kolony raises on purpose. Each says what was wrong, where, and what to do."""

from __future__ import annotations


class KolonyError(Exception):
    """Base of every error a user can meet. ``hint`` is the way out, in one sentence."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(KolonyError):
    """The request or an option cannot be used as given."""

    exit_code = 2


class SettingsError(UsageError):
    """`kolony.toml` or a `KOLONY_*` variable holds something unusable."""


class PlanError(KolonyError):
    """No plan can be made, or a plan does not pass the check."""


class ToolError(KolonyError):
    """A tool could not make its artifact from what it was given. Not retried."""


class TransientError(KolonyError):
    """Something that may work the next time (a timeout, a busy server). Retried."""


class ApprovalRequired(ToolError):
    """A step would spend, publish or contact somebody and no person has approved it."""


class Rejected(ToolError):
    """A person refused what a step would spend, publish or send."""


class NotSent(ToolError):
    """A tool with an effect failed, and it is certain that nothing went out: the address refused the connection, the receiver said no.

    ``retry=True`` says that the same call may work in a moment; it is then tried again without asking anybody.
    """

    def __init__(self, message: str, *, hint: str = "", retry: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.retry = retry


class InDoubt(ToolError):
    """It is not known whether a step's call went out. It is not repeated until a person says what happened."""


class ApprovalsDamaged(KolonyError):
    """A run's record of approvals was changed, or part of it is gone."""


class CheckpointsUnusable(KolonyError):
    """The file or database of checkpoints is damaged, full, read-only or away."""


class RunBusy(KolonyError):
    """Another process works on the run."""


class ModelError(KolonyError):
    """A model call failed for good."""


class ModelUnavailable(ModelError):
    """No configured model may take this call, or the one that may cannot be loaded."""

    after: float | None = None
    """Seconds until it may work again, where the server said so."""


class ContextTooLong(ModelError):
    """The prompt and the room for its answer do not fit into the model's context. A model with a longer one may take it."""


class ContentRefused(ModelError):
    """The model's provider refuses the text under its content policy. Another provider's model may take it."""


class BudgetExceeded(ModelError):
    """The call's reserved cost does not fit under the run's cap. Nothing was sent."""


class RunNotFound(UsageError):
    """No run of that id under this home."""


class PluginError(KolonyError):
    """A plugin is broken, or two of them collide."""
