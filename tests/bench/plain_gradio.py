"""A voting app as people write it with Gradio alone: one queued event, one ``INSERT``.

Run as a program: ``python plain_gradio.py FILE PORT``.
"""

import sqlite3
import sys
import threading

import gradio as gr


def build(path: str) -> gr.Blocks:
    """The app, with its votes in the SQLite file ``path``."""
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE vote (ticket TEXT PRIMARY KEY, outcome TEXT)")
    lock = threading.Lock()

    def vote(ticket: str, outcome: str) -> dict[str, str]:
        with lock, connection:
            connection.execute("INSERT INTO vote VALUES (?, ?)", (ticket, outcome))
        return {"ticket": ticket, "outcome": outcome}

    with gr.Blocks(analytics_enabled=False) as demo:
        gr.api(vote, api_name="vote")
    return demo


if __name__ == "__main__":
    build(sys.argv[1]).launch(server_name="127.0.0.1", server_port=int(sys.argv[2]), quiet=True)
