"""The records of a service."""

from clipkit.files import make_folder
from clipkit.server.records.database import Database
from clipkit.server.settings import Settings


def open_records(settings: Settings) -> Database:
    """Return the records of a service, made where there are none, as this version knows them.

    Raises:
        OutputError: The folder cannot be written to.
        OptionError: The URL of the database is of something else.
    """
    make_folder(settings.folder)
    database = Database(settings.database)
    database.migrate()
    return database
