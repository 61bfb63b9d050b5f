"""A row of the fault matrix: what goes wrong, under which load, and what must hold all the same."""

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from tests.chaos.options import Options
from tests.chaos.report import Verdict
from tests.chaos.stage import Number, Stage, Template
from tests.stack import differing_copies


class Shelf:
    """A stage that one row leaves running for a later one, if it is as it should be."""

    def __init__(self) -> None:
        self.offered: dict[str, tuple[Stage, Number]] = {}
        self.kept = ExitStack()


class Scene:
    """What a row plays with: stages, the load's size, chance that repeats itself, and the verdict."""

    def __init__(self, options: Options, template: Template, verdict: Verdict, shelf: Shelf) -> None:
        self.options, self.template, self.verdict, self.shelf = options, template, verdict, shelf
        self.rng = random.Random(f"{options.seed} {verdict.name}")  # noqa: S311
        self.did, self.figure, self.must = verdict.did, verdict.figure, verdict.must
        self.none, self.converged, self.of = verdict.none, verdict.converged, options.of
        self._open = ExitStack()
        self._played: list[Stage] = []

    def stage(self, chats: int, *, each: int = 1, keep: bool = False, **environment: str) -> Stage:
        """The product and a simulator with `chats` chats, running. `each`: webs and workers, where the database takes more.
        `keep`: it runs on after the row."""
        each = each if self.options.on_postgres else 1
        own = {"seed": self.options.seed, "dialect": self.options.dialect, "each": each}
        made = Stage(self.template, self.verdict.name, chats=chats, **own, **environment)
        self._played.append(made)
        return (self.shelf.kept if keep else self._open).enter_context(made)

    def offer(self, name: str, stage: Stage, number: Number) -> None:
        """A later row may go on with this."""
        self.shelf.offered[name] = stage, number

    def borrow(self, name: str) -> tuple[Stage, Number] | None:
        """What an earlier row offered, gone after this row; None when there is nothing."""
        self._open.push(self.shelf.kept.pop_all())
        found = self.shelf.offered.pop(name, None)
        self._played += [found[0]] if found else []
        return found

    def judge_copies(self, *stages: Stage) -> None:
        """Whatever the row did: what the product stores twice says the same, on all its stages unless some are named."""
        for stage in stages or self._played:
            found = differing_copies(stage.settings)
            self.must(not found, "what is stored twice says the same", "; ".join(found))

    def close(self) -> None:
        self._open.close()


@dataclass(frozen=True, slots=True)
class Row:
    """`fixed` and `full`: seconds that it may take at any scale, and those that shrink with the load."""

    name: str
    fault: str
    promise: str
    play: Callable[[Scene], None]
    fixed: float = 60
    full: float = 60

    def seconds(self, options: Options) -> float:
        return options.seconds(self.fixed, self.full)
