"""All parts of a running gemrec, and the questions that need more than one of them.

Nothing here imports a heavy library; models and encoders load in worker processes after
:meth:`Services.start`, once the page is up.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from gemrec.arena import Arena, check_prompt
from gemrec.backup import Backups
from gemrec.campaigns import Rights, Studies
from gemrec.catalog import Catalog, PromptBook
from gemrec.embedding import EmbeddingService
from gemrec.errors import GemrecError, InputError
from gemrec.exchange import Exporter
from gemrec.gallery import Choices, GalleryDesk, Summarist
from gemrec.generation import GridService
from gemrec.images import ImageFiles
from gemrec.leaderboard import DRAWS, BoardFit, BoardQuery
from gemrec.recommend import Drawer, Drawing, Recommender, Refresher, seeds_for
from gemrec.records import Board, Prompt, Recommendation, TasteSettings
from gemrec.retrieval import Filters
from gemrec.services.threads import let_answers_through
from gemrec.settings import Settings
from gemrec.store import Store

MOST_MODELS = 50
SEEDS = 3  # pictures of each model that is run for a recommendation; the best one leads
TEXT_PATIENCE = 0.1  # seconds; an answer after a vote must not wait for an encoder

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """All parts, built and wired.

    Attributes:
        settings: What the person who runs gemrec decided.
        catalog: The models.
        prompts: The prompts that the dice can roll.
        store: The database.
        images: The image files.
        grids: Makes images.
        embeddings: Turns images and texts into vectors.
        refresher: Keeps the snapshot of all derived state.
        recommender: What suits whom, and what people have set about it.
        drawer: Runs models for a recommendation.
        arena: Battles and votes.
        gallery: Everything generated, scored.
        choices: What people choose and report in the gallery.
        summaries: People's best models.
        clock: Now, timezone-aware UTC.
        rng_factory: A fresh random generator.
        backups: Saves snapshots; None where the settings name no place for them.
    """

    settings: Settings
    catalog: Catalog
    prompts: PromptBook
    store: Store
    images: ImageFiles
    grids: GridService
    embeddings: EmbeddingService
    refresher: Refresher
    recommender: Recommender
    drawer: Drawer
    arena: Arena
    gallery: GalleryDesk
    choices: Choices
    summaries: Summarist
    clock: Callable[[], datetime]
    rng_factory: Callable[[], np.random.Generator]
    backups: Backups | None = None

    def open(self) -> None:
        """Claim the database for this server and read the counts, so that boards are right.

        Raises:
            StoreError: Another process serves this database, or it cannot be read.
        """
        let_answers_through()
        self.store.serving.acquire()
        self.refresher.open()

    def start(self) -> None:
        """Begin all work in the background; returns at once.

        A server calls this once it answers, because that work takes the cores from the start.

        Raises:
            StoreError: Another process serves this database, or it cannot be read.
        """
        self.open()
        self.refresher.start()
        self.grids.start()
        self.embeddings.warm_up(after=self.grids.wait_until_ready)
        self.gallery.start()
        # Images made by the CLI, or just before the last stop, have no vectors yet.
        self.embeddings.embed_in_background(self.store.images.all(), self._tell_of_vectors)
        self.recommender.prepare()
        if self.settings.retention_days:
            threading.Thread(target=self._forget_inactive, name="retention", daemon=True).start()
        if self.backups is not None:
            self.backups.start()

    def close(self) -> None:
        """Stop threads and worker processes."""
        self.arena.close()
        self.refresher.close()
        if self.backups is not None:
            self.backups.close()
        self.grids.close()
        self.embeddings.close()
        self.gallery.close()
        self.store.close()
        self.store.serving.release()

    def _forget_inactive(self) -> None:
        """Forget people who have been silent for as long as the owner has set."""
        try:
            people = self.rights.forget_inactive(self.settings.retention_days)
        except GemrecError as error:
            log.warning("retention: %s", error)
            return
        if people:
            log.info("retention: %d people forgotten", people)

    def prompt(self, text: str, category: str = "") -> Prompt:
        """A checked prompt; one that the dice can roll brings its category along.

        Raises:
            PromptError: Empty or too long.
        """
        asked = check_prompt(Prompt(text, category), self.arena.limits)
        return asked if asked.category else Prompt(asked.text, self._category_of(asked.text))

    def recommend(
        self,
        annotator_id: str | None,
        prompt: str,
        k: int = 5,
        patience: float = TEXT_PATIENCE,
        *,
        filters: Filters | None = None,
        look_ahead: bool = True,
        settings: TasteSettings | None = None,
    ) -> Recommendation:
        """Both stages' answer from the current snapshot.

        Args:
            annotator_id: For whom; None for everybody.
            prompt: What they want to see.
            k: How many models, 1..50.
            patience: Seconds to wait for the vector of a prompt that nobody has asked for yet;
                without it, images of other prompts cannot be found by meaning.
            filters: What models must fulfil; None lets all pass but unsafe ones.
            look_ahead: Also say what is worth running and how many votes are to go.
            settings: Wishes and strengths to use instead of those that the person has set.

        Raises:
            PromptError: Empty or too long.
            InputError: ``k`` is out of range.
        """
        if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MOST_MODELS:
            raise InputError(f"k: got {k!r}; allowed: 1 to {MOST_MODELS}")
        asked = self.prompt(prompt)
        return self.recommender.recommend(
            annotator_id,
            asked,
            self.embeddings.text_vector_within(asked.text, patience),
            k,
            hidden=self.arena.hidden_images(),
            filters=filters,
            look_ahead=look_ahead,
            settings=settings,
        )

    def draw(
        self,
        annotator_id: str | None,
        prompt: str,
        filters: Filters,
        cancelled: Callable[[], bool],
    ) -> Iterator[Drawing]:
        """Run the few models that are worth it for a person and a prompt.

        Args:
            annotator_id: For whom; None for everybody.
            prompt: What to draw.
            filters: What models must fulfil, besides that they can run here.
            cancelled: Asked several times a second.

        Raises:
            PromptError: Empty or too long.
            InputError: No model that passes the filters can run here.
            GenerationCancelledError: ``cancelled()`` said so.
        """
        usable = frozenset(model.id for model in self.arena.usable_models())
        answer = self.recommend(annotator_id, prompt, filters=replace(filters, ids=usable))
        if not answer.worth_running:
            raise InputError("No model that passes your limits can run here; widen the limits.")
        asked = self.prompt(prompt)
        models = [self.catalog.get(model_id) for model_id in answer.worth_running]
        return self.drawer.draw(asked, models, seeds_for(asked.text, SEEDS), cancelled)

    def leaderboard(self, category: str | None = None) -> Board:
        """The board of all blind votes, or of one category's.

        Raises:
            InputError: No prompt and no vote has this category.
        """
        return self.fit_board(BoardQuery(category=category, draws=DRAWS)).board

    def fit_board(self, query: BoardQuery) -> BoardFit:
        """Any board with the numbers behind it, from the current snapshot.

        The setting decides from how many votes on a model is no longer preliminary.

        Raises:
            InputError: No prompt and no vote has this category.
        """
        self._check_category(query.category)
        minimum = self.settings.board_minimum_votes
        return self.refresher.current().fit(replace(query, minimum_votes=minimum))

    @property
    def studies(self) -> Studies:
        """Studies, and who gets what in them."""
        return Studies(self.store, self.arena, self.clock, self.rng_factory)

    @property
    def rights(self) -> Rights:
        """What people may ask for about their data."""
        return Rights(
            self.store,
            self.images,
            self.refresher.reread,
            self.clock,
            self.settings.consent,
            self.settings.on_leaving,
            {prompt.text for prompt in self.prompts.prompts},
        )

    @property
    def exporter(self) -> Exporter:
        """Writes exports."""
        return Exporter(self.store, self.images, self.all_boards, self.clock)

    def all_boards(self) -> tuple[Board, ...]:
        """The board of all blind votes, and those of the categories that have any."""
        snapshot = self.refresher.current()
        voted = sorted(set(snapshot.categories) - {""})
        minimum = self.settings.board_minimum_votes
        queries = [BoardQuery(category=name, minimum_votes=minimum) for name in (None, *voted)]
        return tuple(snapshot.fit(query).board for query in queries)

    def annotator_id(self, name: str) -> str | None:
        """Id of the annotator with this name; None when nobody has it. Creates nobody."""
        found = self.store.annotators.named(name)
        return None if found is None else found.id

    def problems(self) -> Mapping[str, str | None]:
        """Why each model cannot run here; None for those that can."""
        return {model.id: self.grids.problem(model) for model in self.catalog.models.values()}

    def prompts_of(self, category: str | None = None) -> tuple[Prompt, ...]:
        """The prompts that the dice can roll, all or one category's.

        Raises:
            InputError: There is no such category.
        """
        return self.prompts.prompts if category is None else self.prompts.in_category(category)

    def next_prompt(self, category: str | None = None) -> Prompt:
        """A prompt by the dice, of any or of one category.

        Raises:
            InputError: There is no such category, or no prompt at all.
        """
        return self.prompts.sample(self.rng_factory(), category)

    def _tell_of_vectors(self) -> None:
        self.refresher.nudge_images()
        self.gallery.nudge()

    def _category_of(self, text: str) -> str:
        return next((p.category for p in self.prompts.prompts if p.text == text), "")

    def _check_category(self, category: str | None) -> str | None:
        if category is None:
            return None
        voted = self.refresher.current().categories
        allowed = sorted({*voted, *self.prompts.categories()} - {""})
        if category not in allowed:
            raise InputError(f"category: got {category!r}; allowed: {', '.join(allowed)}")
        return category
