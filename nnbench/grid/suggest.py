"""What to say of a name that nobody knows: the nearest ones, where it belongs, and which command lists all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from difflib import SequenceMatcher

from nnbench.errors import UnknownComponentError
from nnbench.grid import fields
from nnbench.grid.lookup import Lookup
from nnbench.kinds import KINDS, Component

MOST, LEAST, WITHIN = 3, 0.5, 0.15
"""Names that are suggested at most, how alike they are at least, and how much less alike than the nearest."""
FEW = 8
"""So many names are listed in a message; of more, the command that lists them is named."""
ABOVE = ("name", "question", "seeds", "gradcheck", "trial_timeout")
"""Fields of a grid that stand above its tables."""
BESIDE = ("compare", "claim", "robust")
"""Tables beside `[trial]`."""
UNNAMED = "\0"
"""Stands for a name that a file lacks, so that everything else can be checked."""


def close(name: str, among: Iterable[str]) -> list[str]:
    """The names that are most like it, the nearest first; those of the same letters, if there are any."""
    known = list(dict.fromkeys(among))
    alike = [each for each in known if letters(each) == letters(name)]
    if alike:
        return alike
    ratios = {each: SequenceMatcher(None, each.lower(), name.lower()).ratio() for each in known}
    least = max(LEAST, max(ratios.values(), default=0.0) - WITHIN)
    return sorted((each for each in known if ratios[each] >= least), key=lambda each: -ratios[each])[:MOST]


def nearest(name: str, among: Iterable[str], told: Mapping[str, str] | None = None) -> str:
    """`; did you mean …?` with the closest names, or what is told for them, or nothing."""
    names = [(told or {}).get(each, each) for each in close(name, among)]
    return f"; did you mean {' or '.join(names)}?" if names else ""


def offered(what: str, names: Collection[str], command: str) -> str:
    """` (levels: a, b)`, or of many names the command that lists them."""
    return f" ({what}: {', '.join(names)})" if len(names) <= FEW else f" ({command} lists all)"


def unknown_field(name: str, have: Mapping[str, Collection[str]], lookup: Lookup) -> str:
    """What is wrong with a name under `[trial]` that is no field of a trial; `have` are the hyperparameters there, by kind."""
    if name in ABOVE:
        return "belongs above [trial], it is no field of a trial"
    if name in BESIDE:
        return f"is a table of its own, [{name}], beside [trial]"
    belongs = misplaced(name, have, lookup)
    return f"no such field; {belongs}" if belongs else f"no such field{_nearest_field(name, have, ABOVE)}"


def unknown_path(name: str, have: Mapping[str, Collection[str]], lookup: Lookup) -> str:
    """The same for a field or hyperparameter that is to be compared, tuned or varied; empty if there is no such mistake."""
    first, *rest = name.split(".")
    if first not in fields.FIELDS:
        belongs = misplaced(name, have, lookup)
        return f"no such field; {belongs}" if belongs else f"no such field{_nearest_field(name, have)}"
    if len(rest) > 1 or (rest and first not in KINDS):
        return "is neither a field nor a component's hyperparameter, such as optimizer.lr"
    if rest and rest[0] not in have.get(first, ()):
        known = sorted(have.get(first, ()))
        return f"no {first} of this grid has it{nearest(rest[0], known)}{offered('there are', known, 'nnbench show')}"
    return ""


def hyperparameters(written: object, kind: str, lookup: Lookup) -> set[str]:
    """Those of the components that a field names, or of the default; what is no component has none."""
    if isinstance(written, list):
        return {name for each in written for name in hyperparameters(each, kind, lookup)}
    name = written.get("name", "") if isinstance(written, Mapping) else written or ""
    cls = component_class(name, kind, lookup) if isinstance(name, str) else None
    return set(fields.hyperparameter_types(cls)) if cls else set()


def component_class(name: str, kind: str, lookup: Lookup) -> type[Component] | None:
    """The class of that name, or the default without a name; None if there is no such component."""
    try:
        return (lookup.find(kind, name) if name else lookup.find_default(kind))[0]
    except UnknownComponentError:
        return None


def misplaced(name: str, have: Mapping[str, Collection[str]], lookup: Lookup) -> str:
    """Where a name belongs that is a hyperparameter's or a component's."""
    owners = [kind for kind in KINDS if name in have.get(kind, ())]
    if owners:
        return f"it is a hyperparameter of the {owners[0]}, so write {' or '.join(f'{kind}.{name}' for kind in owners)}"
    first, _, rest = name.partition(".")
    kinds = [kind for kind in KINDS if first and component_class(first, kind, lookup)]
    if kinds:
        path = [f"{kind}.{rest}" if rest else kind for kind in kinds]
        return f"{first} is one of the {KINDS[kinds[0]].plural}, so write {' or '.join(path)}"
    others = [
        f"{kind} {each}"
        for kind in KINDS
        for each in lookup.names(kind)
        if (cls := component_class(each, kind, lookup)) and name in fields.hyperparameter_types(cls)
    ]
    if others:
        more = f" and {len(others) - MOST} more" if len(others) > MOST else ""
        return f"it is a hyperparameter of {', '.join(others[:MOST])}{more}, and none of them is in this grid"
    return ""


def _nearest_field(name: str, have: Mapping[str, Collection[str]], above: Collection[str] = ()) -> str:
    """The nearest fields and hyperparameters."""
    told = {each: f"{each} above [trial]" for each in above}
    told |= {hyperparameter: f"{kind}.{hyperparameter}" for kind, names in have.items() for hyperparameter in names}
    told |= {each: each for each in fields.FIELDS}
    return f"{nearest(name, told, told)} (nnbench list fields lists all)"


def letters(name: str) -> str:
    """What two spellings of one name have in common: `LeCunNormal`, `lecun-normal` and `lecun_normal` are one."""
    return "".join(filter(str.isalnum, name.lower()))
