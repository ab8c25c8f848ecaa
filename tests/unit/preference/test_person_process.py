"""The personal posterior against another library's: a Gaussian process with a linear kernel."""

import warnings

import numpy as np

from gemrec.preference import Contests, PersonPrior, Told, fit_person

ITEMS, DIM, VOTES, VARIANCE = 6, 3, 15, 0.7
NO_TIES = -40.0


def test_the_posterior_is_that_of_a_pairwise_gaussian_process() -> None:
    """Likings with independent normal priors are a Gaussian process with a linear kernel."""
    rng = np.random.default_rng(0)
    items = rng.normal(size=(ITEMS, DIM))
    pairs = np.array([rng.permutation(ITEMS)[:2] for _ in range(VOTES)])
    contests = Contests(
        person=np.zeros(VOTES, dtype=np.int64),
        models=np.tile([0, 1], (VOTES, 1)),
        prompt=np.zeros(VOTES, dtype=np.int64),
        category=np.full(VOTES, -1),
        features=items[pairs[:, 0]] - items[pairs[:, 1]],
        margin=np.full(VOTES, 0.5),
        weight=np.ones(VOTES),
        sided=np.zeros(VOTES, dtype=np.bool_),
        votes=np.arange(VOTES),
    )
    told = Told(contests, np.zeros(VOTES), np.full(VOTES, NO_TIES), np.zeros(VOTES))
    prior = PersonPrior(np.sqrt(VARIANCE) * np.eye(DIM), np.full(3, 1e-9))  # no offsets
    state = fit_person(told, prior)
    likings = state.covariance[:DIM, :DIM]
    mean, covariance = _pairwise_gp(items, pairs)
    np.testing.assert_allclose(items @ state.taste, mean, atol=1e-5)
    np.testing.assert_allclose(items @ likings @ items.T, covariance, atol=1e-5)


def _pairwise_gp(items: np.ndarray, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own imports
        import torch
        from botorch.models import PairwiseGP  # noqa: PLC0415
        from botorch.models.likelihoods.pairwise import PairwiseLogitLikelihood  # noqa: PLC0415
        from gpytorch.kernels import LinearKernel, ScaleKernel  # noqa: PLC0415

        linear = LinearKernel()
        linear.variance = 1.0
        kernel = ScaleKernel(linear).double()
        kernel.outputscale = VARIANCE
        points = torch.tensor(items)
        process = PairwiseGP(
            points,
            torch.tensor(pairs),
            likelihood=PairwiseLogitLikelihood(),
            covar_module=kernel,
            jitter=1e-7,
        ).eval()
        found = process.posterior(points)
    mean = found.mean.detach().numpy().ravel()
    return mean, found.mvn.covariance_matrix.detach().numpy()
