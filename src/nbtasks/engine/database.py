"""Clients of the SQL tasks that `nbtasks new --sql` makes; pipeline.yaml names them."""

from __future__ import annotations

import contextlib
import importlib
import sqlite3
from pathlib import Path

import sqlalchemy
from ploomber.clients import DBAPIClient, SQLAlchemyClient


def address(url: str, folder: str) -> str:
    """Return the address of the database: what a function of the project says for a folder."""
    module, _, name = url.rpartition(".")
    Path(folder).mkdir(parents=True, exist_ok=True)
    found: str = getattr(importlib.import_module(module), name)(folder)
    return found


def sql_client(url: str, folder: str) -> SQLAlchemyClient:
    """Return the client by which SQL scripts run.

    Parameters
    ----------
    url
        Dotted path of the function that returns the address for a folder.
    folder
        The folder of products.
    """
    return SQLAlchemyClient(address(url, folder))


def sql_notes(url: str, folder: str) -> DBAPIClient:
    """Return the client of Ploomber's notes, a file of SQLite in the folder of products.

    Ploomber takes a table to exist when there is a note of it, so that those of tables which are
    gone are deleted here. The parameters are those of ``sql_client``.
    """
    engine = sqlalchemy.create_engine(address(url, folder))
    there = sqlalchemy.inspect(engine)
    tables = {*there.get_table_names(), *there.get_view_names()}
    engine.dispose()
    file = Path(folder) / "database.notes"
    with contextlib.closing(sqlite3.connect(file)) as notes, contextlib.suppress(sqlite3.Error):
        for (name,) in notes.execute("SELECT name FROM _metadata").fetchall():
            if name not in tables:
                notes.execute("DELETE FROM _metadata WHERE name = ?", (name,))
        notes.commit()
    # The dashboard reads in several threads, one after the other.
    return DBAPIClient(sqlite3.connect, {"database": str(file), "check_same_thread": False})
