"""What one person is expected to like: scores of models and pictures for a prompt's category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gemrec.preference.belief import Belief, Scores
from gemrec.preference.davidson import Array, margin
from gemrec.preference.features import FeatureTable
from gemrec.preference.model import Comparisons, Hint, PersonState, fit_person
from gemrec.preference.shared import CATEGORY_VARIANCE, SharedState
from gemrec.records import Image, Vote

CategoryOffsets = Mapping[str, tuple[Array, Array]]
"""Per category with votes: (M,) offsets of the shared part in logits and (M,) their variances."""


@dataclass(frozen=True, slots=True)
class Axes:
    """Taste per feature, beyond what everybody likes.

    Attributes:
        mean: (r,) weights in logits per unit of the feature.
        deviation: (r,) their standard deviations.
    """

    mean: Array
    deviation: Array


@dataclass(frozen=True, slots=True)
class Influence:
    """How much each vote moved each of n models' utility, relative to the average of them.

    Attributes:
        votes: Ids of the person's k vote events that count.
        shift: (k, n) logits by which the utility would fall without the vote, to first order.
    """

    votes: tuple[int, ...]
    shift: Array


@dataclass(frozen=True, slots=True)
class Taste:
    """A person's posterior with what is needed to apply it; immutable.

    Attributes:
        shared: The shared part without this person's votes.
        person: The person's posterior.
        features: What pictures look like.
        offsets: Category differences, everybody's.
        comparisons: The votes that the posterior was fitted to.
    """

    shared: SharedState
    person: PersonState
    features: FeatureTable
    offsets: CategoryOffsets
    comparisons: Comparisons

    def believe_models(self, models: Sequence[str], category: str = "") -> Belief:
        """What is believed about models on a prompt's category, before any picture is made.

        Args:
            models: Model ids; the average model is the mean over them.
            category: The prompt's category, empty when unknown.

        Raises:
            KeyError: A model is not in ``shared.prior.models``.
        """
        rows = [self.features.expected(model_id, category) for model_id in models]
        return self._believe(models, self.features.looks[rows], np.array(rows) >= 0, category)

    def believe_images(
        self, images: Sequence[Image], models: Sequence[str], category: str = ""
    ) -> Belief:
        """What is believed about pictures of one prompt; ``models`` come first, as the baseline.

        Args:
            images: The pictures; those without features count as their model's average.
            models: Model ids whose mean is the average model.
            category: The prompt's category.

        Returns:
            A belief about ``len(models) + len(images)`` items.

        Raises:
            KeyError: A model is not in ``shared.prior.models``.
        """
        table = self.features
        makers = [*models, *(image.model_id for image in images)]
        rows = [table.expected(model_id, category) for model_id in makers]
        phi, known = table.looks[rows], np.array(rows) >= 0
        for place, image in enumerate(images, start=len(models)):
            if (seen := table.image(image.id)) is not None:
                phi[place], known[place] = seen, True
        return self._believe(makers, phi, known, category, len(models))

    def score_models(self, models: Sequence[str], category: str = "") -> Scores:
        """Score models for a prompt, see :meth:`believe_models`."""
        return self.believe_models(models, category).scores()

    def score_images(
        self, images: Sequence[Image], models: Sequence[str], category: str = ""
    ) -> Scores:
        """Score pictures of one prompt against the average model, see :meth:`believe_images`."""
        scores = self.believe_images(images, models, category).scores()
        tail = slice(len(models), None)
        return Scores(scores.score[tail], scores.low[tail], scores.high[tail], scores.taste[tail])

    @property
    def axes(self) -> Axes:
        """The person's taste per feature."""
        return Axes(self.person.taste, self.person.taste_deviation)

    def steered(self, hints: Sequence[Hint]) -> "Taste":
        """The same taste with hints taken in; the votes stay what they are, nothing is stored.

        Args:
            hints: Each with a direction of ``features.dim`` numbers.
        """
        return replace(self, person=self.person.given(hints)) if hints else self

    def influence(self, models: Sequence[str], category: str = "") -> Influence:
        """How much each vote moved each model's utility, relative to the average of them.

        One Newton step from the posterior without the vote's own evidence (the infinitesimal
        jackknife: Giordano et al. 2019, "A Swiss Army Infinitesimal Jackknife").

        Args:
            models: Model ids, none of them unknown.
            category: The prompt's category, empty when unknown.
        """
        rows = [self.features.expected(model_id, category) for model_id in models]
        makers = np.array([self.shared.prior.index[m] for m in models], dtype=np.int64)
        shift = self.person.influence(self.comparisons, makers, self.features.looks[rows])
        centred = shift - shift.mean(axis=1, keepdims=True) if len(models) else shift
        return Influence(self.comparisons.votes, centred)

    def _believe(
        self,
        makers: Sequence[str],
        phi: Array,
        has_look: NDArray[np.bool_],
        category: str,
        baseline: int | None = None,
    ) -> Belief:
        """Believe something about items.

        Args:
            makers: (n,) model ids.
            phi: (n, r) features.
            has_look: (n,) whether the features are known.
            category: The prompt's category.
            baseline: How many items make up the average; all for None.
        """
        prior = self.shared.prior
        rows = np.array([prior.index[model_id] for model_id in makers], dtype=np.int64)
        beyond = _beyond_model(self.shared, rows, phi, has_look)
        mean, root = self.person.utilities(rows, phi, beyond)
        nothing = np.zeros(len(prior.models)), np.full(len(prior.models), CATEGORY_VARIANCE)
        offset, doubt = self.offsets.get(category, nothing)
        return Belief(
            makers=tuple(makers),
            mean=mean + offset[rows],
            root=root,
            # All pictures of a model share its offset, and with it the doubt about it.
            doubt=doubt[rows],
            taste=phi @ self.person.taste,
            log_nu=self.shared.log_nu,
            baseline=len(makers) if baseline is None else baseline,
        )


def read_comparisons(
    votes: Sequence[Vote], shared: SharedState, features: FeatureTable, offsets: CategoryOffsets
) -> Comparisons:
    """Turn votes into comparisons; skips and undone votes are left out.

    Ties of all three kinds say that neither side was preferred. Named comparisons count: they are
    no evidence for the public board, but they are what this person said.

    Args:
        votes: One person's current votes.
        shared: The shared part without this person's votes.
        features: What pictures look like.
        offsets: Category differences.
    """
    index = shared.prior.index
    cast = [(v, v.outcome) for v in votes if v.outcome is not None and len(v.pairs) == 1]
    makers = np.array([[index[m] for m in v.models] for v, _ in cast], dtype=np.int64)
    looks = np.array(
        [[features.grid(m, v.prompt, v.category) for m in v.models] for v, _ in cast],
        dtype=np.int64,
    )
    makers, looks = makers.reshape(-1, 2), looks.reshape(-1, 2)
    phi = features.looks[looks]
    known = _beyond_model(shared, makers, phi, looks >= 0)
    categories = list(offsets)
    if categories:
        # One row more, of zeros, for categories nobody has voted on.
        table = np.stack([*(offsets[c][0] for c in categories), np.zeros(len(shared.mean))])
        number = {category: i for i, category in enumerate(categories)}
        kind = np.array([number.get(v.category, -1) for v, _ in cast], dtype=np.int64)
        known = known + table[kind[:, None], makers]
    return Comparisons(
        left=makers[:, 0],
        right=makers[:, 1],
        features=phi[:, 0] - phi[:, 1],
        known=known[:, 0] - known[:, 1],
        margin=np.array([margin(outcome) for _, outcome in cast]),
        votes=tuple(v.id for v, _ in cast),
    )


def fit_taste(
    votes: Sequence[Vote], shared: SharedState, features: FeatureTable, offsets: CategoryOffsets
) -> Taste:
    """Fit one person's taste to their current votes.

    Args:
        votes: The person's current votes.
        shared: The shared part without this person's votes.
        features: What pictures look like.
        offsets: Category differences.
    """
    comparisons = read_comparisons(votes, shared, features, offsets)
    return Taste(shared, fit_person(shared, comparisons), features, offsets, comparisons)


def _beyond_model(
    shared: SharedState, rows: NDArray[np.int64], phi: Array, has_look: NDArray[np.bool_]
) -> Array:
    """What everybody's taste adds for pictures beyond their models' usual looks, logits."""
    beyond: Array = (phi - shared.prior.features[rows]) @ shared.content
    return np.where(has_look, beyond, 0.0)
