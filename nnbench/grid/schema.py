"""The JSON schema of a grid file, with every component that is installed, for editors to complete and check."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

from pydantic import BaseModel

from nnbench.grid import fields
from nnbench.grid.lookup import Lookup
from nnbench.grid.tables import Claim, Compare, Robust
from nnbench.grid.trial import plain
from nnbench.kinds import KINDS, Component

Schema = dict[str, Any]


def json_schema(lookup: Lookup) -> Schema:
    """A schema (draft 2020-12) that accepts what `Grid` and the catalog accept."""
    trial: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _axis({"$ref": f"#/$defs/{name}"}) for name in KINDS}
        | {name: _plain_field(name) for name in fields.Plain.model_fields},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nnbench grid",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": fields.NAME_LENGTH,
                "pattern": fields.NAME_PATTERN,
                "description": "names the experiment in MLflow; the file's name unless given",
            },
            "question": {"type": "string", "description": "what the grid is to answer"},
            "seeds": {
                "description": "how many seeds, counting from 0, or a list of them",
                "default": 3,
                "anyOf": [
                    {"type": "integer", "minimum": 1},
                    {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "uniqueItems": True},
                ],
            },
            "gradcheck": {
                "description": "networks whose gradients are wrong are trained and flagged, or failed untrained, or not checked",
                "default": "flag",
                "enum": ["flag", "require", "off"],
            },
            "trial_timeout": {
                "description": "seconds for one trial, n times as long for n trained together; otherwise many times what it takes",
                "type": "number",
                "exclusiveMinimum": 0,
            },
            "compare": _model(Compare, "what the verdict is about, and what is chosen for each level before it is compared"),
            "claim": {"type": "array", "items": _model(Claim, "a prediction, written before the launch")},
            "robust": _model(Robust, "other choices, one at a time, under which the verdict should be the same"),
            "trial": {"anyOf": [{"$ref": "#/$defs/trial"}, {"type": "array", "items": {"$ref": "#/$defs/trial"}, "minItems": 1}]},
        },
        "dependentRequired": {"robust": ["compare"]},
        "$defs": {"trial": trial, **{kind: _kind(kind, lookup) for kind in KINDS}},
    }


def _model(model: type[BaseModel], description: str) -> Schema:
    """The schema of a table that is a model of its own."""
    schema = model.model_json_schema()
    return {key: schema[key] for key in ("type", "additionalProperties", "properties", "required") if key in schema} | {
        "description": description
    }


def _kind(kind: str, lookup: Lookup) -> Schema:
    offered = {name: lookup.find(kind, name) for name in lookup.names(kind)}
    claimed = Counter([*offered, *(alias for cls, _ in offered.values() for alias in cls.aliases)])
    named = [
        ([name, f"{origin.distribution}:{cls.name}", *(alias for alias in cls.aliases if claimed[alias] == 1)], cls)
        for name, (cls, origin) in offered.items()
    ]
    words = {word: cls for names, cls in named if not _required(cls) for word in names}
    plain = [{"const": word, "description": cls.summary()} for word, cls in words.items()]
    return {"anyOf": [*plain, *(_component([*dict.fromkeys(names)], cls) for names, cls in named)]}


def _required(cls: type[Component]) -> list[str]:
    return [each for each in fields.hyperparameter_types(cls) if fields.hyperparameter_default(cls, each) is dataclasses.MISSING]


def _component(names: list[str], cls: type[Component]) -> Schema:
    types = fields.hyperparameter_types(cls)
    required = _required(cls)
    return {
        "type": "object",
        "description": cls.summary(),
        "additionalProperties": False,
        "required": required if cls.default else ["name", *required],
        "properties": {"name": {"enum": names}, **{each: _hyperparameter(cls, each) for each in types}},
    }


def _hyperparameter(cls: type[Component], name: str) -> Schema:
    hint = fields.hyperparameter_types(cls)[name]
    kind = fields.component_kind(hint)
    default = fields.hyperparameter_default(cls, name)
    known = {} if default is dataclasses.MISSING else {"default": plain(default)}
    return (_axis({"$ref": f"#/$defs/{kind}"}) if kind else _values(hint)) | known


def _plain_field(name: str) -> Schema:
    info = fields.Plain.model_fields[name]
    default = list(info.default) if isinstance(info.default, tuple) else info.default
    return _values(fields.plain_type(name)) | {"default": default, "description": info.description}


def _values(hint: Any) -> Schema:
    one = fields.value_schema(hint)
    return {"anyOf": [one | {"minItems": 1}, *_axis(one)["anyOf"][1:]]} if fields.is_sequence(hint) else _axis(one)


def _axis(one: Schema) -> Schema:
    """A value, or a list of such values."""
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
