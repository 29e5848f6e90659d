"""Which place for objects a service has."""

from clipkit.server.settings import Settings
from clipkit.server.signed_urls import UrlSigner, kept_secret
from clipkit.server.storage.local import LocalStore
from clipkit.server.storage.objects import ObjectStore
from clipkit.server.storage.s3 import S3Store


def object_store(settings: Settings) -> ObjectStore:
    """Return where a service keeps its objects: all of its processes the same.

    Raises:
        OutputError: The folder cannot be written to.
        OptionError: Its URL names no place.
        MissingExtra: What that place needs is not installed.
    """
    if settings.objects_url is not None:
        return S3Store(settings.objects_url, settings.objects_public_url)
    signer = UrlSigner(kept_secret(settings.folder / "url-signing.key"), settings.files_url)
    return LocalStore(settings.folder / "objects", signer)
