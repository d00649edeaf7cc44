"""Pasted YAML, logs, tables and nvidia-smi output: told apart from prose, and read for what they state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from services.orchestrator.domain.understanding.configs import find_json, read_config
from services.orchestrator.domain.understanding.mention import Mention

_LOG = re.compile(
    r"^\s*(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\[?\d\d:\d\d:\d\d"
    r"|(?:INFO|WARN(?:ING)?|ERROR|DEBUG|FATAL|CRITICAL|Warning|Normal)[\s:\[]|\[\w*(?:INFO|ERROR|WARN)"
    r"|Traceback \(most|File \"|\w+(?:\.\w+)*(?:Error|Exception|Warning)\b:?|Events:|\$ |>>> |at [\w.$]+\("
    r"|[a-z][\w-]{1,20}: (?:error|fatal|warning): |Submitted batch job \d"
    r"|  Type\s+Reason|[EWI]\d{4} )"
    r"|CUDA out of memory|OutOfMemoryError|Tried to allocate|OOMKilled|CrashLoopBackOff|Back-off restarting"
    r"|Insufficient nvidia\.com|nodes are available"
)
_SMI = re.compile(r"^\s*(?:\||\+[-=]{5,}|GPU \d+:)|NVIDIA-SMI|MiB /|Driver Version")
DISK = re.compile(
    r"^(?:Filesystem\s.*Use%.*|(?P<device>\S+)\s+[\d.]+[KMGTP]i?\s+(?P<used>[\d.]+[KMGTP])i?\s+[\d.]+[KMGTP]?i?\s+\d+%\s+/\S*)\s*$"
    r"|^(?P<size>[\d.]+[MGTP])i?B?\t\s*(?:\.?/)?\S+\s*$",
    re.MULTILINE,
)
"""Output of df -h and of du -sh."""
_KUBECTL = re.compile(
    r"^\s*NAME\s+STATUS\s|^\S+\s+(?:Not)?Ready(?:,SchedulingDisabled)?\s+(?:\S+\s+)?\d+[dhms]"
    r"|^(?:Name|Roles|Labels|Annotations|Taints|Capacity|Allocatable|Conditions|Addresses|System Info):"
)
_YAML = re.compile(
    r"^\s*(?:- )?(?:[\w.-]+/[\w.-]+|[a-z_][\w.-]*):"
    r"(?:\s*$|\s+(?:[\"'\[{|>]|[\w./:@-]+\s*$|-?\d+(?:\.\d+)?\w{0,3}\s*$|true|false|null))"
    r"|^\s*- (?:--?[\w-]+|[\"'])|^---\s*$|^(?:apiVersion|kind|metadata|spec):"
)
_CODE = re.compile(
    r"^\s*(?:(?:[A-Z][A-Z_0-9]+=\S+\s+)+\w+|from \w[\w.]* import|import \w[\w.]*(?: as \w+)?\s*$"
    r"|def \w+\(|class \w+[(:]|\w[\w.]* = \w[\w.]*\("
    r"|[\w.]+\(.*\)\s*$|(?:[a-z_]\w*|[A-Z]\w*) = [^=]|@\w+|docker run|kubectl|helm |pip install|python |export [A-Z_]+="
    r"|(?:resource|module|variable|data|provider|locals|output)\b[^{\n]*\{\s*$|[a-z_][\w.]*\s*= \S|[a-z_]+\s*\{.*$"
    r"|curl |torchrun|vllm serve|#SBATCH|FROM [\w./:-]+$|RUN )"
)
_CSV = re.compile(
    r"^[^,\t;]{0,60}(?:,[^,\n]{0,60}){2,}$|^[^\t]{0,60}(?:\t[^\t\n]{0,60}){2,}$"
    r"|^[^;\n]{1,60}(?:;(?! )[^;\n]{0,60}){2,}$"
)
_THREE_WORDS = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
_FEWEST_ROWS = 3
_FEW_LINES = 2
_OBJECT = re.compile(r"^\s*(?:pod|node|container|image|job|namespace|deployment)s?: \S+")
_FENCE = re.compile(r"^\s*```")
_JSON = re.compile(r"^\s*+(?:[{}\[\]],?|(?:[{\[]\s*+)?(?:\{\s*+)?\"[^\"]+\"\s*:.*)\s*$")


class Parts(NamedTuple):
    """A text split in two of the same length: what one part holds is blank in the other."""

    prose: str
    snippet: str


def split(text: str) -> Parts:
    """Split a text line by line into the user's own prose and pasted matter."""
    if "\n" not in text and not _LOG.search(text) and "```" not in text:
        return _without_options(text)
    lines = text.splitlines(keepends=True)
    pasted = _pasted_lines([line.rstrip("\r\n") for line in lines])
    prose = [_blank(line) if p else line for line, p in zip(lines, pasted, strict=True)]
    snippet = [line if p else _blank(line) for line, p in zip(lines, pasted, strict=True)]
    return Parts("".join(prose), "".join(snippet) if any(pasted) else "")


def _without_options(text: str) -> Parts:
    """Split a command's options off a line, where one of them states something, or an object in JSON."""
    if (place := find_json(text)) is not None:
        start, end = place
        return Parts(text[:start] + " " * (end - start) + text[end:], " " * start + text[start:end])
    for found in _OPTIONS.finditer(text) if "--" in text else ():
        start, end = found.span()
        if _RUN.search(text[:start]) and any(pattern.search(found.group()) for _, pattern in _FLAGS):
            prose = text[:start] + " " * (end - start) + text[end:]
            return Parts(prose, " " * start + text[start:end] + " " * (len(text) - end))
    return Parts(text, "")


def _blank(line: str) -> str:
    body = line.rstrip("\r\n")
    return " " * len(body) + line[len(body) :]


def _pasted_lines(lines: list[str]) -> list[bool]:
    pasted = [False] * len(lines)
    fenced = False
    kinds = {line: _looks(line, among=len(lines)) for line in set(lines)}
    csv_like = [kinds[line].table for line in lines]
    for n, line in enumerate(lines):
        if kinds[line].fence:
            fenced = not fenced
            pasted[n] = True
        elif fenced or kinds[line].pasted or (csv_like[n] and sum(csv_like[max(0, n - 2) : n + 3]) >= _FEWEST_ROWS):
            pasted[n] = True
    for n in range(1, len(lines) - 1):
        if (
            not pasted[n]
            and pasted[n - 1]
            and pasted[n + 1]
            and (not lines[n].strip() or lines[n].startswith(("  ", "\t")) or lines[n].strip() == "...")
        ):
            pasted[n] = True
    for n in range(1, len(lines)):
        if not pasted[n] and pasted[n - 1] and lines[n].startswith("    ") and not _sentence(lines[n]):
            pasted[n] = True
    return [p or kinds[line].object for p, line in zip(pasted, lines, strict=True)]


class _Looks(NamedTuple):
    """What a line looks like, whatever stands around it."""

    pasted: bool = False
    """Of a log, of a command's output, of a file."""
    table: bool = False
    """Like a row of a table, which counts among other rows."""
    fence: bool = False
    object: bool = False
    """It names an object of Kubernetes."""


def _looks(line: str, *, among: int) -> _Looks:
    """Say what a line looks like. among: of how many lines."""
    if not line.strip(" "):
        return _Looks()
    pasted = bool(_LOG.search(line) or _SMI.search(line) or DISK.search(line))
    pasted = pasted or (among > _FEW_LINES and bool(_KUBECTL.search(line)))
    if not pasted and among > 1:
        pasted = bool(_YAML.match(line) or _CODE.match(line) or _JSON.match(line)) and not _sentence(line)
    table = bool(_CSV.match(line)) and not _THREE_WORDS.search(line)
    return _Looks(pasted, table, bool(_FENCE.match(line)), bool(_OBJECT.match(line)))


_ORDINARY = re.compile(r"\b(?:the|we|i|want|need|for|our|please|with|is|are|und|wir|que|pour|para)\b", re.IGNORECASE)


def _sentence(line: str) -> bool:
    return len(_ORDINARY.findall(line)) >= 2 and len(line.split()) >= 5


_FLAGS = (
    (
        "context_tokens",
        re.compile(
            r"(?:--?max[-_]model[-_]len|max[-_]?model[-_]?len|max_seq_len|max_seq_length|sequence_len(?:gth)?|model_max_length|--max-seq-length|cutoff_len|--ctx-size|n_ctx|num_ctx"
            r"|MAX_TOTAL_TOKENS|--max-total-tokens)[\"'=:,\s]{1,6}(\d{3,8})",
            re.IGNORECASE,
        ),
    ),
    (
        "gpu_count_min",
        re.compile(
            r"(?:--?tensor[-_]parallel[-_]size|tensor[-_]?parallel[-_]?size|--?nproc[-_]per[-_]node|--num-shard|--gpus"
            r"|gpus_per_node|--gpus-per-node|--gres=gpu|num_gpus)[\"'=:,\s]{1,6}(?:\w+:)?(\d{1,4})\b",
            re.IGNORECASE,
        ),
    ),
)
_RUN = re.compile(
    r"(?i)(?:^|[\s`])(?:python3?|vllm serve|torchrun|docker run|accelerate launch|deepspeed|srun|sglang"
    r"|llama-server|trtllm-serve|text-generation-launcher)\b[^!?\n]{0,160}$"
)
"""A command, whose options follow."""
_VISIBLE = re.compile(r"\b(?:CUDA|HIP|ROCR|NVIDIA)_VISIBLE_DEVICES=[\"']?(\d{1,2}(?:,\d{1,2})*)(?![\d,])")
"""The cards that a command may use, by their numbers."""
_OPTION = r"--?[a-z][\w-]*(?:[= ](?!-)[^\s,;?!]+)?"
_OPTIONS = re.compile(rf"(?<!\S)(?=--){_OPTION}(?:\s+{_OPTION})*")
"""The options of a command that stands in the midst of prose."""
_GPU_LIMIT = re.compile(
    r"^\s*[\"']?(?:nvidia\.com/gpu|amd\.com/gpu|habana\.ai/gaudi)[\"']?\s*:\s*[\"']?(\d{1,4})", re.MULTILINE
)
_NODES = re.compile(r"(?:--?nnodes|num_nodes|#SBATCH\s+--nodes|#SBATCH\s+-N)[=:\s]\s*(\d{1,4})\b", re.IGNORECASE)
_PRECISION = re.compile(
    r"(?:dtype|torch_dtype|quantization|--quantize|precision)[\"'=:,\s]{1,6}(?:torch\.)?"
    r"(bfloat16|float16|float32|half|bf16|fp16|fp32|fp8|awq|gptq|int8|int4|bitsandbytes-nf4|nf4)",
    re.IGNORECASE,
)
_PRECISIONS = {
    "bfloat16": "bf16",
    "float16": "fp16",
    "half": "fp16",
    "float32": "fp32",
    "nf4": "int4",
    "bitsandbytes-nf4": "int4",
}
_SMI_GPU = re.compile(
    r"^\s*\|\s+\d+\s+((?:NVIDIA|Tesla|GeForce|Quadro|RTX|AMD)[^|]{2,40}?)\s+(?:On|Off|N/A|\.\.\.|\|\s*\d+\s*MiB)"
    r"|^GPU \d+: ([^(\n]+)",
    re.MULTILINE,
)
_PRODUCT = re.compile(
    r"(?:nvidia\.com/gpu\.product|cloud\.google\.com/gke-accelerator|accelerators?|gpu_type|gpuType)[\"']?\s*[:=]\s*[\"']?([\w.-]+)"
    r"|\btype\s*=\s*\"(?:nvidia|amd)-(?:tesla-)?([\w.-]+)\""
)
_ACCELERATOR = re.compile(r"guest_accelerator\s*\{[^}]{0,400}?\bcount\s*=\s*(\d{1,4})")
"""Cards of each node of a node pool in Terraform."""
_POOL_NODES = re.compile(r"\b(?:initial_)?node_count\s*=\s*(\d{1,4})")
_POOL_SPOT = re.compile(r"\b(?:spot|preemptible)\s*=\s*true\b")


_SLURM_GPU = re.compile(r"(?:--gres=gpu|--gpus(?:-per-node)?|--constraint)[=:\s]([a-z]+\d+[a-z0-9]*)", re.IGNORECASE)
_PRECISION_FLAG = re.compile(r"(?:--|\b(?=\w+\s*[=:]\s*[Tt]rue))(bf16|fp16|fp8|int8|int4)\b")
_PARAMS = re.compile(r"--(?:params|model[-_]size)[=\s](\d+(?:\.\d+)?)[bB]\b")


class Facts(NamedTuple):
    """What pasted matter states: mentions at token 0, and texts that name GPUs or models in running matter."""

    mentions: tuple[Mention, ...]
    gpu_names: tuple[str, ...]
    owned_gpus: int
    """GPUs listed by nvidia-smi, at least those of the nodes that kubectl lists."""
    own_machines: bool
    """It lists machines that the user has."""
    node_gpus: tuple[int, ...] = ()
    """GPUs of each node, where the output of kubectl labels nodes so: "a100x8"."""
    disk_gb: float | None = None
    """What is stored, by the output of df or du for one disk or folder."""


_NODE = re.compile(r"^\s*\S+\s+Ready\b.*?\b((?:NVIDIA|AMD|Tesla)-[\w-]+)", re.MULTILINE)
"""A ready node in the output of kubectl get nodes, with the label of its GPU."""
_NODE_GPUS = re.compile(r"^\s*\S+\s+Ready\b.*\s([a-z]+-?\d{1,4}[a-z]?)x(\d{1,2})\s*$", re.MULTILINE | re.IGNORECASE)
_GB: Final = {"M": 0.001, "G": 1.0, "T": 1000.0, "P": 1_000_000.0}
_OWN_MACHINES = re.compile(
    r"^\s*NAME\s+STATUS\s+(?:ROLES\s+)?AGE\b|^Allocatable:|nvidia\.com/gpu\.(?:product|count)=|NVIDIA-SMI", re.MULTILINE
)
"""Output of kubectl or nvidia-smi, which lists machines that the user has."""
_LABEL_COUNT = re.compile(r"nvidia\.com/gpu\.count=(\d{1,3})\b")
_FRAME = re.compile(r"^\s*File \".*$", re.MULTILINE)
"""A frame of a Python traceback: its file's name, such as train.py, states nothing."""


def without_frames(snippet: str) -> str:
    """Return pasted matter with the frames of tracebacks blanked."""
    return _FRAME.sub(lambda frame: " " * len(frame.group()), snippet)


def read_snippet(snippet: str) -> Facts:
    """Read flags, resource limits, dtypes and nvidia-smi tables."""
    smi = [next(g for g in m.groups() if g).strip() for m in _SMI_GPU.finditer(snippet)]
    products = [next(filter(None, m.groups())) for m in (*_PRODUCT.finditer(snippet), *_SLURM_GPU.finditer(snippet))]
    nodes = [m.group(1) for m in _NODE.finditer(snippet)]
    labelled = sum(int(m.group(1)) for m in _LABEL_COUNT.finditer(snippet))
    stated, named = read_config(snippet)
    boxes = [(m.group(1), int(m.group(2))) for m in _NODE_GPUS.finditer(snippet)]
    return Facts(
        (*_stated(snippet), *stated),
        tuple(dict.fromkeys([*smi, *products, *nodes, *named, *(name for name, _ in boxes)])),
        len(smi) or labelled or len(nodes) or sum(count for _, count in boxes),
        bool(_OWN_MACHINES.search(snippet)),
        tuple(count for _, count in boxes),
        _stored(snippet),
    )


def _stored(snippet: str) -> float | None:
    """Return the gigabytes that df or du tells of, where it is one disk or folder."""
    sizes = [m.group("used") or m.group("size") for m in DISK.finditer(snippet) if m.group("used") or m.group("size")]
    return round(float(sizes[0][:-1]) * _GB.get(sizes[0][-1], 0.0), 6) if len(sizes) == 1 else None


def _stated(snippet: str) -> Iterator[Mention]:
    for field, pattern in _FLAGS:
        if match := pattern.search(snippet):
            nodes = _NODES.search(snippet) if field == "gpu_count_min" else None
            yield Mention(field, int(match.group(1)) * (int(nodes.group(1)) if nodes else 1), 0, 0)
            if field == "gpu_count_min":
                yield Mention("gpu_needed", True, 0, 0, implied=True)
        elif field == "gpu_count_min" and (visible := _VISIBLE.search(snippet)):
            yield Mention(field, len(visible.group(1).split(",")), 0, 0)
            yield Mention("gpu_needed", True, 0, 0, implied=True)
    limits = [int(m.group(1)) for m in _GPU_LIMIT.finditer(snippet)]
    if limits and max(limits) > 0:
        yield Mention("gpu_count_min", max(limits), 0, 0)
        yield Mention("gpu_needed", True, 0, 0, implied=True)
    if match := _ACCELERATOR.search(snippet):
        nodes = _POOL_NODES.search(snippet)
        yield Mention("gpu_count_min", int(match.group(1)) * (int(nodes.group(1)) if nodes else 1), 0, 0)
        yield Mention("gpu_needed", True, 0, 0, implied=True)
    if _POOL_SPOT.search(snippet):
        yield Mention("spot_ok", True, 0, 0)
    if match := _PRECISION.search(snippet):
        word = match.group(1).lower()
        yield Mention("precision", _PRECISIONS.get(word, word), 0, 0)
    elif match := _PRECISION_FLAG.search(snippet):
        yield Mention("precision", match.group(1), 0, 0)
    if match := _PARAMS.search(snippet):
        yield Mention("model_params_b", float(match.group(1)), 0, 0)
