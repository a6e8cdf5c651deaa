"""`nnbench ui`, a real server on a real store."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helpers import MLFLOWS_OWN, ask

from nnbench import Catalog, run


@pytest.fixture
def served(small_grid, catalog: Catalog, tmp_path: Path):
    """A launch, what `nnbench ui` printed, the port that it was asked to take and found taken, and its process."""
    with ThreadPoolExecutor(1) as executor:
        results = run(small_grid(activation=["tanh", "relu"]), catalog=catalog, executor=executor, folder=tmp_path)
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    port = taken.getsockname()[1]
    command = [sys.executable, "-u", "-m", "nnbench", "ui", "--folder", str(tmp_path), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    yield results, [process.stdout.readline() for _ in range(3)], port, process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.wait(60)
    process.stdout.close()
    taken.close()


@MLFLOWS_OWN
def test_the_ui_serves_the_launch_on_this_machine_alone_and_ends_with_its_server(served) -> None:
    results, lines, taken, process = served
    address = lines[0].split()[2].partition("/#")[0]
    host, _, port = address.removeprefix("http://").partition(":")
    assert host == "127.0.0.1"
    assert int(port) > taken
    assert f"{address}/#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey={results.launch.id}" in lines[1]
    assert "compareRunsMode=CHART" in lines[2]
    assert b"<html" in ask(address)
    body = {"experiment_ids": ["1"], "filter": "params.activation = 'tanh'", "order_by": ["metrics.`test/accuracy` DESC"]}
    (found,) = json.loads(ask(f"{address}/api/2.0/mlflow/runs/search", body))["runs"]
    assert found["info"]["status"] == "FINISHED"
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0
