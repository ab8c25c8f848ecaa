"""The Gallery tab: a shell; its script fills it when it is first looked at."""

import gradio as gr

from gemrec.ranking import Weights
from gemrec.ui.widgets.gallery import shell


def build_gallery_tab() -> None:
    """Lay out the tab."""
    gr.HTML(shell(Weights().array().tolist()), elem_id="gallery", apply_default_css=False)
