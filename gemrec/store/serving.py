"""One server per database.

Which battles are being made is known in memory only. A second process would not know, and could tell
a person the models that they have still to judge.
"""

import errno
import fcntl
import logging
import os
from pathlib import Path
from typing import IO

from gemrec.errors import StoreError

log = logging.getLogger(__name__)


class ServerLock:
    """Held by the process that serves a database; the system lets go of it however it ends.

    Commands may read and write the database meanwhile.

    Args:
        database: The database file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(f"{database.name}-server")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Become the server of this database.

        Raises:
            StoreError: Another process serves it.
        """
        if self._file is not None:
            return
        try:
            file = self._path.open("a+", encoding="ascii")
        except OSError as error:
            raise StoreError(
                f"{self._path} cannot be written ({error.strerror}); make the folder writable, or "
                "choose another file with --db or GEMREC_DB."
            ) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                file.seek(0)
                other = file.read(20).strip() or "unknown"
                file.close()
                raise StoreError(
                    f"{self._database} is being served by another gemrec (process {other}); stop "
                    "that one, or choose another file with --db or GEMREC_DB."
                ) from error
            log.warning("%s has no locks; make sure that no other server uses it", self._path)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let another process serve the database."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
