"""The import packages of a distribution that is installed in editable mode, from what installers leave in its place.

======================================  ==========================================================================
hatch with `dev-mode-exact`, pdm        a module that calls `map_module("name", "path")`
setuptools                              a module with `MAPPING = {"name": "path"}`
hatch, setuptools, poetry, flit, uv     a `.pth` file with the folder that the packages lie in
any other                               nothing that is known here: only `top_level.txt` and files beside the metadata
======================================  ==========================================================================

None of these modules is run: they are read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution
from pathlib import Path, PurePath

Locations = tuple[Path, ...]
"""Folders of a package (several, if it is a namespace), or the file of a module."""

_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
NO_PACKAGES = {
    *("benchmark", "benchmarks", "build", "conftest", "dist", "doc", "docs", "example", "examples", "noxfile"),
    *("scripts", "setup", "tasks", "test", "tests", "tools"),
}
"""What lies beside the packages in a project's own folder without being installed."""


def import_packages(dist: Distribution) -> Mapping[str, Locations]:
    """Its packages and modules with the places where they lie, as far as its metadata tell."""
    names = (dist.read_text("top_level.txt") or "").split()
    packages: dict[str, Locations] = {}
    for file in _own_files(dist, names):
        if file.suffix == ".pth":
            packages |= _beside(file)
        elif file.name.startswith(("_editable_impl_", "__editable__")):
            packages |= _mapped(file)
        else:
            packages[file.stem] = (file,)
    return {name: places for name, places in packages.items() if not names or name.partition(".")[0] in names}


def _own_files(dist: Distribution, names: Iterable[str]) -> list[Path]:
    """Modules, `.pth` files and packages that it has in the folder of its metadata."""
    listed = {PurePath(file).parts[0] for file in dist.files or () if file.suffix in (".py", ".pth")}
    candidates = listed.union(names, (f"{name}.py" for name in names)) - {"..", "__pycache__"}
    paths = [Path(str(dist.locate_file(name))) for name in sorted(candidates)]
    return [path for path in paths if path.exists()]


def _beside(pth: Path) -> dict[str, Locations]:
    """What can be imported from the folders that a `.pth` file names."""
    packages: dict[str, Locations] = {}
    for line in pth.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        folder = pth.parent / line.strip()
        if not line.strip() or line.startswith(("#", "import ", "import\t")) or not folder.is_dir():
            continue
        excluded = NO_PACKAGES if any((folder / name).exists() for name in _PROJECT_FILES) else set()
        for path in sorted(folder.iterdir()):
            importable = path.suffix == ".py" or (path / "__init__.py").exists()
            if importable and path.stem.isidentifier() and path.stem not in excluded:
                packages[path.stem] = (path,)
    return packages


def _mapped(finder: Path) -> dict[str, Locations]:
    """What the module of an installer maps to places in the project."""
    packages: dict[str, Locations] = {}
    for node in ast.walk(ast.parse(finder.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr="map_module"), args=[ast.Constant(str(name)), ast.Constant(str(path))]):
                place = Path(path)
                packages[name] = (place.parent if place.name == "__init__.py" else place,)
            case (
                ast.Assign(targets=[ast.Name("MAPPING")], value=ast.Dict(keys, values))
                | ast.AnnAssign(target=ast.Name("MAPPING"), value=ast.Dict(keys, values))
            ):
                for key, value in zip(keys, values, strict=True):
                    match key, value:
                        case ast.Constant(str(name)), ast.Constant(str(path)):
                            packages[name] = (_module_or_folder(Path(path)),)
    return packages


def _module_or_folder(place: Path) -> Path:
    """A place, or the module there: setuptools names a module without its ending."""
    return place if place.exists() else place.with_name(f"{place.name}.py")
