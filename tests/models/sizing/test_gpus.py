"""What the name of a GPU tells, as the catalogue, shops and drivers spell it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from services.models.domain.sizing import GpuShape

_CATALOGUE = Path(__file__).parents[3] / "services/compute/starter/gpu_types.csv"


def _catalogue() -> dict[str, dict[str, str]]:
    with _CATALOGUE.open(encoding="utf-8") as file:
        return {row["gpu_type"]: row for row in csv.DictReader(file)}


def test_parts_for_games_of_the_catalogue_are_told_from_those_for_workstations() -> None:
    turing = ("RTX4000", "RTX5000", "RTX6000")
    for name in _catalogue():
        workstation = name in turing or any(mark in name for mark in ("-Ada", "RTXA", "RTXPRO"))
        assert GpuShape(name, 24).for_games == (name.startswith(("RTX", "GTX")) and not workstation), name


@pytest.mark.parametrize(
    ("name", "for_games"),
    [
        ("NVIDIA GeForce RTX 3090 Ti", True), ("RTX 4080 SUPER", True), ("GTX 1080 Ti", True), ("rtx-5060-ti", True),
        ("RTX A6000", False), ("Quadro RTX 6000", False), ("NVIDIA RTX 4000 SFF Ada", False), ("RTX PRO 4000", False),
    ],
)  # fmt: skip
def test_a_part_for_games_is_told_however_it_is_spelled(name: str, for_games: bool) -> None:
    assert GpuShape(name, 24).for_games == for_games


def test_memory_is_stacked_in_all_parts_of_the_catalogue_beyond_1_8_terabytes_a_second() -> None:
    """No part with GDDR reaches so much: GeForce RTX 5090 has 1,792 GB/s."""
    for name, row in _catalogue().items():
        if float(row["bandwidth_gbps"] or 0) > 1800:
            assert GpuShape(name, 24).stacked_memory, name


@pytest.mark.parametrize(
    ("name", "stacked"),
    [("Gaudi2", True), ("tpu-v5e", True), ("MI300A", True), ("Inferentia2", True), ("A30", True), ("RTX5090", False),
     ("A40", False), ("T4", False), ("P40", False), ("AI100", False)],
)  # fmt: skip
def test_stacked_memory_is_told_by_name(name: str, stacked: bool) -> None:
    assert GpuShape(name, 24).stacked_memory == stacked
