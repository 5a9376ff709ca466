"""The catalogue: every operation as data, and what follows from it."""

from __future__ import annotations

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.checks.cautions import Caution, distinct
from bot.catalogue.checks.suggest import Offer
from bot.catalogue.fields import Field, FieldKind, Probe, ProbeKind, Scalar, undocumented_field
from bot.catalogue.live import ApiChange, ChangeKind, LiveCatalogue, Subject
from bot.catalogue.openapi import describe, merge
from bot.catalogue.operation import labels_of, model_id, model_name
from bot.catalogue.operations import OPERATIONS, Model, Operation, Output, label_of

__all__ = [
    "OPERATIONS",
    "ApiChange",
    "Catalogue",
    "Caution",
    "ChangeKind",
    "Field",
    "FieldKind",
    "LiveCatalogue",
    "Model",
    "Offer",
    "Operation",
    "Output",
    "Probe",
    "ProbeKind",
    "Scalar",
    "Subject",
    "describe",
    "distinct",
    "label_of",
    "labels_of",
    "merge",
    "model_id",
    "model_name",
    "undocumented_field",
]
