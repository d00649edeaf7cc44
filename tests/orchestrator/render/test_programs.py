"""The programs that plans bring along really run: on tiny models and data, on CPUs, with the packages that they pin.

Those packages weigh gigabytes, so they are not in the test environment: STACK8S_PROGRAMS_PYTHON names a Python that has
them (see docs/planning.md); without it these tests are skipped.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from services.orchestrator.domain.planning.build import build_plan
from services.orchestrator.domain.render.kubernetes.commands import server
from services.orchestrator.domain.render.scripts import INSTALLER, REQUIREMENTS, text_of
from services.orchestrator.domain.spec import WorkloadSpec
from tests.orchestrator.planning.builders import catalogue, memory, model
from tests.support.ports import free_ports

PYTHON = os.environ.get("STACK8S_PROGRAMS_PYTHON", "")
pytestmark = pytest.mark.skipif(
    not PYTHON, reason="STACK8S_PROGRAMS_PYTHON names no Python with the programs' packages"
)
QUIET = {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}


def run(*words: str | Path, processes: int = 0) -> str:
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)] if processes else []
    command = [PYTHON, *launch, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **QUIET}, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    run(Path(__file__).with_name("tiny.py"), folder)
    return folder


def program(home: Path, name: str, **constants: str) -> Path:
    text = text_of(name)
    for constant, value in constants.items():
        before = next(line for line in text.splitlines() if line.startswith(f"{constant} = "))
        text = text.replace(before, f"{constant} = {value}")
    path = home / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_language_model_is_trained_and_goes_on_from_its_checkpoint(home, tmp_path, method):
    script = program(home, "train_language.py", SAVE_SECONDS="0")
    words = ["--model", home / "llama", "--data", home / "texts", "--output", tmp_path, "--task", "text-generation"]
    words += ["--precision", "bf16", "--method", method, "--max-length", "64"]
    run(script, *words, "--epochs", "1", processes=1)
    assert list(tmp_path.glob("checkpoint-*"))
    assert (tmp_path / "final").exists()
    run(script, *words, "--epochs", "2", processes=1)
    steps = [json.loads((c / "trainer_state.json").read_text())["epoch"] for c in tmp_path.glob("checkpoint-*")]
    assert max(steps) == 2


@pytest.mark.parametrize(
    ("model", "data", "task"),
    [("vit", "images", "image-classification"), ("bert", "labelled", "text-classification")],
)
def test_a_classifier_is_trained_and_served_from_its_result(home, tmp_path, model, data, task):
    script = program(home, "train_labels.py")
    words = ["--model", home / model, "--data", home / data, "--output", tmp_path, "--task", task]
    run(script, *words, "--precision", "bf16", "--method", "full", "--epochs", "1", processes=1)
    with served(program(home, "serve.py"), "--model", tmp_path / "final", "--task", task) as ask:
        assert "requests_waiting 0" in ask("/metrics")
        if task == "text-classification":
            assert json.loads(ask("/predict", {"inputs": "the model learns"}))["outputs"]


@pytest.mark.parametrize(
    ("model", "patch"), [("MONAI/wholeBody_ct_segmentation", 32), ("MONAI/swin_unetr_btcv_segmentation", 64)]
)
def test_volumes_are_segmented_and_a_restart_goes_on(home, tmp_path, model, patch):
    script = program(home, "train_volumes.py", PATCH=f"({patch}, {patch}, {patch})", SAVE_SECONDS="0")
    words = [
        "--model",
        model,
        "--data",
        home / "volumes",
        "--output",
        tmp_path,
        "--task",
        "image-segmentation",
        "--precision",
        "bf16",
    ]
    assert "epoch 0" in run(script, *words, "--method", "full", "--epochs", "1", processes=1)
    again = run(script, *words, "--method", "full", "--epochs", "2", processes=1)
    assert "epoch 0" not in again
    assert "epoch 1" in again
    assert "mean Dice" in again
    assert (tmp_path / "final" / "network.pt").exists()


@pytest.mark.parametrize("task", ["tabular-regression", "tabular-classification"])
@pytest.mark.parametrize("library", ["lightgbm", "xgboost", "catboost", "scikit-learn"])
def test_trees_are_trained_and_served(home, tmp_path, task, library):
    data = home / "table"
    if task == "tabular-classification":
        data = tmp_path / "classes"
        data.mkdir()
        (data / "rows.csv").write_text(
            "a,target\n" + "\n".join(f"{n},{'high' if n > 50 else 'low'}" for n in range(100))
        )
    script = program(home, "train_table.py")
    assert "score" in run(script, "--library", library, "--data", data, "--output", tmp_path, "--task", task)
    with served(program(home, "serve_table.py"), "--model", tmp_path / "final", "--task", task) as ask:
        answer = json.loads(ask("/predict", {"rows": [{"a": 0.1, "b": 0.2}]}))
        assert len(answer["outputs"]) == 1


def test_a_batch_is_shared_and_goes_on_where_it_stopped(home, tmp_path):
    script = program(home, "batch.py")
    words = ["--model", home / "bert", "--task", "text-classification", "--input", home / "lines/input"]
    words += ["--output", tmp_path, "--machines", "2"]
    run(script, *words, "--machine", "0", processes=2)
    first = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("*.json")}
    run(script, *words, "--machine", "1")
    assert 0 < len(first) < 6
    run(script, *words[:-2])
    assert len(list(tmp_path.glob("*.json"))) == 6
    assert all((tmp_path / name).stat().st_mtime_ns == time for name, time in first.items())


def test_images_are_made_by_a_server_and_by_a_batch(home, tmp_path):
    steps = {"num_inference_steps": 2}
    with served(program(home, "serve.py"), "--model", home / "diffusion", "--task", "text-to-image") as ask:
        (image,) = json.loads(ask("/predict", {"inputs": "a cat", "parameters": steps}))["outputs"]
    assert base64.b64decode(image).startswith(b"\x89PNG")
    words = ["--model", home / "diffusion", "--task", "text-to-image", "--input", home / "lines/input"]
    run(program(home, "batch.py"), *words, "--output", tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == 6


@pytest.mark.parametrize(
    ("name", "task", "bad"),
    [("vit", "image-classification", {"input": "no picture"}), ("bert", "text-classification", {"text": "no input"})],
)
def test_triton_itself_loads_a_folder_as_a_volume_holds_it_and_answers(home, tmp_path, name, task, bad):
    picture = base64.b64encode((home / "images/cat/0.png").read_bytes()).decode()
    given = picture if task.startswith("image") else "the model learns"
    found = model(str(home / name), wished_as="m", task=task)
    records = catalogue(models=(found,), memory=(memory(found.model_id, "L4", 1.0),), performance=())
    spec = WorkloadSpec(task_type="inference", model_task=task, models=("m",), components=("triton",))
    plan = build_plan(spec, records, plan_id="p", conversation_id="c")
    assert plan.workload
    folder = tmp_path / plan.workload.name
    for path, text in server(plan.workload).files.items():
        file = folder / "..2026_11" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "..data").symlink_to("..2026_11")
    for part in ("config.pbtxt", "1"):
        (folder / part).symlink_to(f"..data/{part}")
    with triton(tmp_path) as ask:
        answer = json.loads(ask(f"/v2/models/{folder.name}/generate", {"input": given, "parameters": {"top_k": 1}}))
        assert len(json.loads(answer["output"])) == 1
        with pytest.raises(urllib.error.HTTPError, match="400"):
            ask(f"/v2/models/{folder.name}/generate", bad)
        assert ask("/v2/health/live") == ""


def test_packages_take_what_programs_pass_to_them_even_what_only_gpus_can_use(home):
    programs = [program(home, name) for name in REQUIREMENTS]
    assert run(Path(__file__).with_name("arguments.py"), *(p for p in programs if p.name != "serve.py")) == ""


def test_packages_are_installed_beside_those_of_the_image(tmp_path):
    script = tmp_path / "install.py"
    script.write_text(INSTALLER)
    run(script, tmp_path / "packages", "six==1.16.0")
    asked = [tmp_path / "packages/bin/python", "-c", "import six, torch; print(six.__file__, torch.__file__)"]
    own, of_image = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    assert own.startswith(str(tmp_path))
    assert not of_image.startswith(str(tmp_path))


class served:
    """A server that runs while the block does; what it gives calls a path, with a body as POST."""

    ready = "/health"

    def __init__(self, script: Path, *words: str | Path) -> None:
        self._port = free_ports(1)[0]
        command = [PYTHON, str(script), *map(str, words), "--port", str(self._port)]
        self._process = subprocess.Popen(command, env={**os.environ, **QUIET})

    def __enter__(self) -> served:
        for _ in range(600):
            assert self._process.poll() is None, "the server ended"
            try:
                self(self.ready)
            except OSError:
                time.sleep(0.2)
            else:
                return self
        self.__exit__()
        raise AssertionError("the server does not answer")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def __call__(self, path: str, body: object = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()


class triton(served):
    """Triton of the package nvidia-pytriton, over a folder of models; its stub for the Python stands beside the
    backend, as in the image."""

    ready = "/v2/health/ready"

    def __init__(self, models: Path) -> None:
        found = (
            "import sysconfig as s; print(s.get_path('purelib'), s.get_python_version(), s.get_config_var('LIBDIR'))"
        )
        packages, version, library = run("-c", found).split()
        root = Path(packages) / "pytriton" / "tritonserver"
        if not root.exists():
            pytest.skip("the Python of the programs has no nvidia-pytriton, which brings Triton")
        backend, stub = root / "backends/python", "triton_python_backend_stub"
        if not (backend / stub).exists():
            shutil.copy(root / "python_backend_stubs" / version / stub, backend)
        self._port, *others = free_ports(3)
        names = zip(("--http-port", "--grpc-port", "--metrics-port"), (self._port, *others), strict=True)
        words = [root / "bin/tritonserver", "--backend-directory", backend.parent, "--model-repository", models]
        path = {
            "PATH": f"{Path(PYTHON).parent}:{os.environ['PATH']}",
            "PYTHONPATH": packages,
            "LD_LIBRARY_PATH": library,
        }
        command = [str(word) for word in (*words, *(word for pair in names for word in pair))]
        self._process = subprocess.Popen(command, env={**os.environ, **QUIET, **path}, start_new_session=True)

    def __exit__(self, *_: object) -> None:
        """Stop the backend's processes too, which outlive a server that gives up waiting for them."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(90)
