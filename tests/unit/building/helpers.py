"""Plans of scripted models, and workers that make their grids without a process."""

from gemrec.building import make_plan
from gemrec.building.maker import build_maker
from gemrec.embedding import EncoderOptions
from gemrec.errors import WorkerError
from gemrec.generation import BackendOptions
from gemrec.records import GenerationParameters, Model, ModelSource, Prompt

PROMPTS = (Prompt("a red cat", "animal"), Prompt("a pizza", "food"), Prompt("a blue rocket"))


def scripted(name, script="ok", base=None, downloads=9):
    source = ModelSource("scripted", script, base=base)
    parameters = GenerationParameters(width=32, height=32)
    return Model(name, name.title(), source, parameters, licence="MIT", downloads=downloads)


def plan_of(*models, prompts=PROMPTS, images=2):
    return make_plan(models, [None] * len(models), prompts, images)


class InProcess:
    """A worker without a process; dies at the jobs whose numbers are given."""

    def __init__(self, dies_at=()):
        self._maker = build_maker("scripted", BackendOptions(), EncoderOptions("scripted"))
        self._dies_at = set(dies_at)
        self.jobs = []

    def run(self, job, timeout=None, cancelled=None, background=None):
        self.jobs.append(job)
        if len(self.jobs) in self._dies_at:
            raise WorkerError("The worker died.")
        events = []
        self._maker.handle(job, events.append, cancelled or (lambda: False))
        yield from events
