"""The files that are kept beside a launch: summary, results, comparison, picture, grid and environment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from nnbench.report import cells, exports, gradients
from nnbench.report.columns import cell_table
from nnbench.report.comparing import compare_launch
from nnbench.report.pictures import files, levels
from nnbench.store import Launch, Store


def write_documents(store: Store) -> Callable[[Launch, Path], Mapping[str, str]]:
    """A function that writes what is worth keeping beside a launch into a folder, and returns what its run is tagged with."""

    def write(launch: Launch, folder: Path) -> Mapping[str, str]:
        rows = store.rows(launch.trial_ids)
        overrides = "".join(f"# --set {override}\n" for override in launch.overrides)
        comparison = compare_launch(launch, store)
        compared = exports.markdown(comparison) if comparison else ""
        texts = {
            "summary.md": cells.markdown(launch, cells.lines(launch, rows), compared=compared),
            "results.csv": cells.as_csv(launch, rows),
            "grid.toml": overrides + launch.text,
            "environment.json": json.dumps(dict(launch.environment), indent=2),
        }
        if comparison:
            figure = levels.draw(comparison)
            if figure.panels:
                files.save(figure, f"{launch.grid}: {comparison.factor}", folder / "comparison.png")
            texts |= {"tuning.csv": exports.tuning_csv(launch, comparison)} if comparison.choices else {}
            texts |= {"comparison.json": exports.as_json(comparison), "comparison.csv": exports.as_csv(comparison)}
        if launch.gradcheck != "off":
            texts["gradcheck.csv"] = gradients.csv_text(launch)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        store.export(launch.trial_ids, folder / "results.parquet", cell_table(launch))
        return exports.tags(comparison) if comparison else {}

    return write
