"""Builds the page and serves it."""

import os
from typing import Any

import gradio as gr
from PIL import Image as PILImage
from starlette.middleware import Middleware

from gemrec.logs import ErrorCounter
from gemrec.services import Services
from gemrec.ui.annotate_tab import build_annotate_tab
from gemrec.ui.arena_tab import build_arena_tab
from gemrec.ui.board_file import board_file_route
from gemrec.ui.context import Context
from gemrec.ui.endpoints import Page, add_endpoints
from gemrec.ui.for_you_tab import build_for_you_tab
from gemrec.ui.gallery_tab import build_gallery_tab
from gemrec.ui.guards import LARGEST_PICTURE, LARGEST_REQUEST, SizeGuard
from gemrec.ui.identity import Identity, IdentityMiddleware
from gemrec.ui.leaderboard_tab import build_leaderboard_tab
from gemrec.ui.login import LoginMiddleware
from gemrec.ui.owner_tab import build_owner_tab
from gemrec.ui.pictures import Pictures
from gemrec.ui.research_tab import build_research_tab
from gemrec.ui.rights_routes import rights_routes
from gemrec.ui.routes import build_routes
from gemrec.ui.sessions import Cancellations
from gemrec.ui.theme import build_theme, read_head
from gemrec.ui.visits import MOST_PAGES, keep_visits

THREADS = 40
BRAND = (
    '<div class="g-brand"><span class="g-gem" aria-hidden="true"></span><b>GEMRec</b></div>'
    '<button type="button" class="g-toggle" data-theme-toggle aria-label="Switch light and dark">'
    "</button>"
)


def build_context(services: Services, errors: ErrorCounter | None = None) -> Context:
    """Everything the tabs share; the secrets come from the database, so restarts keep them.

    Args:
        services: All parts of gemrec.
        errors: Counts what the log tells; None counts nothing.
    """
    store = services.store
    return Context(
        services,
        Identity(
            store.secrets.get_or_create("annotators"),
            store,
            services.clock,
            needs_login=services.settings.has_login and not services.settings.anonymous,
        ),
        Pictures(store, services.images, services.catalog, store.secrets.get_or_create("pictures")),
        Cancellations(),
        errors or ErrorCounter(),
    )


def build_demo(services: Services, context: Context | None = None) -> gr.Blocks:
    """The page with its tabs and the named API.

    Args:
        services: All parts of gemrec.
        context: What the tabs share; made from ``services`` when None.
    """
    shared = context or build_context(services)
    demo = Page(title="GEMRec", analytics_enabled=False, fill_width=True)
    with demo:
        gr.HTML(BRAND, elem_id="brand", apply_default_css=False)
        if services.settings.has_login:  # elsewhere the button would end the app
            gr.LoginButton("Log in", size="sm", elem_id="login")
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Arena", id="arena", elem_id="tab-arena"):
                arena_page = build_arena_tab(shared, demo)
            with gr.Tab("For you", id="for-you", elem_id="tab-for-you") as for_you:
                build_for_you_tab(shared, for_you, arena_page.prompt)
            with gr.Tab("Annotate", id="annotate", elem_id="tab-annotate") as annotate:
                build_annotate_tab(shared, annotate, tabs, arena_page)
            with gr.Tab("Gallery", id="gallery", elem_id="tab-gallery"):
                build_gallery_tab()
            with gr.Tab("Leaderboard", id="leaderboard", elem_id="tab-leaderboard") as board:
                build_leaderboard_tab(shared, board)
            with gr.Tab("Research", id="research", elem_id="tab-research") as research:
                build_research_tab(shared, research)
            with gr.Tab("Server", id="server", elem_id="tab-server", visible=False) as server:
                build_owner_tab(shared, demo, server, shared.errors)
        add_endpoints(shared)
    demo.queue(api_open=False)
    return demo


def launch_arguments(services: Services, context: Context) -> dict[str, Any]:
    """The arguments of ``Blocks.launch``: our look, our routes, and nothing that leaks."""
    settings = services.settings
    return {
        "server_name": settings.listens_on,
        "server_port": settings.port or None,
        "theme": build_theme(),
        "head": read_head(settings.assets),
        "favicon_path": str(settings.assets / "ui" / "favicon.svg"),
        "app_kwargs": {
            "routes": [
                *build_routes(context),
                *rights_routes(context),
                board_file_route(context),
            ],
            "middleware": [
                Middleware(SizeGuard),
                *(
                    [Middleware(LoginMiddleware, sign=context.identity.sign)]
                    if settings.has_login
                    else []
                ),
                Middleware(IdentityMiddleware, identity=context.identity),
            ],
        },
        "max_threads": THREADS,
        "max_file_size": LARGEST_REQUEST,
        "state_session_capacity": MOST_PAGES,
        "show_error": False,
        "run_history": False,
        "enable_monitoring": False,
        "footer_links": [],
        "ssr_mode": False,
        "share": False,
        "mcp_server": False,
        "pwa": False,
        "quiet": True,
    }


def launch(
    services: Services,
    *,
    prevent_thread_lock: bool = False,
    errors: ErrorCounter | None = None,
) -> tuple[gr.Blocks, str]:
    """Serve the page, and then begin the work in the background.

    Args:
        services: All parts of gemrec.
        errors: Counts what the log tells, for the owner's view.
        prevent_thread_lock: Return at once while the page is served in the background.

    Returns:
        The running Blocks and its address.

    Raises:
        StoreError: Another process serves this database, or it cannot be read.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "0")
    # A small file can hold a picture of a billion pixels; Pillow refuses twice this many.
    PILImage.MAX_IMAGE_PIXELS = LARGEST_PICTURE // 2
    services.open()
    context = build_context(services, errors)
    demo = build_demo(services, context)
    _, url, _ = demo.launch(prevent_thread_lock=True, **launch_arguments(services, context))
    keep_visits(demo)
    services.start()
    print(f"GEMRec is on {url}", flush=True)  # noqa: T201
    if not prevent_thread_lock:
        demo.block_thread()
    return demo, url
