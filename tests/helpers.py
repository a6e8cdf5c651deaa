"""What several tests need: real plugin distributions, a lookup without any plugin, and the command line in a process of its own."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from nnbench import (
    Activation,
    Component,
    Dataset,
    Fraction,
    Ge,
    Initializer,
    Loss,
    Optimizer,
    Penalty,
    Positive,
    Preprocessor,
    Schedule,
)
from nnbench.engine.records import Record
from nnbench.errors import UnknownComponentError
from nnbench.kinds import Origin

MLFLOWS_OWN = pytest.mark.filterwarnings(
    r"ignore:The ``noload`` loader strategy is deprecated:DeprecationWarning"  # mlflow's models say so to SQLAlchemy 2.1
)
"""Where a test opens a tracking store, the one warning that mlflow causes and nnbench cannot help; any other is an error."""


def make_plugin(
    folder: Path,
    name: str,
    source: str,
    *,
    version: str = "1.0",
    module: str | None = None,
    entry_point: str | None = None,
    editable: bool = False,
    files: Mapping[str, str] | None = None,
) -> Path:
    """Install a distribution with a module of that source and other files, as an installer would; returns the folder to search."""
    module = module or name.replace("-", "_")
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    for path, text in {f"{module.replace('.', '/')}.py": source, **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[nnbench]\n{entry_point or module} = {module}\n", encoding="utf-8")
    if editable:
        (info / "direct_url.json").write_text(f'{{"url": "{folder.as_uri()}", "dir_info": {{"editable": true}}}}', encoding="utf-8")
    return folder


def activation_plugin(*names: str, forward: str = "return z * z", derivative: str = "return 2 * z") -> str:
    """Source of a plugin that offers activations of these class names, all alike."""
    classes = "\n".join(
        f'class {name}(Activation):\n    """z²."""\n\n'
        f"    def forward(self, z):\n        {forward}\n\n    def derivative(self, z, a):\n        {derivative}\n"
        for name in names
    )
    return (
        "import os\nimport numpy as np\nfrom nnbench import Activation, hookimpl\n\n"
        f"{classes}\n@hookimpl\ndef nnbench_components():\n    return [{', '.join(names)}]\n"
    )


def nnbench(
    *arguments: str, cwd: Path, path: Sequence[Path] = (), environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line in `cwd`, with plugins from the folders in `path`; output is no terminal."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if key not in ("COLUMNS", "FORCE_COLOR", "MLFLOW_TRACKING_URI", "PYTHONPATH")
    }
    plugins = {"PYTHONPATH": os.pathsep.join(map(str, path))} if path else {}
    return subprocess.run(
        [sys.executable, "-m", "nnbench", *arguments],
        cwd=cwd,
        env={**inherited, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", **plugins, **(environment or {})},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def ask(url: str, body: object | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        content: bytes = answer.read()
        return content


@contextmanager
def serving(folder: Path, lines: int) -> Iterator[list[str]]:
    """`nnbench ui` on a folder, and the first lines that it prints."""
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-u", "-m", "nnbench", "ui", "--folder", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        yield [process.stdout.readline() for _ in range(lines)]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()


class Straight(Activation):
    """z."""

    default = True

    def forward(self, z: np.ndarray) -> np.ndarray:
        return z

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


class Bent(Straight):
    """Has hyperparameters of every plain type."""

    slope: Positive = 0.5
    order: Annotated[int, Ge(1)] = 2
    smooth: bool = False
    side: Literal["left", "right"] = "left"
    knots: tuple[float, ...] = (0.25, 0.75)


class Whole(Straight):
    """Has a default that its author wrote without a decimal point."""

    beta: float = 1
    powers: tuple[float, ...] = (1, 2)


class Ones(Initializer):
    """1."""

    default = True

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        return np.ones((fan_out, fan_in))


class Descent(Optimizer):
    """params -= lr·g."""

    default = True
    mu: Fraction = 0.0

    def step(self, params: np.ndarray, grads: np.ndarray, state: dict[str, np.ndarray], lr: np.ndarray, t: int) -> None:
        params -= lr * grads


class Wrapped(Descent):
    """An optimizer around another."""

    inner: Optimizer = Descent(lr=0.5)


class Flat(Schedule):
    """1."""

    default = True

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        return np.ones(step.shape)


class Stairs(Flat):
    """Has a hyperparameter without a default."""

    every: Annotated[int, Ge(1)]


class Square(Loss):
    """(s - t)²."""

    default = True

    def value(self, scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return ((scores - targets) ** 2).sum(axis=1, keepdims=True)

    def gradient(self, scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return 2 * (scores - targets)


class Free(Penalty):
    """0."""

    default = True

    def value(self, w: np.ndarray) -> np.ndarray:
        return np.zeros((len(w), 1, 1), w.dtype)

    def gradient(self, w: np.ndarray) -> np.ndarray:
        return np.zeros_like(w)


class Raw(Preprocessor):
    """x."""

    default = True

    def fit(self, x: np.ndarray) -> Raw:
        return self

    def apply(self, x: np.ndarray) -> np.ndarray:
        return x


class Interval(Dataset):
    """Has hyperparameters that must go together."""

    default = True
    classes, features, target = 2, 1, 0.9
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError("low must be below high")

    def sample(self, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        return rng.uniform(self.low, self.high, (n, 1)), np.arange(n) % 2


HARNESS = Origin("nnbench", "1.0")
CLASSES = (Straight, Bent, Whole, Ones, Descent, Wrapped, Flat, Stairs, Square, Free, Raw, Interval)


@dataclass(frozen=True)
class SmallLookup:
    """A lookup with the components above, all from one distribution."""

    classes: Sequence[type[Component]] = CLASSES
    origins: dict[str, Origin] = field(default_factory=dict)
    """By component name, where it is not "small 1.0"."""
    harness: Origin = HARNESS

    def with_origin(self, name: str, origin: Origin) -> SmallLookup:
        return replace(self, origins={**self.origins, name: origin})

    def names(self, kind: str) -> list[str]:
        return sorted(cls.name for cls in self.classes if cls.kind == kind)

    def find(self, kind: str, name: str) -> tuple[type[Component], Origin]:
        for cls in self.classes:
            if (cls.kind, cls.name) == (kind, name):
                return cls, self.origins.get(name, Origin("small", "1.0"))
        raise UnknownComponentError(f"no {kind} {name!r} ({', '.join(self.names(kind))})")

    def find_default(self, kind: str) -> tuple[type[Component], Origin]:
        for cls in self.classes:
            if cls.kind == kind and cls.default:
                return self.find(kind, cls.name)
        raise UnknownComponentError(f"no {kind} is given, and none is the default")


def bits(record: Record) -> Any:
    """A record with NaN equal to NaN and -0.0 different from 0.0."""

    def exact(value: Any) -> Any:
        if isinstance(value, float):
            return "nan" if math.isnan(value) else value.hex()
        if isinstance(value, list):
            return [exact(each) for each in value]
        return value

    return {name: exact(value) for name, value in asdict(record).items()}
