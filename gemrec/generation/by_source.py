"""The backend that runs every catalog entry by the kind of its source."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gemrec.errors import GenerationRefusedError
from gemrec.generation.backend import Backend, BackendOptions, Drawn, GenerationJob
from gemrec.generation.diffusers_local import DiffusersBackend
from gemrec.generation.ledger import Ledger, open_ledger
from gemrec.generation.prerendered import PrerenderedBackend
from gemrec.generation.providers import ProviderBackend
from gemrec.generation.safety import SafetyRules
from gemrec.records import Model, SourceKind


class SourceBackend:
    """Hands each job to what runs its source, after the owner's rules; follows ``Backend``.

    Args:
        options: How to use the machine, and what is allowed.
        runners: Backend by source kind; None builds those below. Other kinds are diffusers'.
        ledger: Where spending and refusals are counted; None opens the one of ``options``.
    """

    name = "diffusers"

    def __init__(
        self,
        options: BackendOptions | None = None,
        runners: Mapping[SourceKind, Backend] | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self.options = options or BackendOptions()
        self._ledger = ledger or open_ledger(self.options.database)
        self._rules = SafetyRules(self.options.safety, self._ledger)
        self._local = DiffusersBackend(self.options)
        self._runners = runners or MappingProxyType(
            {
                "provider": ProviderBackend(self.options.providers, self._ledger),
                "prerendered": PrerenderedBackend(),
            }
        )

    def problem(self, model: Model, base: Model | None = None) -> str | None:
        """The owner's rules first, then whatever the source lacks."""
        return self._rules.model_problem(model) or self._runner(model).problem(model, base)

    def warm_up(self, jobs: tuple[GenerationJob, ...], cancelled: Callable[[], bool]) -> None:
        """Load what local models need; the others have nothing to load."""
        self._local.warm_up(
            tuple(job for job in jobs if self._runner(job.model) is self._local), cancelled
        )

    def generate(
        self,
        job: GenerationJob,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> list[Drawn]:
        """Make all images of a job; see ``Backend.generate``.

        Raises:
            GenerationRefusedError: A rule, a safety checker or the cost limit forbids it.
        """
        self._rules.check(job)
        runner = self._runner(job.model)
        try:
            return runner.generate(job, on_step, cancelled)
        except GenerationRefusedError:
            if runner is self._local:
                self._ledger.refuse("safety_checker", job.model.id)
            raise

    def _runner(self, model: Model) -> Backend:
        return self._runners.get(model.source.kind, self._local)
