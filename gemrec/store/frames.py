"""Tables as pandas DataFrames; imported only when one is asked for."""

import pandas as pd

from gemrec.store.connection import Database


def read_frame(database: Database, sql: str, times: tuple[str, ...]) -> pd.DataFrame:
    """Run a constant query and return its rows.

    Args:
        database: Where to read.
        sql: A query without parameters, written in this package.
        times: Columns that hold moments; they come back as UTC timestamps.
    """
    with database.connect() as connection:
        cursor = connection.execute(sql)
        columns = [description[0] for description in cursor.description]
        frame = pd.DataFrame([tuple(row) for row in cursor], columns=columns)
    for column in times:
        frame[column] = pd.to_datetime(frame[column], utc=True, format="ISO8601")
    return frame
