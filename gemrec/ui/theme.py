"""The look: one Gradio theme of our own, with our style sheet and script."""

from pathlib import Path

import gradio as gr

FONTS = (
    "Inter",
    "-apple-system",
    "BlinkMacSystemFont",
    "Segoe UI",
    "Helvetica Neue",
    "Arial",
    "system-ui",
    "sans-serif",
)
MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Consolas", "monospace")

EMERALD = gr.themes.Color(
    "#edf7f3", "#d5ece3", "#aedaca", "#7dc2aa", "#4aa588", "#24886b", "#0f6b52", "#0d5743",
    "#0c4536", "#0a392d", "#062019", name="gem_emerald",
)  # fmt: skip
STONE = gr.themes.Color(
    "#f8f7f4", "#f1efea", "#e4e0d8", "#cfc9be", "#a19a8d", "#736d63", "#57524a", "#3a3631",
    "#25231f", "#1b1a17", "#131210", name="gem_stone",
)  # fmt: skip


def build_theme() -> gr.themes.Base:
    """Stone neutrals and one emerald accent; every font comes from the reader's system."""
    theme = gr.themes.Base(
        primary_hue=EMERALD,
        secondary_hue=STONE,
        neutral_hue=STONE,
        radius_size=gr.themes.sizes.radius_md,
        font=list(FONTS),
        font_mono=list(MONO),
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_800",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_shadow="none",
        block_padding="0",
        input_background_fill="#ffffff",
        input_background_fill_dark="*neutral_900",
        input_border_color="*neutral_200",
        input_border_color_dark="*neutral_700",
        input_border_color_focus="*primary_600",
        input_border_color_focus_dark="*primary_400",
        input_shadow="none",
        input_shadow_focus="0 0 0 3px var(--g-ring)",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_400",
        button_primary_background_fill_hover_dark="*primary_300",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="*primary_950",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_700",
        button_border_width="1px",
        button_large_text_weight="600",
        button_medium_text_weight="600",
    )


def read_head(assets: Path) -> str:
    """What goes into the page's head: style sheets, scripts, colour of a phone's browser frame.

    The style sheets are put here because the ``css`` argument of ``launch`` rewrites its selectors.
    ``gemrec.css`` and ``gemrec.js`` come first; then those of single tabs, in the order of names.
    """
    style, script = (_read_all(assets / "ui", kind) for kind in ("css", "js"))
    return (
        '<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f8f7f4">'
        '<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#131210">'
        f"<style>{style}</style><script>{script}</script>"
    )


def _read_all(folder: Path, kind: str) -> str:
    files = sorted(folder.glob(f"*.{kind}"), key=lambda file: (file.stem != "gemrec", file.name))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)
