"""The fingerprint of an answer: the same question of the same data has the same."""

import json
from hashlib import sha256

from pydantic import BaseModel


def digest_of(outcome: BaseModel) -> str:
    """Give the SHA-256 of an outcome as canonical JSON."""
    text = json.dumps(outcome.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
