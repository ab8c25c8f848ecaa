"""The page: one file per tab, the look, and the routes beside Gradio's own."""

from gemrec.ui.app import build_context, build_demo, launch, launch_arguments

__all__ = ["build_context", "build_demo", "launch", "launch_arguments"]
