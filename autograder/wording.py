"""The texts of both sides: what students have, and titles, hints and phrases of hidden tests."""

from __future__ import annotations

from pathlib import Path

from shared.catalogue import DOMAIN, FOLDER, Catalogue, load

STAFF_FOLDER = Path(__file__).parent / "locale"
STAFF_DOMAIN = "staff"
PLACES = ((DOMAIN, FOLDER), (STAFF_DOMAIN, STAFF_FOLDER))


def words(lang: str) -> Catalogue:
    """The catalogue of a language, with what only the staff has.

    Raises
    ------
    KeyError
        When there is no such language.
    """
    return load(lang, PLACES)
