"""The space of pairs and recipes, and what a trial has to choose for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shopclip.dualencoder.recipe import Recipe
from shopclip.errors import ShopclipError
from shopclip.parameters import Pair, TrainingParameters
from shopclip.parameters.tuning import Domain, TuningParameters, number_kind

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

# What a recipe holds against each other; all else it judges by itself.
TOGETHER = (
    "epochs",
    "text_mode",
    "image_mode",
    "layer_decay",
    "unlocked_layers",
    "projection_epochs",
    "latent_mixup",
    "attribute_weight",
    "teacher",
)

PAIR = "pair"  # what a trial calls the choice of its pair, where there is one


class TuningError(ShopclipError):
    """There is nothing to choose by, or nothing to choose from."""


@dataclass(frozen=True)
class Space:
    """Pairs and hyperparameters to choose among, every default recipe one of the choices."""

    domains: Mapping[str, Domain]
    pairs: Mapping[str, Pair]
    training: TrainingParameters

    @classmethod
    def of(
        cls, tuning: TuningParameters, training: TrainingParameters, pairs: Mapping[str, Any]
    ) -> Space:
        """The space that the configuration describes.

        Args:
            pairs: the configured pairs by name; repeats by another seed are left aside.

        Raises:
            TuningError: everything that is wrong with it.
        """
        all_pairs = {name: Pair.model_validate(pair) for name, pair in pairs.items()}
        configured = {name: pair for name, pair in all_pairs.items() if pair.repeats is None}
        trained = [  # a public model as it is has nothing to tune
            name
            for name, pair in configured.items()
            if pair.ensemble is None and (pair.public is None or training.recipe_for(pair).epochs)
        ]
        chosen = list(dict.fromkeys(tuning.pairs or trained))
        if whole := [n for n in chosen if n in configured and configured[n].ensemble is not None]:
            raise TuningError(
                f"tuning.pairs: {', '.join(whole)} is an ensemble, of which nothing is trained; "
                "name its members"
            )
        if unknown := [name for name in chosen if name not in configured]:
            raise TuningError(
                f"tuning.pairs: {', '.join(unknown)} is not among the configured pairs; expected "
                f"some of {', '.join(configured)}"
            )
        space = cls(tuning.space, {name: configured[name] for name in chosen}, training)
        if wrong := list(space._wrong(tuning.trials)):
            raise TuningError("; ".join(wrong))
        return space

    def distributions(self) -> dict[str, BaseDistribution]:
        """What Optuna draws from, by name."""
        from optuna.distributions import CategoricalDistribution

        pair = {PAIR: CategoricalDistribution(list(self.pairs))} if len(self.pairs) > 1 else {}
        return pair | {name: _distribution(name, one) for name, one in self.domains.items()}

    def defaults(self) -> dict[str, dict[str, Any]]:
        """What a trial would have to choose to be each pair as it is configured."""
        return {
            name: {
                **({PAIR: name} if len(self.pairs) > 1 else {}),
                **{key: default_of(self.recipe(name, {}), key) for key in self.domains},
            }
            for name in self.pairs
        }

    def read(self, chosen: Mapping[str, Any]) -> tuple[str, Recipe]:
        """The name of the pair and the recipe of a trial that has chosen."""
        values = dict(chosen)
        pair = values.pop(PAIR, next(iter(self.pairs)))
        return pair, self.recipe(pair, values)

    def recipe(self, pair: str, values: Mapping[str, Any]) -> Recipe:
        """The recipe of a pair with some values of its own."""
        own = self.pairs[pair].recipe
        changed = self.pairs[pair].model_copy(update={"recipe": {**own, **values}})
        return self.training.recipe_for(changed)

    def manifest(self) -> list[Any]:
        """All that makes it another space, as JSON."""
        domains = {name: domain.model_dump() for name, domain in self.domains.items()}
        pairs = {
            name: [
                pair.model_dump(include={"text", "image", "name", "revision", "subfolder"}),
                asdict(self.recipe(name, {})),
            ]
            for name, pair in self.pairs.items()
        }
        return [domains, pairs, self.training.embed_dim, self.training.seed]

    def _wrong(self, trials: int) -> Iterator[str]:
        """Too little to choose from, or a default left out: the search begins with all defaults, so
        that it is never worse than the best of them on validation.
        """
        if not self.domains and len(self.pairs) < 2:
            yield "tuning.space is empty, and one pair alone leaves nothing to choose"
        if trials < len(self.pairs):
            yield (
                f"tuning.trials is {trials}, expected at least {len(self.pairs)}: the default "
                "recipe of every pair is tried first; raise it, or name fewer in tuning.pairs"
            )
        for pair in self.pairs:
            recipe = self.recipe(pair, {})
            if recipe.teacher is not None:
                yield (
                    f"{pair} learns from {recipe.teacher}, which trials cannot; leave it out of "
                    "tuning.pairs"
                )
            if not recipe.epochs:
                yield f"{pair} has 0 epochs and cannot be tuned; leave it out of tuning.pairs"
            for name, domain in self.domains.items():
                if not domain.allows(value := default_of(recipe, name)):
                    yield (
                        f"tuning.space.{name} leaves out {value!r}, which {pair} is trained with "
                        "as it is configured, and that is tried first; widen it"
                    )
            yield from self._refused(pair)

    def _refused(self, pair: str) -> Iterator[str]:
        """The first draw, of the ends of all ranges, that is no recipe: no trial may meet one."""
        names = [name for name in TOGETHER if name in self.domains]
        ends = [self.domains[name].choices or self.domains[name].range for name in names]
        for values in product(*ends):
            drawn = dict(zip(names, values, strict=True))
            try:
                self.recipe(pair, drawn)
            except ValidationError as error:
                because = error.errors()[0].get("ctx", {}).get("error", error)
                told = ", ".join(f"{name} {value}" for name, value in drawn.items())
                yield f"tuning.space lets a trial of {pair} have {told}: {because}; narrow it"
                return


def default_of(recipe: Recipe, name: str) -> Any:
    """A hyperparameter's value; of a temperature that is left to the loss, that of the loss."""
    from shopclip.dualencoder.losses import LOSSES

    value = getattr(recipe, name)
    return LOSSES[recipe.loss].temperature if name == "temperature" and value is None else value


def _distribution(name: str, domain: Domain) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if domain.choices is not None:
        return CategoricalDistribution(domain.choices)
    low, high = domain.range
    if number_kind(name) is int:
        step = 1 if domain.step is None else int(domain.step)
        return IntDistribution(int(low), int(high), log=domain.log, step=step)
    return FloatDistribution(low, high, log=domain.log, step=domain.step)
