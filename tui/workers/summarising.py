"""The analyses across traces, computed off the event loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import SimilarityError
from tui.workers.beside import Tell, beside

if TYPE_CHECKING:
    from core.analysis.across.study import Study
    from core.analysis.across.summary import Summary
    from tui.context import Context


@dataclass(frozen=True)
class Summarised:
    """A study with its summary, and the sentence that says why nothing was compared, if nothing was."""

    study: Study
    summary: Summary
    without: str = ""


async def summarise_all(context: Context, on_trace: Tell) -> Summarised:
    """Analyse all traces of the store together; the first time, this encodes what was said in each of them.

    ``on_trace`` is called on the event loop after each trace. Cancelling ends the thread at the next batch;
    what was embedded is kept.
    """

    def work(on_trace: Tell, go_on: Tell) -> Summarised:
        from core.analysis.across.study import load_study
        from core.analysis.across.summary import summarise
        from core.similarity.cosine import comparison

        categories = [category.name for category in context.codebook.categories]
        config, settings, without = context.embedding, context.settings_id or None, ""
        try:
            compared = comparison(context.store, config, go_on)
            study = load_study(context.store, compared, config.threshold, settings=settings, on_trace=on_trace)
        except SimilarityError as error:
            without = str(error)
            study = load_study(context.store, None, config.threshold, settings=settings, on_trace=on_trace)
        return Summarised(study, summarise(study, categories=categories), without)

    return await beside(work, on_trace)
