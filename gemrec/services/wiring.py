"""Builds every part once and wires them: a grid wakes the embedder, a vote wakes the refresher."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

import numpy as np

from gemrec.arena import (
    SAMPLERS,
    ArenaLimits,
    Draw,
    RateLimits,
    TicketOffice,
    build_arena,
)
from gemrec.backup import Backups, Restored, open_place, restore
from gemrec.catalog import Catalog, load_catalog, load_prompts
from gemrec.embedding import EmbeddingService, EncoderWorker
from gemrec.gallery import Cartographer, Choices, GalleryDesk, Scorer, Summarist
from gemrec.generation import (
    GenerationWorker,
    GridService,
    warm_up_jobs,
)
from gemrec.generation.ledger import open_ledger
from gemrec.generation.safety import SafetyRules
from gemrec.images import ImageFiles
from gemrec.recommend import Drawer, Recommender, Refresher
from gemrec.records import Image, Model, Prompt
from gemrec.services.options import (
    backend_options,
    catalog_files,
    crew_of,
    encoder_options,
    known_words_of,
    prompt_files,
)
from gemrec.services.services import Services
from gemrec.settings import Settings
from gemrec.store import Store

TICKET_SECRET = "tickets"  # noqa: S105 - the secret's name, not the secret


def utc_now() -> datetime:
    """The clock of a running program."""
    return datetime.now(UTC)


def within_reach(catalog: Catalog, problem: Callable[[Model], str | None], store: Store) -> Catalog:
    """The models to learn about: those that can run here, and those with votes or images already.

    The catalog lists many that this machine cannot run, and nobody is helped by a board of models
    without a vote. A model that votes name counts in any case, whenever they come.
    """
    seen = store.models.used()
    models = {
        model_id: model
        for model_id, model in catalog.models.items()
        if model.retired or model_id in seen or problem(model) is None
    }
    return Catalog(MappingProxyType(models))


def restore_backup(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Restored | None:
    """Fill an empty disk from the newest good snapshot; call it before :func:`build_services`.

    Returns:
        What came back; None when no place of backups is set, there is a database already, or no
        snapshot yet.

    Raises:
        SettingsError: The setting names no place.
        BackupError: The place cannot be reached, or none of its snapshots is good.
        NewerSchemaError: The newest snapshot was written by a newer gemrec.
    """
    place = open_place(settings.backup)
    if place is None:
        return None
    images = ImageFiles(settings.image_folder)
    return restore(place, settings.database, images, clock())


def build_services(
    settings: Settings,
    clock: Callable[[], datetime] = utc_now,
    rng_factory: Callable[[], np.random.Generator] = np.random.default_rng,
) -> Services:
    """Build and wire all parts; starts nothing and imports nothing heavy.

    Args:
        settings: What the person who runs gemrec decided.
        clock: Now, timezone-aware UTC.
        rng_factory: A fresh random generator for each battle.

    Raises:
        CatalogError: A file of models or prompts has a bad entry.
        StoreError: The database cannot be opened.
    """
    place = open_place(settings.backup)
    catalog = load_catalog(*catalog_files(settings))
    prompts = load_prompts(*prompt_files(settings))
    store = Store(settings.database, settings.journal)
    store.models.sync(catalog.models.values(), clock())
    images = ImageFiles(settings.image_folder)
    options = backend_options(settings)
    rules = SafetyRules(options.safety, open_ledger(settings.database))
    grids = GridService(
        GenerationWorker(
            settings.backend, options, warm_up_jobs(catalog.active()), crew=crew_of(settings)
        ),
        images,
        store,
        catalog,
        timeout=settings.generation_timeout,
        clock=clock,
    )
    embeddings = EmbeddingService(EncoderWorker(encoder_options(settings)), store, images)
    refresher = Refresher(
        store, within_reach(catalog, grids.problem, store), embeddings.name, clock
    )

    def told() -> None:
        refresher.nudge_images()
        gallery.nudge()

    def embed(prompt: Prompt, made: Sequence[Image]) -> None:
        """Prepare what a recommendation for this prompt will want to know."""
        refresher.nudge_images()
        embeddings.text_vector(prompt.text, wait=False)
        embeddings.embed_in_background(made, told)

    arena = build_arena(
        store,
        catalog,
        grids,
        TicketOffice(
            store.secrets.get_or_create(TICKET_SECRET), store, clock, settings.ticket_minutes
        ),
        Draw(SAMPLERS[settings.sampler](), settings.random_share),
        refresher,
        clock,
        rng_factory,
        ArenaLimits(settings.prompt_length, refuse=rules.refused_prompt, consent=settings.consent),
        RateLimits(
            settings.annotator_limit,
            settings.address_limit,
            on_refusal=lambda reason: store.tickets.refuse(reason, clock()),
        ),
        on_images=embed,
        vectors=partial(embeddings.image_vectors, wait=False),
    )
    gallery = GalleryDesk(
        store,
        catalog,
        refresher,
        Scorer(store, embeddings),
        arena.hidden_images,
        Cartographer(store, embeddings.name),
    )
    recommender = Recommender(
        store, catalog, refresher, embeddings, known_words_of(settings), clock
    )
    return Services(
        settings,
        catalog,
        prompts,
        store,
        images,
        grids,
        embeddings,
        refresher,
        recommender,
        Drawer(grids, embeddings, refresher),
        arena,
        gallery,
        Choices(store, gallery, arena, clock),
        Summarist(store, catalog, refresher, gallery.unseen, clock),
        clock,
        rng_factory,
        None
        if place is None
        else Backups(store, images, place, settings.backup_minutes, settings.backup_keep, clock),
    )
