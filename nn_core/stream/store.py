"""The store: configurations, events, progress and a few checkpoints of every run, in one SQLite file.

It is the truth; a worker is a cache of it. Each workbench has one row with a fencing number: whoever takes the lease
raises it, every write checks it, and a worker that was superseded can write nothing any more. A save is one transaction
that is on the disk when it returns. Every failure is a StoreProblem with a sentence for the learner.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import folders

FILE = "runs.sqlite3"
SCHEMA_VERSION = 3

#: How many checkpoints of a run are kept: the newest, and others spread over its past.
CHECKPOINTS_KEPT = 6

_DAY = 24 * 3600.0
#: An unnamed run that was not used for UNUSED seconds, or that is among the oldest of more than LIMIT bytes of runs, is
#: marked as one to be removed after NOTICE. Checkpoints of a run that was not used for REST are let go.
UNUSED, NOTICE, REST = 90 * _DAY, 14 * _DAY, 30 * _DAY
LIMIT = 2 * 2**30

#: At most so many runs are listed, newest first.
MOST_LISTED = 300

#: How long a write waits for another program that is using the file, in seconds.
PATIENCE = 5.0

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")

_ANSWERS = """
CREATE TABLE answers (
    token TEXT NOT NULL,
    lesson TEXT NOT NULL,
    number INTEGER NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (token, lesson, number)
) WITHOUT ROWID
"""

_SCHEMA = (
    """
CREATE TABLE workbenches (
    token TEXT PRIMARY KEY,
    fence INTEGER NOT NULL,
    owner TEXT NOT NULL,
    ui TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE runs (
    id TEXT NOT NULL,
    token TEXT NOT NULL,
    name TEXT NOT NULL,
    config TEXT NOT NULL,
    data_sha256 TEXT NOT NULL,
    parent TEXT,
    parent_step INTEGER,
    step INTEGER NOT NULL,
    head INTEGER NOT NULL,
    stopped TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    bookmarks TEXT NOT NULL DEFAULT '[]',
    noticed REAL,
    PRIMARY KEY (token, id)
) WITHOUT ROWID;
CREATE TABLE events (
    token TEXT NOT NULL,
    run TEXT NOT NULL,
    position INTEGER NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (token, run, position)
) WITHOUT ROWID;
CREATE TABLE checkpoints (
    token TEXT NOT NULL,
    run TEXT NOT NULL,
    step INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (token, run, step)
);
CREATE TABLE curves (
    token TEXT NOT NULL,
    run TEXT NOT NULL,
    points BLOB NOT NULL,
    PRIMARY KEY (token, run)
);
"""
    + _ANSWERS
)

#: What makes each older version of the tables into the next one.
_UPDATES = {
    1: (
        "ALTER TABLE runs ADD COLUMN bookmarks TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE runs ADD COLUMN noticed REAL",
    ),
    2: (_ANSWERS,),
}


class StoreProblem(Exception):
    """The store cannot be read or written; the message is one sentence that says why and what to do."""


class Superseded(Exception):
    """Another worker has taken the workbench; the message is one sentence."""


@dataclass
class RunRecord:
    """What the store knows of a run. `events` are JSON-able dicts, oldest first, `first_event` the place of the first
    of them in the run's list; `bookmarks` are [step, name]. `checkpoint` (step, bytes, the newest), `earlier` ones and
    `curves` (bytes) are caches."""

    id: str
    name: str
    config: str
    data_sha256: str
    parent: str | None
    parent_step: int | None
    step: int
    head: int
    stopped: str
    events: Sequence[dict[str, Any]] = ()
    first_event: int = 0
    bookmarks: Sequence[Sequence[Any]] = ()
    checkpoint: tuple[int, bytes] | None = None
    curves: bytes | None = None
    earlier: Sequence[bytes] = ()


@dataclass
class Answer:
    """A learner's answer to one part of a lesson (`key`, "lesson/part"), the `number`th since they began it. guess,
    truth and marks are plain JSON values; truth is None until it is known. `at`: seconds since 1970."""

    key: str
    number: int
    guess: Any
    at: float
    truth: Any = None
    marks: Sequence[dict[str, Any]] = ()
    right: bool = False

    def plain(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return asdict(self)


@dataclass
class Listed:
    """A run in a list of runs. `changes` are its events of the kind "change"; `created`, `updated` and `expires` are
    seconds since 1970, the last None unless the run will be removed then."""

    id: str
    name: str
    config: str
    parent: str | None
    parent_step: int | None
    step: int
    head: int
    created: float
    updated: float
    expires: float | None
    bookmarks: int
    changes: list[dict[str, Any]]
    curves: bytes | None


def check_token(token: Any) -> str:
    """The token, if it has the form of one: 16 to 64 letters, digits, "-" or "_". Raises ValueError with a sentence."""
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ValueError("This address names no run: its part after run= is malformed.")
    return token


def runs_folder() -> Path:
    """Where the store lives, see folders.runs_folder. Raises StoreProblem where there is no such place."""
    try:
        return folders.runs_folder()
    except RuntimeError:
        raise StoreProblem("There is no home folder to keep runs in; set NN_RUNS_DIR to a folder for them.") from None


class Store:
    """One process's way to the store in `folder`. Nothing is opened before it is needed, and a failure closes what was
    open, so that the next call tries afresh. Not for two threads at once."""

    def __init__(self, folder: Path | None = None):
        self._folder = folder
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def create(self, token: str) -> None:
        """Write down that a workbench exists, so that its address is known from now on."""
        now = time.time()
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO workbenches VALUES (?, 0, '', '{}', ?, ?) ON CONFLICT DO NOTHING",
                (check_token(token), now, now),
            )

    def known(self, token: str) -> bool:
        """Whether a workbench of this token exists; StoreProblem where that cannot be found out."""
        with self._reading() as connection:
            row = connection.execute("SELECT 1 FROM workbenches WHERE token = ?", (check_token(token),)).fetchone()
        return row is not None

    def take(self, token: str, owner: str) -> int:
        """Take the lease of a workbench (made if it is new) for `owner` and return the new fencing number."""
        now = time.time()
        with self._transaction() as connection:
            (fence,) = connection.execute(
                "INSERT INTO workbenches VALUES (?, 1, ?, '{}', ?, ?)"
                " ON CONFLICT DO UPDATE SET fence = fence + 1, owner = excluded.owner RETURNING fence",
                (check_token(token), owner, now, now),
            ).fetchone()
        return fence

    def load(self, token: str) -> tuple[dict[str, Any], list[RunRecord]]:
        """A workbench's settings and the runs that these name under "bench"; {} and [] for one without a past."""
        with self._reading() as connection:
            row = connection.execute("SELECT ui FROM workbenches WHERE token = ?", (check_token(token),)).fetchone()
            ui = json.loads(row[0]) if row else {}
            records = [_record(connection, token, run) for run in ui.get("bench", ())]
        return ui, [record for record in records if record is not None]

    def run(self, token: str, run: str) -> RunRecord | None:
        """One run of a workbench, whether or not it is loaded there."""
        with self._reading() as connection:
            return _record(connection, check_token(token), run)

    def runs(self, token: str) -> list[Listed]:
        """Every run of a workbench, the last used first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, name, config, parent, parent_step, step, head, created, updated, noticed, bookmarks, points"
                " FROM runs LEFT JOIN curves ON curves.token = runs.token AND curves.run = runs.id"
                " WHERE runs.token = ? ORDER BY updated DESC, id LIMIT ?",
                (check_token(token), MOST_LISTED),
            ).fetchall()
            changes: dict[str, list] = {row[0]: [] for row in rows}
            for run, event in connection.execute(
                "SELECT run, event FROM events WHERE token = ? AND event LIKE '%\"change\"%' ORDER BY position",
                (token,),
            ):
                changes.get(run, []).append(json.loads(event))
        return [
            Listed(*row[:9], row[9] and row[9] + NOTICE, len(json.loads(row[10])), changes[row[0]], row[11])
            for row in rows
        ]

    def delete(self, token: str, fence: int, run: str) -> None:
        """Forget a run for good. Raises Superseded where the lease has gone to another worker."""
        with self._transaction() as connection:
            _check_fence(connection, token, fence)
            _delete(connection, token, run)

    def rename(self, token: str, fence: int, run: str, name: str) -> None:
        """Name a run that is not loaded. Raises Superseded where the lease has gone to another worker."""
        with self._transaction() as connection:
            _check_fence(connection, token, fence)
            connection.execute(
                "UPDATE runs SET name = ?, noticed = NULL WHERE token = ? AND id = ?", (name, token, run)
            )

    def answers(self, token: str) -> list[Answer]:
        """Every answer to a lesson, in the order in which they were given."""
        with self._reading() as connection:
            rows = connection.execute("SELECT answer FROM answers WHERE token = ?", (check_token(token),)).fetchall()
        return sorted((Answer(**json.loads(row[0])) for row in rows), key=lambda answer: answer.at)

    def keep_answer(self, token: str, fence: int, answer: Answer) -> None:
        """Write an answer, over an older state of it. Raises Superseded where the lease has gone to another worker."""
        with self._transaction() as connection:
            _check_fence(connection, token, fence)
            connection.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)",
                (token, answer.key, answer.number, json.dumps(answer.plain())),
            )

    def tidy(self, now: float | None = None) -> None:
        """Let go of what nobody has used for long.

        Unnamed runs that no workbench has on its bench are marked when they are UNUSED old, or the oldest of more than
        LIMIT bytes, and removed NOTICE later unless they were used or named meanwhile. Checkpoints, which only save
        recomputing, go after REST without use.
        """
        now = time.time() if now is None else now
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM checkpoints WHERE EXISTS (SELECT 1 FROM runs WHERE runs.token = checkpoints.token"
                " AND runs.id = checkpoints.run AND updated < ?)",
                (now - REST,),
            )
            benches = {
                (token, run)
                for token, ui in connection.execute("SELECT token, ui FROM workbenches")
                for run in json.loads(ui).get("bench", ())
            }
            used = 0
            for token, run, name, updated, noticed, size in connection.execute(_SIZES).fetchall():
                used += size
                if name or (token, run) in benches:
                    continue
                if noticed is not None and noticed < now - NOTICE:
                    _delete(connection, token, run)
                elif noticed is None and (updated < now - UNUSED or used > LIMIT):
                    connection.execute("UPDATE runs SET noticed = ? WHERE token = ? AND id = ?", (now, token, run))

    def save(self, token: str, fence: int, ui: Mapping[str, Any], runs: Sequence[RunRecord] = ()) -> None:
        """Write settings, runs, their new events, progress, and the caches that are given, in one transaction.

        Events already there at the same place are written over: a save whose end was not seen may be repeated.
        Raises Superseded where the lease has gone to another worker, StoreProblem where nothing could be written.
        """
        now = time.time()
        with self._transaction() as connection:
            _check_fence(connection, token, fence)
            connection.execute(
                "UPDATE workbenches SET ui = ?, updated = ? WHERE token = ?", (json.dumps(dict(ui)), now, token)
            )
            for run in runs:
                _write_run(connection, token, run, now)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: on the disk when it is left, undone by any exception."""
        with self._sentences():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read by; where the disk cannot be written to, the file as it lies there."""
        with self._sentences():
            try:
                connection = self._open()
            except sqlite3.OperationalError:
                path = self._path()
                if not path.exists():
                    raise
                connection = sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True, isolation_level=None)
                try:
                    _check_version(connection)
                    yield connection
                finally:
                    connection.close()
            else:
                yield connection

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turns what SQLite and the file system raise into StoreProblem."""
        try:
            yield
        except (sqlite3.Error, OSError) as problem:
            self.close()
            raise StoreProblem(_sentence(problem, self._folder)) from problem

    def _path(self) -> Path:
        if self._folder is None:
            self._folder = runs_folder()
        return self._folder / FILE

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            path = self._path()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # One thread at a time uses it, though not always the same one.
            connection = sqlite3.connect(path, PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Settings of a connection, and the tables where the file is new."""
    version = _check_version(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if version == 0:
        connection.execute("BEGIN IMMEDIATE")
        if _check_version(connection) == 0:
            for statement in _SCHEMA.strip().rstrip(";").split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    elif version < SCHEMA_VERSION:
        connection.execute("BEGIN IMMEDIATE")
        for older in range(_check_version(connection), SCHEMA_VERSION):
            for statement in _UPDATES[older]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")


def _check_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise StoreProblem(
            "The stored runs were written by a newer version of Watch It Learn; "
            "update this one, or set NN_RUNS_DIR to another folder."
        )
    return version


def _check_fence(connection: sqlite3.Connection, token: str, fence: int) -> None:
    row = connection.execute("SELECT fence FROM workbenches WHERE token = ?", (token,)).fetchone()
    if row is None or row[0] != fence:
        raise Superseded("This run has been taken over by another process; reload the page to find it there.")


def _delete(connection: sqlite3.Connection, token: str, run: str) -> None:
    for table in ("events", "checkpoints", "curves"):
        connection.execute(f"DELETE FROM {table} WHERE token = ? AND run = ?", (token, run))
    connection.execute("DELETE FROM runs WHERE token = ? AND id = ?", (token, run))


def _record(connection: sqlite3.Connection, token: str, run: str) -> RunRecord | None:
    """A run with its events, its newest checkpoint, and its curves."""
    row = connection.execute(
        "SELECT id, name, config, data_sha256, parent, parent_step, step, head, stopped, bookmarks FROM runs"
        " WHERE token = ? AND id = ?",
        (token, run),
    ).fetchone()
    if row is None:
        return None
    record = RunRecord(*row[:9], bookmarks=json.loads(row[9]))
    record.events = [
        json.loads(event)
        for (event,) in connection.execute(
            "SELECT event FROM events WHERE token = ? AND run = ? ORDER BY position", (token, run)
        )
    ]
    checkpoints = connection.execute(
        "SELECT step, state FROM checkpoints WHERE token = ? AND run = ? ORDER BY step DESC", (token, run)
    ).fetchall()
    if checkpoints:
        record.checkpoint, record.earlier = checkpoints[0], [state for _, state in checkpoints[1:]]
    curves = connection.execute("SELECT points FROM curves WHERE token = ? AND run = ?", (token, run)).fetchone()
    record.curves = curves[0] if curves else None
    return record


def _write_run(connection: sqlite3.Connection, token: str, run: RunRecord, now: float) -> None:
    connection.execute(
        "INSERT INTO runs (id, token, name, config, data_sha256, parent, parent_step, step, head, stopped, created,"
        " updated, bookmarks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " name = excluded.name, step = excluded.step, head = excluded.head, stopped = excluded.stopped,"
        " updated = excluded.updated, bookmarks = excluded.bookmarks, noticed = NULL",
        (
            run.id, token, run.name, run.config, run.data_sha256, run.parent, run.parent_step,
            run.step, run.head, run.stopped, now, now, json.dumps(list(run.bookmarks)),
        ),
    )  # fmt: skip
    connection.executemany(
        "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?)",
        [(token, run.id, place, json.dumps(event)) for place, event in enumerate(run.events, run.first_event)],
    )
    if run.checkpoint is not None:
        connection.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)", (token, run.id, *run.checkpoint))
        _thin(connection, token, run.id)
    if run.curves is not None:
        connection.execute("INSERT OR REPLACE INTO curves VALUES (?, ?, ?)", (token, run.id, run.curves))


def _thin(connection: sqlite3.Connection, token: str, run: str) -> None:
    """Keep CHECKPOINTS_KEPT checkpoints: of the others, those go first whose neighbours lie closest together."""
    steps = [
        step
        for (step,) in connection.execute(
            "SELECT step FROM checkpoints WHERE token = ? AND run = ? ORDER BY step", (token, run)
        )
    ]
    while len(steps) > CHECKPOINTS_KEPT:
        k = min(range(len(steps) - 1), key=lambda k: steps[k + 1] - (steps[k - 1] if k else 0))
        connection.execute(
            "DELETE FROM checkpoints WHERE token = ? AND run = ? AND step = ?", (token, run, steps.pop(k))
        )


#: Every run with how many bytes it takes, the last used first.
_SIZES = """
SELECT token, id, name, updated, noticed, 500
    + coalesce((SELECT sum(length(event)) FROM events WHERE events.token = runs.token AND events.run = runs.id), 0)
    + coalesce((SELECT sum(length(state)) FROM checkpoints WHERE checkpoints.token = runs.token
                AND checkpoints.run = runs.id), 0)
    + coalesce((SELECT sum(length(points)) FROM curves WHERE curves.token = runs.token AND curves.run = runs.id), 0)
FROM runs ORDER BY updated DESC
"""


def _sentence(problem: Exception, folder: Path | None) -> str:
    """What went wrong with the file and what to do about it."""
    code = getattr(problem, "sqlite_errorname", "") or ""
    where = folder or "the folder for runs"
    if code.startswith("SQLITE_FULL"):
        return f"The disk with {where} is full; make room there, and saving goes on by itself."
    if code.startswith("SQLITE_READONLY"):
        return (
            f"Runs cannot be saved in {where}, which is read-only; set NN_RUNS_DIR to a folder that can be written to."
        )
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"Another program keeps the stored runs in {where} locked; close it, and saving goes on by itself."
    if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return f"The file {FILE} in {where} is damaged; move it away, and new runs are saved in a new one."
    return f"Runs cannot be saved in {where} ({problem}); set NN_RUNS_DIR to another folder."
