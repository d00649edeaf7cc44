"""Sizing: how much memory a model needs and how fast it runs, from its dimensions, as pure functions."""

from services.models.domain.sizing.answers import Question, size
from services.models.domain.sizing.capacity import Capacity, size_on, usable_bytes
from services.models.domain.sizing.cases import Case, Published, Sized, Usage
from services.models.domain.sizing.estimates import MemoryEstimate
from services.models.domain.sizing.inference import estimate_inference
from services.models.domain.sizing.performance import PerformanceEstimate, estimate_performance
from services.models.domain.sizing.precision import PRECISIONS, Precision, find_precision
from services.models.domain.sizing.shapes import PAIRING, GpuShape, ModelShape, arch_of_task
from services.models.domain.sizing.terms import GIB, Assumption, Basis, Term
from services.models.domain.sizing.training import estimate_training
from services.models.domain.sizing.training_plan import TrainingPlan
from services.models.domain.sizing.training_time import TrainingTime, estimate_training_time

__all__ = [
    "GIB",
    "PAIRING",
    "PRECISIONS",
    "Assumption",
    "Basis",
    "Capacity",
    "Case",
    "GpuShape",
    "MemoryEstimate",
    "ModelShape",
    "PerformanceEstimate",
    "Precision",
    "Published",
    "Question",
    "Sized",
    "Term",
    "TrainingPlan",
    "TrainingTime",
    "Usage",
    "arch_of_task",
    "estimate_inference",
    "estimate_performance",
    "estimate_training",
    "estimate_training_time",
    "find_precision",
    "size",
    "size_on",
    "usable_bytes",
]
