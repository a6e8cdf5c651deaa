"""Finding plugins: real distributions on disk, some of them broken in every way that authors break them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, distributions
from itertools import permutations
from pathlib import Path

import pytest
from helpers import activation_plugin, make_plugin, nnbench

from nnbench import load_catalog
from nnbench.catalog import Catalog, plugin_manager
from nnbench.conformance.packages import components_of
from nnbench.errors import InputError, PluginError, UnknownComponentError
from nnbench.kinds import KINDS

Install = Callable[..., Path]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs plugins into folders of their own; their modules are forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def install(name: str, source: str, at: str = "", **options: object) -> Path:
        folder = make_plugin(tmp_path / (at or name), name, source, **options)
        if str(folder) not in sys.path:
            monkeypatch.syspath_prepend(folder)
        return folder

    yield install
    for module in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]


def dists(*folders: Path) -> list[Distribution]:
    return list(distributions(path=[str(folder) for folder in folders]))


def own(*folders: Path, without: tuple[str, ...] = ()) -> Catalog:
    """A catalog of these plugins alone."""
    return load_catalog(without, dists(*folders))


def test_an_installed_plugin_is_found_beside_those_that_ship(installed: Install) -> None:
    installed("curves", activation_plugin("Cubic", "SoftStep"))
    catalog = load_catalog()
    assert {"cubic", "soft_step", "tanh"} <= set(catalog.names("activation"))
    assert str(catalog.entry("activation", "cubic").origin) == "curves 1.0"
    assert ("curves", "curves", "curves", "1.0", ("activation cubic", "activation soft_step")) in [
        (plugin.name, plugin.module, plugin.distribution, plugin.version, plugin.components) for plugin in catalog.plugins
    ]


def test_what_ships_has_every_kind_and_fails_nowhere() -> None:
    catalog = load_catalog()
    assert catalog.failures == ()
    assert all(catalog.names(kind) == sorted(catalog.names(kind)) for kind in KINDS)
    assert all(catalog.find_default(kind)[0].default for kind in KINDS)


def test_the_order_in_which_distributions_are_found_does_not_matter(installed: Install) -> None:
    folders = [installed(name, activation_plugin(name.title())) for name in ("zeta", "alpha", "mid")]
    found = [own(*order) for order in permutations(folders)]
    assert {tuple(plugin.name for plugin in catalog.plugins) for catalog in found} == {("alpha", "mid", "zeta")}
    assert {tuple(entry.qualified for entry in catalog.entries) for catalog in found} == {("alpha:alpha", "mid:mid", "zeta:zeta")}


def test_of_two_copies_of_a_distribution_the_one_that_imports_counts(installed: Install) -> None:
    second = installed("twin", activation_plugin("Old"), at="second", version="0.9")
    first = installed("twin", activation_plugin("New"), at="first", version="1.0")
    assert [(entry.cls.name, entry.origin.version) for entry in own(first, second).entries] == [("new", "1.0")]


BROKEN = {
    "missing_import": ("import does_not_exist_anywhere", "ModuleNotFoundError: No module named 'does_not_exist_anywhere'"),
    "missing_name": ("from nnbench import Activatoin", "ImportError: cannot import name 'Activatoin'"),
    "syntax": ("def :", "SyntaxError"),
    "raising": ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
    "several_lines": ("raise RuntimeError('first\\nsecond')", "RuntimeError: first second"),
    "exiting": ("raise SystemExit(3)", "SystemExit: 3"),
    "raising_later": ("from nnbench import hookimpl\n@hookimpl\ndef nnbench_components():\n    return 1 / 0", "ZeroDivisionError"),
    "no_list": ("from nnbench import hookimpl\n@hookimpl\ndef nnbench_components():\n    return None", "returned None"),
    "no_class": ("from nnbench import hookimpl\n@hookimpl\ndef nnbench_components():\n    return ['tanh']", "'tanh'"),
    "no_component": ("from nnbench import hookimpl\n@hookimpl\ndef nnbench_components():\n    return [dict]", "dict"),
    "bare_kind": (
        "from nnbench import Activation, hookimpl\n@hookimpl\ndef nnbench_components():\n    return [Activation]",
        "activation activation lacks derivative, forward",
    ),
    "abstract": (
        "from nnbench import Activation, hookimpl\nclass Half(Activation):\n    def forward(self, z):\n        return z\n"
        "@hookimpl\ndef nnbench_components():\n    return [Half]",
        "activation half lacks derivative",
    ),
    "bad_name": (activation_plugin("Odd").replace('"""z²."""', 'name = "o d d"'), "'o d d'"),
    "bad_argument": ("from nnbench import hookimpl\n@hookimpl\ndef nnbench_launch_started(lunch):\n    pass", "lunch"),
    "bad_type": (activation_plugin("Odd").replace('"""z²."""', 'beta: "Flaot" = 1.0'), "Flaot"),
    "no_schema": (activation_plugin("Odd").replace('"""z²."""', "beta: np.ndarray = None"), "beta"),
    "in_a_function": (
        "from nnbench import Activation, hookimpl\ndef make():\n    class Inner(Activation):\n        def forward(self, z):\n"
        "            return z\n        def derivative(self, z, a):\n            return z\n    return Inner\n"
        "@hookimpl\ndef nnbench_components():\n    return [make()]",
        "inner",
    ),
}


@pytest.mark.parametrize("broken", list(BROKEN))
def test_a_broken_plugin_is_named_with_its_cause_and_stops_no_other(installed: Install, broken: str) -> None:
    source, cause = BROKEN[broken]
    folders = [
        installed("healthy", activation_plugin("Cubic")),
        installed(f"broken-{broken}", source, version="2.3", entry_point="odd"),
    ]
    catalog = own(*folders)
    assert catalog.names("activation") == ["cubic"]
    (failure,) = catalog.failures
    assert (failure.plugin.name, failure.plugin.distribution, failure.plugin.version) == ("odd", f"broken-{broken}", "2.3")
    assert cause in failure.cause
    assert all(part in str(failure) for part in ("odd", f"broken_{broken}", f"broken-{broken} 2.3", cause))
    assert "Traceback" in failure.traceback


def test_an_entry_point_to_a_module_that_is_not_there_is_a_failure(installed: Install) -> None:
    folder = installed("gone", activation_plugin("Cubic"))
    (folder / "gone.py").unlink()
    (failure,) = own(folder).failures
    assert "No module named 'gone'" in failure.cause


def test_a_plugin_of_which_one_component_is_bad_offers_none(installed: Install) -> None:
    folder = installed("mixed", activation_plugin("Cubic").replace("return [Cubic]", "return [Cubic, int]"))
    catalog = own(folder)
    assert catalog.names("activation") == []
    assert catalog.failures
    assert not catalog.manager.get_plugins()


def test_two_plugins_with_one_name_are_an_error_that_lists_both(installed: Install) -> None:
    catalog = own(
        installed("ours", activation_plugin("Cubic")), installed("theirs", activation_plugin("Cubic", "Odd"), version="2.0")
    )
    with pytest.raises(UnknownComponentError) as caught:
        catalog["activation", "cubic"]
    assert all(part in str(caught.value) for part in ("'ours:cubic'", "'theirs:cubic'", "ours 1.0", "theirs 2.0"))
    assert catalog.names("activation") == ["odd", "ours:cubic", "theirs:cubic"]
    assert catalog["activation", "ours:cubic"] is not catalog["activation", "theirs:cubic"]
    assert {str(catalog.find("activation", name)[1]) for name in catalog.names("activation")} == {"ours 1.0", "theirs 2.0"}
    assert catalog["activation", "theirs:odd"] is catalog["activation", "odd"]


def test_two_defaults_of_one_kind_are_an_error_that_lists_both(installed: Install) -> None:
    source = activation_plugin("Cubic").replace('"""z²."""', "default = True")
    catalog = own(installed("ours", source), installed("theirs", source.replace("Cubic", "Odd")))
    with pytest.raises(UnknownComponentError, match=r"'ours:cubic'.*'theirs:odd'"):
        catalog.find_default("activation")


@pytest.mark.parametrize(
    ("hook", "nearest"), [("nnbench_component", "nnbench_components"), ("nnbench_launch_start", "nnbench_launch_started")]
)
def test_an_unknown_hook_is_an_error_at_start_that_names_the_nearest(installed: Install, hook: str, nearest: str) -> None:
    folder = installed("eager", f"from nnbench import hookimpl\n@hookimpl\ndef {hook}():\n    return []", version="0.3")
    with pytest.raises(PluginError) as caught:
        own(folder)
    assert all(part in str(caught.value) for part in ("eager", "0.3", hook, f"did you mean {nearest}", "-p no:eager"))
    assert own(folder, without=("eager",)).entries == ()


@pytest.mark.parametrize("by", ["point", "dist"])
def test_a_plugin_that_is_left_out_is_not_even_imported(installed: Install, by: str) -> None:
    folder = installed("dist", "raise RuntimeError('was imported')", module="left_out_module", entry_point="point")
    catalog = own(folder, without=(by,))
    assert (catalog.plugins, catalog.failures) == ((), ())
    assert [plugin.distribution for plugin in catalog.left_out] == ["dist"]
    assert "left_out_module" not in sys.modules


def test_leaving_out_what_does_not_exist_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(PluginError, match=r"no:activation: no such plugin; did you mean activations.*datasets"):
        load_catalog(["activation"])


def test_a_plugin_that_failed_is_named_as_the_likely_reason(installed: Install) -> None:
    catalog = own(installed("broken", "raise RuntimeError('no licence')", version="2.3"))
    with pytest.raises(UnknownComponentError, match=r"no activation 'cubic'.*perhaps because.*broken 2\.3.*no licence"):
        catalog.find("activation", "cubic")
    with pytest.raises(UnknownComponentError, match=r"no activation is given.*broken 2\.3.*no licence"):
        catalog.find_default("activation")


def test_a_plugin_that_was_left_out_is_named_as_the_likely_reason() -> None:
    with pytest.raises(UnknownComponentError, match=r"perhaps because plugin activations was left out with -p no:activations"):
        load_catalog(["activations"]).find("activation", "tanh")


@pytest.mark.parametrize("editable", [True, False])
def test_the_origin_follows_the_source_only_where_it_is_edited(installed: Install, editable: bool) -> None:
    folder = installed("edited", activation_plugin("Cubic"), editable=editable)
    before = own(folder).entry("activation", "cubic").origin
    (folder / "edited.py").write_text(activation_plugin("Cubic", forward="return z * z * z"), encoding="utf-8")
    importlib.reload(sys.modules["edited"])
    after = own(folder).entry("activation", "cubic").origin
    assert (bool(before.digest), before != after) == (editable, editable)
    (folder / "edited.py").write_text(activation_plugin("Cubic"), encoding="utf-8")
    importlib.reload(sys.modules["edited"])
    assert own(folder).entry("activation", "cubic").origin == before


def test_a_mistyped_name_or_kind_gets_the_nearest() -> None:
    catalog = load_catalog()
    with pytest.raises(UnknownComponentError, match=r"no activation 'sigmiod'; did you mean sigmoid.*nnbench list activation"):
        catalog["activation", "sigmiod"]
    with pytest.raises(UnknownComponentError, match=r"no kind 'activatoin'; did you mean activation\?.*dataset"):
        catalog["activatoin", "sigmoid"]
    assert ("activation", "sigmoid") in catalog
    assert ("activation", "sigmiod") not in catalog


def test_each_catalog_has_a_manager_of_its_own() -> None:
    assert load_catalog().manager is not load_catalog().manager
    assert plugin_manager().get_plugins() == set()


BAD_METADATA = {
    "no text": {"METADATA": b"Name: junk\nVersion: 1\n", "entry_points.txt": b"[nnbench]\n\xff\xfe = x\n"},
    "no entry points": {"METADATA": b"Name: junk\nVersion: 1\n", "entry_points.txt": b"[nnbench\njunk junk\n"},
    "no METADATA": {"entry_points.txt": b"[nnbench]\njunk = junk\n"},
    "METADATA that is no text": {"METADATA": b"Name: \xff\xfe\nVersion: 1\n", "entry_points.txt": b"[nnbench]\njunk = junk\n"},
    "no version": {"METADATA": b"Name: junk\n", "entry_points.txt": b"[nnbench]\njunk = junk\n"},
    "another group": {"METADATA": b"Name: junk\nVersion: 1\n", "entry_points.txt": b"[nnbench.plugins]\njunk = junk\n"},
}


@pytest.mark.parametrize("bad", list(BAD_METADATA))
def test_a_distribution_with_bad_metadata_is_named_once_and_passed_over(installed: Install, tmp_path: Path, bad: str) -> None:
    info = tmp_path / "bad" / "junk-1.0.dist-info"
    info.mkdir(parents=True)
    for name, content in BAD_METADATA[bad].items():
        (info / name).write_bytes(content)
    catalog = own(installed("healthy", activation_plugin("Cubic")), tmp_path / "bad", tmp_path / "bad")
    assert catalog.names("activation") == ["cubic"]
    assert catalog.failures == ()
    (remark,) = catalog.remarks
    assert remark.distribution == "junk"
    assert str(info) in str(remark)
    with pytest.raises(UnknownComponentError, match=r"perhaps because .*junk"):
        catalog.find("activation", "junk")


@pytest.mark.parametrize("content", [b"[nnbench]\n\xff\xfe = x\n", b"[other]\n\xff = x\n"], ids=["ours", "another's"])
def test_every_command_works_beside_entry_points_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    info = tmp_path / "bad" / "junk-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: junk\nVersion: 1\n")
    (info / "entry_points.txt").write_bytes(content)
    (tmp_path / "bad" / "gone.pth").write_text("/does/not/exist\n")
    (tmp_path / "bad" / "gone.egg-link").write_bytes(b"/does/\xff\n.")
    (tmp_path / "grid.toml").write_text("seeds = 1\n[trial]\nepochs = 1\nhidden = [[4]]\n")
    for command, status in ((("plugins",), 0), (("run", "grid.toml", "--workers", "1"), 0)):
        done = nnbench(*command, cwd=tmp_path, path=[tmp_path / "bad"])
        assert done.returncode == status, done.stderr
        assert done.stderr.count("junk-1.0.dist-info is passed over") == (command == ("plugins",))


def test_spellings_of_one_name_are_one_distribution_of_which_the_latest_in_a_folder_counts(installed: Install) -> None:
    folder = installed("Gh.ost", activation_plugin("Spook"), at="one", version="1.9", module="spook")
    installed("gh_ost", activation_plugin("Spook"), at="one", version="1.10", module="spook")
    (folder / "gh_ost-0.1.dist-info").mkdir()
    leftover = folder / "~h_ost-2.0.dist-info"
    leftover.mkdir()
    (leftover / "METADATA").write_text("Name: gh_ost\nVersion: 2.0\n")
    (leftover / "entry_points.txt").write_text("[nnbench]\nspook = spook\n")
    catalog = own(folder)
    assert [str(entry.origin) for entry in catalog.entries] == ["gh_ost 1.10"]
    assert catalog.failures == ()
    told = sorted(map(str, catalog.remarks))
    assert len(told) == 3
    assert "gh_ost 1.10" in next(each for each in told if "1.9" in each)
    assert own(folder, without=("GH-OST",)).entries == ()
    assert catalog["activation", "Gh_Ost:spook"] is catalog["activation", "spook"]


def test_one_module_of_two_distributions_is_told_without_the_registry(installed: Install) -> None:
    folders = [installed(name, activation_plugin("Spook"), at="one", module="spook") for name in ("ours", "theirs")]
    (failure,) = own(folders[0]).failures
    assert failure.cause == "ValueError: its module is that of plugin ours:spook already"


def test_a_shipped_name_stays_the_shipped_one_and_that_is_told(installed: Install) -> None:
    source = activation_plugin("Relu").replace('"""z²."""', '"""z²."""\n\n    default = True')
    installed("curves", source)
    catalog = load_catalog()
    assert catalog.find("activation", "relu")[1].distribution == "nnbench"
    assert catalog.find("activation", "curves:relu")[1].distribution == "curves"
    assert catalog.find_default("activation")[0].name == "tanh"
    assert {"relu", "curves:relu"} <= set(catalog.names("activation"))
    told = [str(each) for each in catalog.remarks if each.distribution == "curves"]
    assert told[0] == "activation relu is nnbench's own; that of plugin curves is written curves:relu"
    assert "claims to be the default activation" in told[1]


WRAPPER = "from nnbench import hookimpl\n@hookimpl(wrapper=True)\ndef nnbench_components():\n    return (yield)"


def test_a_wrapper_around_components_is_refused_with_a_sentence(installed: Install) -> None:
    (failure,) = own(installed("wrapping", WRAPPER)).failures
    assert "nnbench_components is a wrapper, and each plugin offers components of its own" in failure.cause


def test_a_hook_may_have_another_name_and_an_unknown_one_be_optional(installed: Install) -> None:
    source = activation_plugin("Cubic").replace("@hookimpl\n", '@hookimpl(specname="nnbench_components")\n')
    optional = "\n@hookimpl(optionalhook=True)\ndef nnbench_later():\n    pass\n"
    source = source.replace("def nnbench_components", "def offered") + optional
    assert own(installed("modern", source)).names("activation") == ["cubic"]


def test_a_distribution_that_is_no_plugin_is_told_with_its_groups_and_the_right_one(installed: Install) -> None:
    for name, group in {"dotted": "nnbench.plugins", "misspelt": "nbench", "other": "console_scripts"}.items():
        folder = installed(name, "")
        (folder / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(f"[{group}]\n{name} = {name}:main\n")
        with pytest.raises(InputError) as caught:
            components_of(load_catalog(), name)
        told = str(caught.value)
        assert all(part in told for part in (name, f"'{group}'", "[project.entry-points.nnbench]"))
        assert "no plugin, module or distribution" not in told


def test_a_search_space_that_is_none_keeps_a_plugin_from_loading(installed: Install) -> None:
    source = activation_plugin("Odd").replace('"""z²."""', '"""z²."""\n\n    search_space = {"k": 3}')
    (failure,) = own(installed("spaceless", source)).failures
    assert "search_space is {'k': 3}, expected lists of values" in failure.cause
