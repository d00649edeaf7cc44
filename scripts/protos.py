"""Generate, lint and compare the contract: `python -m scripts.protos generate|lint|breaking|drift`."""

from __future__ import annotations

import filecmp
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PROTOS: Final = ROOT / "protos"
GENERATED: Final = PROTOS / "gen"
OUTPUTS: Final = ("python_out=", "pyi_out=", "grpc_python_out=", "mypy_grpc_out=quiet:")


def common_types() -> Path:
    """Return the folder that holds google/type and google/protobuf, from the installed packages."""
    spec = importlib.util.find_spec("google.type")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("googleapis-common-protos is not installed: run make proto")
    return Path(next(iter(spec.submodule_search_locations))).parent.parent


def protoc(protos: Path, *options: str) -> None:
    """Run protoc over every file below a folder, in order of path."""
    files = sorted(str(path.relative_to(protos)) for path in (protos / "stack8s").rglob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{protos}", f"-I{common_types()}", *options, *files]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run(command, check=True, cwd=protos, env={**os.environ, "PATH": path})


def generate(target: Path = GENERATED) -> None:
    """Write messages, stubs and their types below target, in place of what was there."""
    shutil.rmtree(target / "stack8s", ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    protoc(PROTOS, *(f"--{output}{target}" for output in OUTPUTS))


def image(protos: Path, target: Path) -> Path:
    """Write the descriptors of a proto folder, with comments, and return the file."""
    protoc(protos, "--include_imports", "--include_source_info", f"--descriptor_set_out={target}")
    return target


def buf(*arguments: str | Path) -> int:
    """Run buf and return its exit code."""
    program = Path(sys.executable).parent / "buf"
    return subprocess.run([program, *arguments, "--config", PROTOS / "buf.yaml"], check=False).returncode


def lint() -> int:
    """Lint the contract."""
    with tempfile.TemporaryDirectory() as folder:
        return buf("lint", image(PROTOS, Path(folder) / "image.binpb"))


def base_commit() -> str | None:
    """Return the commit to compare with: the main that this work left from, or the commit before on main itself."""

    def revision(*arguments: str) -> str | None:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() or None if done.returncode == 0 else None

    head = revision("rev-parse", "HEAD")
    for main in ("origin/main", "main"):
        base = revision("merge-base", "HEAD", main)
        if base and base != head:
            return base
    return revision("rev-parse", "--verify", "--quiet", "HEAD^")


def breaking() -> int:
    """Refuse a change that breaks clients of main."""
    base = base_commit()
    archive = base and subprocess.run(["git", "archive", base, "protos"], cwd=ROOT, capture_output=True, check=False)
    if not archive or archive.returncode != 0:
        print("no earlier contract to compare with", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extraction_filter = getattr(tarfile, "data_filter", None)  # which Python 3.11.0 to 3.11.3 do not have
            tar.extractall(folder)
        before = image(Path(folder) / "protos", Path(folder) / "before.binpb")
        return buf("breaking", image(PROTOS, Path(folder) / "now.binpb"), "--against", before)


def drift() -> int:
    """Refuse generated code that differs from what the contract generates."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        generate(fresh)
        names = {p.relative_to(fresh) for p in fresh.rglob("*.py*")}
        committed = {p.relative_to(GENERATED) for p in GENERATED.rglob("*.py*") if "__pycache__" not in p.parts}
        different = sorted(
            str(n)
            for n in names | committed
            if n not in names & committed or not filecmp.cmp(fresh / n, GENERATED / n, shallow=False)
        )
    for name in different:
        print(f"protos/gen/{name} is not what the contract generates: run make proto", file=sys.stderr)
    return 1 if different else 0


def main(arguments: list[str]) -> int:
    """Run one command by name."""
    commands = {"lint": lint, "breaking": breaking, "drift": drift}
    if arguments == ["generate"]:
        generate()
        return 0
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: python -m scripts.protos generate|lint|breaking|drift", file=sys.stderr)
        return 2
    return commands[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
