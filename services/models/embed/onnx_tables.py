"""Keeps the quantised tables of an ONNX model quantised: rows are looked up first, and only those are made floats.

As quantisers write it, a whole table is made floats, and rows are taken of it. onnxruntime computes what never changes
once, as it loads a model: it would keep four bytes where the file has one, and for a moment several such copies.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

_FIELDS: Final = {
    "NodeProto": {"input": (1, ""), "output": (2, ""), "name": (3, ""), "op_type": (4, "")},
    "GraphProto": {"node": (1, "NodeProto")},
    "ModelProto": {"graph": (7, "GraphProto")},
}
"""What is read or changed of the messages of onnx.proto: number and message of each field. Others pass unread."""


def looked_up_first(model: bytes) -> bytes:
    """Return an ONNX model with Gather(Mul(Cast(table), scales), rows) as Mul(Cast(Gather(table)), Gather(scales)).

    The table must have a scale for each row; then the result is the same, bit by bit.
    """
    message = _model_class().FromString(model)
    (graph,) = message.graph
    nodes = {name: node for node in graph.node for name in node.output}
    for lookup in [node for node in graph.node if node.op_type == ["Gather"]]:
        multiply = nodes.get(lookup.input[0])
        if multiply is None or multiply.op_type != ["Mul"]:
            continue
        cast = nodes.get(multiply.input[0])
        if cast is None or cast.op_type != ["Cast"]:
            continue
        result, floats = lookup.output[0], f"{lookup.output[0]}_floats"
        scales = graph.node.add()
        scales.CopyFrom(lookup)
        for node, inputs, output in (
            (lookup, (cast.input[0], lookup.input[1]), f"{result}_codes"),
            (scales, (multiply.input[1], lookup.input[1]), f"{result}_scales"),
            (cast, (f"{result}_codes",), floats),
            (multiply, (floats, f"{result}_scales"), result),
        ):
            node.input[:], node.output[:], node.name[:] = inputs, (output,), (output,)
    return bytes(message.SerializeToString())


def _model_class() -> Any:
    """Return the class of ModelProto; all fields are repeated, which is the same on the wire."""
    file = descriptor_pb2.FileDescriptorProto(name="onnx.proto", package="onnx")
    for message, fields in _FIELDS.items():
        described = file.message_type.add(name=message)
        for name, (number, inner) in fields.items():
            field = described.field.add(name=name, number=number, label=Field.LABEL_REPEATED, type=Field.TYPE_STRING)
            if inner:
                field.type, field.type_name = Field.TYPE_MESSAGE, f".onnx.{inner}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("onnx.ModelProto"))
