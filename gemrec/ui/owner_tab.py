"""The Server tab: for owners only, who see how it is doing, close voting and save backups."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from gemrec.errors import GemrecError, InputError
from gemrec.logs import ErrorCounter
from gemrec.ui.context import Context
from gemrec.ui.owners import check_owner, is_owner
from gemrec.ui.server_status import read_status
from gemrec.ui.widgets import status
from gemrec.ui.widgets.server import server_view


@dataclass(frozen=True)
class OwnerDesk:
    """The handlers of the Server tab; each checks anew who asks.

    Attributes:
        context: Services, identity, sessions.
        errors: Counts what the log has told.
    """

    context: Context
    errors: ErrorCounter

    def on_load(self, request: gr.Request) -> Any:
        """Show the tab to owners, and to nobody else."""
        return gr.Tab(visible=is_owner(self.context, request))

    def on_show(self, request: gr.Request) -> tuple[str, Any]:
        """Everything as it stands now, and the button that changes whether voting is open."""
        try:
            check_owner(self.context, request)
            services = self.context.services
            shown = read_status(services, self.errors, self.context.cancellations)
        except GemrecError as error:
            return status.problem(str(error)), gr.skip()
        label = "Close voting" if shown.is_open else "Open voting"
        return server_view(shown), gr.Button(label)

    def on_toggle(self, request: gr.Request) -> tuple[str, Any]:
        """Close voting, or open it again."""
        try:
            check_owner(self.context, request)
            doors = self.context.services.arena.doors
            doors.set_open(not doors.is_open)
        except GemrecError as error:
            return status.problem(str(error)), gr.skip()
        return self.on_show(request)

    def on_backup(self, request: gr.Request) -> tuple[str, Any]:
        """Save a snapshot now."""
        try:
            check_owner(self.context, request)
            backups = self.context.services.backups
            if backups is None:
                raise InputError("No place for backups is set; name one in GEMREC_BACKUP.")
            backups.save()
        except GemrecError as error:
            return status.problem(str(error)), gr.skip()
        return self.on_show(request)


def build_owner_tab(context: Context, demo: gr.Blocks, tab: gr.Tab, errors: ErrorCounter) -> None:
    """Lay out the tab and wire it; it is read anew whenever it is opened.

    Args:
        context: What the tabs share.
        demo: The page, which asks at each load whether to show the tab.
        tab: The tab.
        errors: Counts what the log has told.
    """
    desk = OwnerDesk(context, errors)
    with gr.Row(elem_id="server-head", elem_classes="g-head"):
        gr.HTML('<h1 class="g-title">Server</h1>', apply_default_css=False)
        again = gr.Button("Refresh", elem_id="server-refresh", scale=0, min_width=110)
        backup = gr.Button("Back up now", elem_id="server-backup", scale=0, min_width=130)
        doors = gr.Button("Close voting", elem_id="server-voting", scale=0, min_width=130)
    view = gr.HTML(elem_id="server", apply_default_css=False)
    options: dict[str, Any] = {
        "queue": False,
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    demo.load(desk.on_load, None, tab, **options)
    gr.on([tab.select, again.click], desk.on_show, None, [view, doors], **options)
    doors.click(desk.on_toggle, None, [view, doors], **options)
    backup.click(desk.on_backup, None, [view, doors], **options)
