"""Probes: named pure functions from a read-only view of a run to small arrays. They are all that pages ever see of one.

To add a view to the dashboard, write a probe in a module here and reuse or add a panel that draws its arrays.
"""

from . import (  # noqa: F401 (each enters its probes into the table)
    check,
    class_map,
    confusion,
    curves,
    layers,
    measures,
    mistakes,
    plane,
    saliency,
    sample,
    stages,
    unit,
    update,
    weights,
)
from .table import CADENCES, PROBES, STEADY, Argument, Probe, View

__all__ = ["CADENCES", "PROBES", "STEADY", "Argument", "Probe", "View"]
