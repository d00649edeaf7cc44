"""Prints what programs pass by name to packages that do not take it: `arguments.py PROGRAM...`. Runs where they run."""

import ast
import importlib
import inspect
import pathlib
import sys

for path in map(pathlib.Path, sys.argv[1:]):
    tree = ast.parse(path.read_text())
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            imported |= {name.asname or name.name: getattr(module, name.name) for name in node.names}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in imported):
            continue
        try:
            takes = inspect.signature(imported[node.func.id]).parameters
        except ValueError:  # of a built-in
            continue
        if any(p.kind is p.VAR_KEYWORD for p in takes.values()):
            continue
        for keyword in node.keywords:
            if keyword.arg and keyword.arg not in takes:
                sys.stdout.write(f"{path.name}:{node.lineno} {node.func.id} takes no {keyword.arg}\n")
