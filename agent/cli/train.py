"""``kolony train``: teach the local model a brand's voice, see by numbers whether it learnt it, and go back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from vectorstore import Store
    from vectorstore.records import Post

    from ..kolony import Kolony
    from ..training.evaluation import Reviewer
    from ..training.prepare import Example

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

app = typer.Typer(help="Train the local model on a brand's posts, evaluate it, and roll it back.", no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    parent.add_typer(app, name="train")


@app.command()
def voice(
    brand: Annotated[str, typer.Option(help="Whose drafts the adapter is for, as requests name the brand.", show_default=False)],
    from_posts: Annotated[str | None, typer.Option("--from-posts", help="Only posts that this search finds.", show_default=False)] = None,
    min_engagement: Annotated[str, typer.Option(help="A number, or a percentile among the author's own posts: P75.")] = "",
    platform: Annotated[list[str] | None, typer.Option(help="Only these platforms.")] = None,
    language: Annotated[str | None, typer.Option(help="Default: that of most posts.", show_default=False)] = None,
    model: Annotated[str | None, typer.Option(help="A local model; default: the first that can be used.", show_default=False)] = None,
    steps: Annotated[int, typer.Option(min=1, help="Training steps at most; less where the validation loss rises.")] = 60,
    batch: Annotated[int, typer.Option(min=1, help="Posts in a step.")] = 4,
    length: Annotated[int, typer.Option(min=16, help="Tokens of a post at most.")] = 160,
    learning_rate: Annotated[float, typer.Option(min=0.0, help="Of AdamW, falling by a cosine.")] = 1e-3,
    seed: int = 7,
    as_json: AsJson = False,
) -> None:
    """Fit a LoRA adapter to posts of the store; it is used for the brand's drafts only if its evaluation beats the base."""
    from ..errors import UsageError
    from ..kolony import Kolony
    from ..training.prepare import prepare
    from . import view

    _needs_packages()
    with Kolony() as k:
        known = {s.name: s for s in k.router.local_models()}
        if not known or (model and model not in known):
            raise UsageError(
                f"There is no local model {model!r} to train." if model else "There is no local model to train.",
                hint=f"Known: {', '.join(known) or 'none'}; see `kolony models list`.",
            )
        base = known[model] if model else next(iter(known.values()))
        posts = _collect(k.open_store(create=False), from_posts, platform or [])
        if not posts:
            raise UsageError("There is no post to train on.", hint="Ingest some first: kolony ingest PATH.")
        chosen = language or max({p.language or "" for p in posts}, key=lambda code: sum((p.language or "") == code for p in posts))
        prepared = prepare(posts, chosen, min_engagement=min_engagement, seed=seed)
        from prompts import Prompts

        from ..training.fitting import Settings
        from ..training.voice import Base, train

        settings = Settings(steps=steps, batch=batch, length=length, learning_rate=learning_rate, seed=seed)
        beneath: Any = base.factory()
        prompts = Prompts(k.host.collect("register_prompts"))
        with view.progress("Loading the model") as report:
            folder, record = train(
                k.settings.home, brand, Base(base.name, beneath.path), prepared, settings, prompts, k.settings.clock(), report, reviewer(k)
            )
    if as_json:
        print(json.dumps({"folder": str(folder), **record.model_dump()}, ensure_ascii=False, indent=2))
        return
    print((folder / "data_card.md").read_text(encoding="utf-8"))
    print((folder / "model_card.md").read_text(encoding="utf-8"))
    print(f"Registered as {record.name}. `kolony train rollback {record.name}` goes back to {record.base}.")


@app.command()
def rollback(
    name: Annotated[str, typer.Argument(help="An adapter's name, or its brand.", show_default=False)],
    undo: Annotated[bool, typer.Option("--undo", help="Use it again.")] = False,
) -> None:
    """Use an adapter no more: the brand's drafts go to an older one that beats the base, or to the base."""
    from ..models.adapters import roll_back
    from ..settings import load

    record = roll_back(load().home, name, undo=undo)
    print(f"{record.name} is {'in use again' if undo else 'rolled back'}.")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="An adapter's name; see `kolony models list`.", show_default=False)]) -> None:
    """Delete an adapter for good, with its cards."""
    from ..models import adapters
    from ..settings import load

    print(f"{adapters.remove(load().home, name).name} is deleted.")


def reviewer(k: Kolony) -> Reviewer | None:
    """Whether a text for a post's request passes the review that drafts pass; ``None`` where no plugin reviews."""
    from ..artifacts import Brief, Draft, DraftSet

    tool = k.host.tools.get("review_content")
    if tool is None:
        return None

    def passes(post: Example, text: str) -> bool:
        zh = any("\u4e00" <= c <= "\u9fff" for c in post.text)
        language: Any = "zh" if zh else "en"
        platform: Any = post.platform
        brief = Brief(language=language, product=post.subject, platforms=[platform], facts=list(post.facts))
        title, _, body = text.partition("\n") if post.title else ("", "", text)
        # The writer puts the disclosure first itself, whatever the model wrote.
        body = f"{'【广告】' if zh else 'Ad | Paid partnership'}\n\n{body.strip() or text}"
        draft = Draft(id="d1", platform=platform, language=language, title=title[:100], body=body, disclosure=body.split("\n")[0])
        with k.single("review_content") as ctx:
            review = tool.function(ctx, brief=brief, drafts=DraftSet(drafts=[draft]))
        return bool(review.reviews[0].verdict == "pass")

    return passes


def _needs_packages() -> None:
    """Say what to install before anything long begins."""
    from importlib.util import find_spec

    from ..errors import UsageError

    missing = [p for p in ("peft", "sacrebleu", "datasketch") if find_spec(p) is None]
    if missing:
        raise UsageError(f"Training needs {', '.join(missing)}, which is not installed.", hint="Run: pip install 'kolony[train]'")


def _collect(store: Store, query: str | None, platforms: list[str]) -> list[Post]:
    from vectorstore import Filter

    try:
        where = Filter(platforms=tuple(platforms))
        return [hit.post for hit in store.search_posts(query, where, limit=2000)] if query else store.posts(where=where)
    finally:
        store.close()
