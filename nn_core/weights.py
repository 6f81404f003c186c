"""Weights as a file: every parameter of a network in NumPy's .npz, without pickle, and back again.

The arrays are named "0.W", "0.b", "1.W", ... as in a checkpoint; "activations" lists the layers' functions as text.
"""

from __future__ import annotations

import io
import json

import numpy as np

from .network import Network

#: A file of weights is no longer than this, in bytes.
MAX_FILE = 64 * 2**20


def pack_weights(network: Network) -> bytes:
    """The bytes of an .npz with a network's parameters."""
    arrays = {
        f"{l}.{name}": array for l, layer in enumerate(network.layers) for name, array in layer._parameters().items()
    }
    about = np.frombuffer(json.dumps({"activations": list(network.activations)}).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, about=about, **arrays)
    return buffer.getvalue()
