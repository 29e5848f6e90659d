"""Rows that may be there already; both databases know how, neither by the standard."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one with its keys is there; return whether it was not.

    Where another transaction is about to insert it, this waits until that ends.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    inserting = dialect.insert(table).values(values).on_conflict_do_nothing()
    # Of rows that are returned both databases tell the truth, of counts not all drivers do.
    first_column = next(iter(table.columns))
    return connection.execute(inserting.returning(first_column)).one_or_none() is not None
