"""Definitions as the documents that are kept of them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from kindred.experiments.definitions import Experiment, Flag, Holdout, SavedGroup

Document = Mapping[str, Any]

# What a document holds beside the definition's own fields is passed over in reading.
_EXPERIMENT = TypeAdapter(Experiment)
_FLAG = TypeAdapter(Flag)
_SAVED_GROUP = TypeAdapter(SavedGroup)
_HOLDOUT = TypeAdapter(Holdout)

Defined = Experiment | Flag | SavedGroup | Holdout
_ADAPTERS: Mapping[type[Defined], TypeAdapter[Any]] = {
    Experiment: _EXPERIMENT,
    Flag: _FLAG,
    SavedGroup: _SAVED_GROUP,
    Holdout: _HOLDOUT,
}


def experiment_of(document: Document) -> Experiment:
    return _EXPERIMENT.validate_python(document)


def flag_of(document: Document) -> Flag:
    return _FLAG.validate_python(document)


def saved_group_of(document: Document) -> SavedGroup:
    return _SAVED_GROUP.validate_python(document)


def holdout_of(document: Document) -> Holdout:
    return _HOLDOUT.validate_python(document)


def document_of(definition: Defined) -> dict[str, Any]:
    """Its fields as JSON values, all of them, so that reading it back needs no defaults."""
    document: dict[str, Any] = _ADAPTERS[type(definition)].dump_python(definition, mode="json")
    return document
