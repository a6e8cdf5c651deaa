"""`nnbench gallery`: the page, exit statuses, refusals."""

from __future__ import annotations

from pathlib import Path

from helpers import activation_plugin, make_plugin, nnbench

from nnbench import load_catalog

LEFT_OUT = [part for plugin in load_catalog().plugins for part in ("-p", f"no:{plugin.name}")]


def test_a_plugins_components_are_in_the_gallery(tmp_path: Path) -> None:
    plugin = make_plugin(tmp_path / "plugin", "curves", activation_plugin("Cubic"), version="1.2")
    done = nnbench(*LEFT_OUT, "gallery", "pictures", cwd=tmp_path, path=[plugin])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Written: pictures/index.html, 1 component, ")
    assert "\x1b" not in done.stdout + done.stderr
    page = (tmp_path / "pictures" / "index.html").read_text(encoding="utf-8")
    assert page.count("<article") == page.count('id="activation-cubic"') == 1
    assert "curves 1.2" in page
    again = nnbench(*LEFT_OUT, "gallery", "pictures", cwd=tmp_path, path=[plugin])
    assert again.returncode == 0, again.stderr


def test_a_component_that_cannot_be_drawn_makes_the_exit_status_1_and_the_page_whole(tmp_path: Path) -> None:
    source = activation_plugin("Fine", "Torn", forward="return z * z if type(self).__name__ == 'Fine' else 1 / 0")
    plugin = make_plugin(tmp_path / "plugin", "torn", source)
    done = nnbench(*LEFT_OUT, "gallery", "pictures", cwd=tmp_path, path=[plugin])
    assert done.returncode == 1
    assert done.stderr.strip() == "activation torn cannot be drawn: ZeroDivisionError: division by zero"
    assert "2 components" in done.stdout
    page = (tmp_path / "pictures" / "index.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 1
    assert '<p class="error">ZeroDivisionError: division by zero</p>' in page


def test_a_plugin_that_did_not_load_is_told(tmp_path: Path) -> None:
    plugin = make_plugin(tmp_path / "plugin", "gone", "import does_not_exist_anywhere")
    done = nnbench(*LEFT_OUT, "gallery", "pictures", cwd=tmp_path, path=[plugin])
    assert done.returncode == 0
    assert "plugin gone (gone, from gone 1.0) did not load" in done.stderr


def test_a_folder_with_something_else_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("mine")
    done = nnbench("gallery", "site", cwd=tmp_path)
    assert done.returncode == 2
    assert "site holds something that is no gallery" in done.stderr
    assert (tmp_path / "site" / "index.html").read_text() == "mine"
    missing = nnbench("gallery", "no/such", cwd=tmp_path)
    assert missing.returncode == 2
    assert "there is no folder no" in missing.stderr
    assert not (tmp_path / "no").exists()
