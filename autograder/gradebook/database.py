"""Open nbgrader's database: an SQLite file, or PostgreSQL where a course has one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import GradingProblem, UsageProblem

if TYPE_CHECKING:
    from sqlalchemy import Connection

COURSE = "default_course"  # the id that nbgrader itself takes where none is set
LOCK = 1718446950  # of PostgreSQL: our number
HELD = 30.0  # seconds to wait for another program that writes the same SQLite file


@dataclass(frozen=True)
class Database:
    """Where a gradebook is."""

    url: str  # as SQLAlchemy reads it
    shown: str  # without the password
    file: Path | None = None  # of SQLite


def check_url(text: str) -> Database:
    """The database that a URL or a plain file name means.

    Raises
    ------
    UsageProblem
        When it is no URL of a database that a gradebook can be in.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    if "://" not in text:
        text = f"sqlite:///{text}"
    try:
        url = make_url(text)
        url.get_dialect().import_dbapi()
    except (NoSuchModuleError, ImportError):
        raise UsageProblem(
            f"no driver for a gradebook at {text.partition('://')[0]}://: name an SQLite file, "
            "sqlite:///FILE or postgresql+psycopg://... (pip install 'psycopg[binary]')"
        ) from None
    except (ArgumentError, ValueError):
        # Its text would show the password.
        raise UsageProblem(
            "the gradebook's URL cannot be read: write an SQLite file's name, sqlite:///FILE or "
            "postgresql+psycopg://USER@HOST/DATABASE"
        ) from None
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageProblem(f"{shown}: a gradebook is in SQLite or in PostgreSQL")
    if url.get_backend_name() != "sqlite":
        return Database(url.render_as_string(hide_password=False), shown)
    if url.database in (None, "", ":memory:"):
        raise UsageProblem("a gradebook in memory is gone at once: name a file, sqlite:///FILE")
    file = Path(str(url.database)).absolute()
    return Database(f"sqlite:///{file}", f"sqlite:///{file}", file)


def stamp(database: Database) -> None:
    """Make nbgrader's tables where there are none, in one transaction, and check their version.

    `nbgrader.api.Gradebook` runs the program `alembic` from PATH for a new database, which takes
    seconds and fails where the environment is not activated; here it is asked in this process.
    """
    from nbgrader.api import Base
    from sqlalchemy import inspect, text

    with speaking(database, "opened"), _connected(database) as connection:
        there = inspect(connection).get_table_names()
        if not there:
            Base.metadata.create_all(connection)
            connection.execute(
                text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            )
            insert = text("INSERT INTO alembic_version (version_num) VALUES (:head)")
            connection.execute(insert, {"head": _head()})
            return
        if "alembic_version" in there:
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if version == _head():
                return
        elif "submitted_notebook" not in there:
            raise UsageProblem(
                f"{database.shown} holds tables that are none of a gradebook's: name another one"
            )
    raise UsageProblem(
        f"{database.shown} is a gradebook of another version of nbgrader: run `nbgrader db "
        f"upgrade --db {database.shown}` once"
    )


def open_gradebook(url: str | Database, course: str = COURSE) -> Any:
    """An `nbgrader.api.Gradebook`, to be closed or used in a `with` statement.

    Parameters
    ----------
    url : str or Database
        A URL of SQLAlchemy, or the name of an SQLite file. A new one is made.
    course : str
        nbgrader's id of the course.

    Raises
    ------
    UsageProblem, GradingProblem
        In a line, when it cannot be opened.
    """
    from nbgrader.api import Gradebook

    database = check_url(url) if isinstance(url, str) else url
    stamp(database)
    with speaking(database, "opened"):
        return Gradebook(database.url, course)


@contextmanager
def held(database: Database) -> Iterator[None]:
    """One writer at a time; who comes second waits. Formgrader and nbgrader are not kept out."""
    if database.file is not None:
        # The folder, since closing another handle of the file itself would drop SQLite's own locks.
        folder = os.open(database.file.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
        return
    from sqlalchemy import create_engine, text

    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
    try:
        with speaking(database, "opened"):
            connection = engine.connect()
            connection.execute(text(f"SELECT pg_advisory_lock({LOCK + 1})"))
        try:
            yield
        finally:
            connection.invalidate()  # the lock goes with it, be the server alive or not
    finally:
        engine.dispose()


@contextmanager
def speaking(database: Database, done: str) -> Iterator[None]:
    """Say in a line what a database's driver complains about at length."""
    from nbgrader.api import InvalidEntry
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, InvalidEntry) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        said = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        kind = UsageProblem if done == "opened" else GradingProblem
        raise kind(f"the gradebook {database.shown} could not be {done}: {said}") from None


@contextmanager
def _connected(database: Database) -> Iterator[Connection]:
    """A transaction in which tables are made whole or not at all."""
    from sqlalchemy import create_engine, text

    if database.file is not None and not database.file.parent.is_dir():
        raise UsageProblem(f"{database.file.parent} does not exist: make the folder first")
    engine = create_engine(
        database.url, connect_args={"timeout": HELD} if database.file is not None else {}
    )
    try:
        with engine.connect() as connection:
            if database.file is not None:
                # Python's driver would end a transaction of its own before each CREATE TABLE. And
                # two who open a new gradebook at once come one after the other.
                connection.execute(text("BEGIN IMMEDIATE"))
            else:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            yield connection
            connection.commit()
    finally:
        engine.dispose()


def _head() -> str:
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    return str(ScriptDirectory(ALEMBIC_DIR).get_current_head())
