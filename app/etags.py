"""Entity tags: a row's version, so that nobody overwrites what they have not seen."""

from app.errors import PreconditionFailed


def etag_of(version: int) -> str:
    """Make the ETag of a row's version."""
    return f'"{version}"'


def check_if_match(if_match: str, version: int) -> None:
    """Refuse a change made from another version than the stored one."""
    if if_match.strip() != "*" and etag_of(version) not in (
        tag.strip().removeprefix("W/") for tag in if_match.split(",")
    ):
        raise PreconditionFailed("Read it again and send its new ETag as If-Match.")
