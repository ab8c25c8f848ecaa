"""What one person is expected to like: scores of models and pictures for a prompt's category."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gemrec.preference.belief import Belief, Scores
from gemrec.preference.contests import Integers, Reader
from gemrec.preference.davidson import Array, moments
from gemrec.preference.everybody import Everybody
from gemrec.preference.features import FeatureTable
from gemrec.preference.offers import Asked, Offer, Offers
from gemrec.preference.person import Hint, PersonState, Told
from gemrec.preference.person_fit import fit_person
from gemrec.records import Image, Vote

NEWEST: Final = 500
"""Contests of a person by which it is decided whether the personal model serves them."""
_ROUNDING: Final = 1e-9
"""Nats that two equal losses may lie apart."""


ANYWHERE: Final = Asked()


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
    """How much each contest moved each of n models' utility, relative to the average of them.

    Attributes:
        votes: (k,) ids of the vote events of the person's contests.
        shift: (k, n) logits by which the utility would fall without the contest, to first order.
    """

    votes: Integers
    shift: Array


@dataclass(frozen=True, slots=True)
class Foretold:
    """How well each of a person's votes is foretold by the others.

    Attributes:
        personal: Mean log-loss of the personal model, nats; None without votes.
        shared: The same of everybody's part alone.
        serves: Whether the personal model is not worse, so that it is served.
    """

    personal: float | None
    shared: float | None
    serves: bool


@dataclass(frozen=True, slots=True)
class Taste:
    """A person's posterior with what is needed to apply it; immutable.

    Attributes:
        everybody: The shared part.
        person: The posterior that is served: the person's own, or with its mean at
            everybody's where that foretells the votes better.
        learnt: The person's own.
        features: What pictures look like.
        told: The contests that the posterior was fitted to.
        foretold: How well the person's votes are foretold.
        offers: Everybody's part of the models on offer.
        cast: The votes behind the contests.
    """

    everybody: Everybody
    person: PersonState
    learnt: PersonState
    features: FeatureTable
    told: Told
    foretold: Foretold
    offers: Offers
    cast: tuple[Vote, ...] = ()

    def believe_models(self, models: Sequence[str], asked: Asked = ANYWHERE) -> Belief:
        """What is believed about models on a kind of prompt, before any picture is made.

        Args:
            models: Model ids; the average model is the mean over them.
            asked: What is asked for.

        Raises:
            KeyError: A model is not in ``everybody.models``.
        """
        return self._believe(models, self.offers.models(models, asked))

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
            KeyError: A model is not in ``everybody.models``.
        """
        makers = (*models, *(image.model_id for image in images))
        usual = self.offers.models(models, Asked(category))
        offer = usual.followed_by(self._pictures(images, category))
        return self._believe(makers, offer, len(models))

    def _pictures(self, images: Sequence[Image], category: str) -> Offer:
        """The offer of some pictures."""
        table, makers = self.features, [image.model_id for image in images]
        rows = [table.expected(model_id, category) for model_id in makers]
        phi, known = table.looks[rows], np.array(rows) >= 0
        for place, image in enumerate(images):
            if (seen := table.image(image.id)) is not None:
                phi[place], known[place] = seen, True
        return self.offers.make(makers, phi, known, Asked(category))

    def score_models(self, models: Sequence[str], asked: Asked = ANYWHERE) -> Scores:
        """Score models for a prompt.

        The same as ``believe_models(models, asked).scores()``, without the joint covariance.
        """
        offer = self.offers.models(models, asked)
        return self._score(offer, offer)

    def score_images(
        self, images: Sequence[Image], models: Sequence[str], category: str = ""
    ) -> Scores:
        """Score pictures of one prompt against the average model, see :meth:`believe_images`."""
        usual = self.offers.models(models, Asked(category))
        return self._score(self._pictures(images, category), usual)

    def _score(self, offer: Offer, usual: Offer) -> Scores:
        """Compare items with the mean of the models' usual pictures; see :meth:`Belief.scores`."""
        count, person = len(usual.rows), self.person
        if not count or not len(offer.rows):
            none = np.zeros(0)
            return Scores(none, none, none, none)
        average = person.average(usual.rows, usual.phi)
        mean, doubt = self._means(offer)
        typical, in_common = (mean, doubt) if usual is offer else self._means(usual)
        share = np.zeros(len(person.places))
        share[usual.rows] = 1 / count
        variance = person.spread(offer.rows, offer.phi, average)
        variance += doubt * (1 - 2 * share[offer.rows]) + in_common.sum() / count**2
        return Scores.of(
            mean - typical.mean(),
            np.maximum(variance, 0.0),
            offer.phi @ person.taste - average[: person.dim] @ person.taste,
        )

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

    def influence(
        self, models: Sequence[str], category: str = "", among: Sequence[str] | None = None
    ) -> Influence:
        """How much each contest moved each model's utility, relative to the average model.

        One Newton step from the posterior without the contest's own evidence (the infinitesimal
        jackknife: Giordano et al. 2019, "A Swiss Army Infinitesimal Jackknife").

        Args:
            models: Model ids, none of them unknown.
            category: The prompt's category, empty when unknown.
            among: The models that are the average, all of ``models`` among them; these for None.
        """
        every = models if among is None else among
        offer = self.offers.models(every, Asked(category))
        rows = [self.everybody.index[model_id] for model_id in models]
        wanted = np.array([(offer.rows == row).argmax() for row in rows], dtype=np.int64)
        shift = self.learnt.influence(self.told, offer.rows, offer.phi, wanted)
        return Influence(self.told.contests.votes, shift)

    def _believe(self, makers: Sequence[str], offer: Offer, baseline: int | None = None) -> Belief:
        """Believe something about items, the first ``baseline`` of which make up the average."""
        mean, doubt = self._means(offer)
        return Belief(
            makers=tuple(makers),
            mean=mean,
            root=self.person.rows(offer.rows, offer.phi),
            doubt=doubt,
            taste=offer.phi @ self.person.taste,
            log_nu=self.everybody.joint.log_nu,
            baseline=len(makers) if baseline is None else baseline,
        )

    def _means(self, offer: Offer) -> tuple[Array, Array]:
        """(n,) expected utilities, and variances that all pictures of a model share."""
        open_share, spare = self.person.left_open(offer.rows)
        # Where everybody's part is wrong, the person's own offset has made good for it in as much as
        # their votes have determined it.
        doubt = offer.doubt * open_share**2 + spare
        return offer.mean + self.person.expect(offer.rows, offer.phi), doubt


def fit_taste(
    votes: Sequence[Vote],
    everybody: Everybody,
    features: FeatureTable,
    before: Taste | None = None,
    offers: Offers | None = None,
) -> Taste:
    """Fit one person's taste to their current votes.

    Args:
        votes: The person's current votes.
        everybody: The shared part.
        features: What pictures look like.
        before: The same person's taste some votes ago; changes the time needed, not the result.
        offers: Made from the same shared part and features; changes the time needed too.
    """
    cast = tuple(votes)
    reader = Reader(everybody.models, features, everybody.numbers)
    known = 0
    if before is not None and before.everybody is everybody and before.features is features:
        known = len(before.cast) if cast[: len(before.cast)] == before.cast else 0
        offers = offers or before.offers
    contests = reader.read(cast[known:])
    person = -1 if not cast else everybody.numbers.people.get(cast[0].annotator_id, -1)
    told = everybody.tell(contests, person)
    if known and before is not None:
        told = before.told.followed_by(told)
    # A state of other features' weights is no place to start from.
    start = before.learnt if before is not None and before.features is features else None
    learnt = fit_person(told, everybody.prior, start)
    foretold = foretell(told, learnt)
    # Otherwise everybody's order is served; how much is known of the person stays what it is.
    served = learnt if foretold.serves else learnt.without_opinion()
    offers = offers or Offers(everybody, features)
    return Taste(everybody, served, learnt, features, told, foretold, offers, cast)


def foretell(told: Told, state: PersonState) -> Foretold:
    """Log-losses of the newest contests without their own evidence, by personal and shared part.

    One Newton step from the mode leaves a contest out, so that no order of the votes matters.

    Args:
        told: The person's contests; the newest ``NEWEST`` of them count.
        state: Fitted to them.
    """
    if not len(told.contests):
        return Foretold(None, None, serves=True)
    own = state.without_each(told, NEWEST)
    personal, shared = (_losses(told, gaps) for gaps in (own, told.known[-NEWEST:]))
    return Foretold(personal, shared, serves=personal <= shared + _ROUNDING)


def _losses(told: Told, gaps: Array) -> float:
    """Mean log-loss of what happened in the newest contests, ties included."""
    tail = slice(-len(gaps), None)
    margin, weight, nu = (
        a[tail] for a in (told.contests.margin, told.contests.weight, told.log_nu)
    )
    likelihood = margin * gaps + np.where(margin == 0, nu, 0.0) - moments(gaps, nu).log_z
    return float(-(weight @ likelihood) / weight.sum())
