"""How far a tuning has come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from shopclip.pipelines.tuning.study import SharedStudy


class Progress:
    """A bar over the finished trials, whoever finished them, with the best value so far."""

    def __init__(self, study: SharedStudy, bar: tqdm[None]) -> None:
        self._study, self._bar = study, bar

    def look(self) -> None:
        """Bring the bar up to date."""
        finished = self._study.finished()
        if best := self._study.best():
            self._bar.set_postfix(best=f"{best.value:.4f}", refresh=False)
        self._bar.n = min(len(finished), self._study.tuning.trials)
        self._bar.refresh()


@contextmanager
def progress(study: SharedStudy) -> Iterator[Progress]:
    """Show a bar, with the lines of the log above it."""
    with (
        logging_redirect_tqdm(),
        tqdm(total=study.tuning.trials, desc="trials", unit="trial") as bar,
    ):
        yield Progress(study, bar)
