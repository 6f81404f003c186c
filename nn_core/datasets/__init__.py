"""Everything a network here can learn from. DATASETS maps a name to its Source; calling that gives the Dataset."""

from . import digits, mnist, points, toys
from .dataset import SPLITS, Dataset, DataUnavailable, Outline, Source

DATASETS: dict[str, Source] = {
    source.name: source for source in (digits.SOURCE, mnist.SOURCE, *toys.SOURCES, points.SOURCE)
}

__all__ = ["DATASETS", "SPLITS", "DataUnavailable", "Dataset", "Outline", "Source"]
