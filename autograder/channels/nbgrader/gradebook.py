"""An empty gradebook of nbgrader, made in this process.

nbgrader makes one by running the program `alembic` from the PATH, which takes seconds and fails
where the environment is not activated.
"""

from __future__ import annotations

from pathlib import Path

import nbgrader  # type: ignore[import-untyped]
from alembic.script import ScriptDirectory
from nbgrader.api import Base  # type: ignore[import-untyped]
from sqlalchemy import create_engine, text


def stamp(url: str) -> None:
    """Make the tables in an empty database, as nbgrader of this version has them."""
    head = ScriptDirectory(str(Path(nbgrader.__file__).parent / "alembic")).get_current_head()
    engine = create_engine(url)
    try:
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            )
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})
    finally:
        engine.dispose()
