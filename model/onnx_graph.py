"""A network in ONNX's words, ready to read drawings by itself: uint8 images in, calibrated probabilities out.

Written node by node, since a DigitNet has few kinds of layer: PyTorch's own exporter would need another package and
several seconds, and would end at the same graph. Norms are folded into the convolutions before them. onnx is imported
when it is needed: the page must not wait for it.
"""

import json
from typing import Any

import numpy as np
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model.drawing.strokes import IMAGE_SIZE
from model.network import PIXEL_SCALE, DigitNet, SeparableStage, StandardStage

INPUT = "images"  # uint8 (N, 28, 28), ink 255 on 0
OUTPUTS = ("probabilities", "logits")  # float32 (N, classes)
OPSET = 17


class _Graph:
    """Nodes and weights, in the order in which they were added."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self.helper, self.numpy_helper = helper, numpy_helper
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights.append(self.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, name: str, *inputs: str, **attributes: Any) -> str:
        """A node whose one output has its name."""
        self.nodes.append(self.helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def convolution(self, name: str, x: str, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> str:
        """A convolution and the norm after it, as one: (N, C, H, W) -> (N, C', H / s, W / s)."""
        fused = fuse_conv_bn_eval(conv, norm)
        weight = self.constant(f"{name}.weight", fused.weight.detach().cpu().numpy())
        bias = self.constant(f"{name}.bias", fused.bias.detach().cpu().numpy())
        return self.node(
            "Conv",
            name,
            x,
            weight,
            bias,
            kernel_shape=conv.kernel_size,
            strides=conv.stride,
            dilations=conv.dilation,
            pads=conv.padding * 2,  # above, left, below, right
            group=conv.groups,
        )

    def stage(self, name: str, x: str, stage: SeparableStage | StandardStage) -> str:
        if isinstance(stage, SeparableStage):
            y = self.convolution(f"{name}.depthwise", x, stage.depthwise, stage.depthwise_norm)
            y = self.node("Relu", f"{name}.depthwise.relu", y)
            y = self.convolution(f"{name}.pointwise", y, stage.pointwise, stage.pointwise_norm)
        else:
            y = self.convolution(f"{name}.conv", x, stage.conv, stage.conv_norm)
        if stage.residual:
            y = self.node("Add", f"{name}.residual", x, y)
        return self.node("Relu", name, y)


def onnx_model(net: DigitNet) -> Any:
    """The `onnx.ModelProto` of a network.

    Its input is `images`, uint8 (N, 28, 28) with any N, as `model.predict` takes them; its outputs are `probabilities`,
    calibrated, and `logits`, float32 (N, classes). The names of the classes are in its metadata, as a JSON list.

    Args:
        net: in eval mode, on the CPU.
    """
    from onnx import TensorProto, checker, helper

    graph = _Graph()
    x = graph.node("Cast", "pixels", INPUT, to=TensorProto.FLOAT)
    x = graph.node("Unsqueeze", "channel", x, graph.constant("channel.axis", np.array([1])))  # (N, 1, 28, 28)
    x = graph.node("Mul", "scaled", x, graph.constant("scale", np.float32(PIXEL_SCALE / 255)))
    x = graph.node("Relu", "stem.relu", graph.convolution("stem", x, net.stem, net.stem_norm))
    for index, stage in enumerate(net.stages):
        x = graph.stage(f"stages.{index}", x, stage)
    x = graph.node("Flatten", "features", graph.node("GlobalAveragePool", "pool", x))  # (N, C)
    weight = graph.constant("head.weight", net.head.weight.detach().cpu().numpy())
    bias = graph.constant("head.bias", net.head.bias.detach().cpu().numpy())
    logits = graph.node("Gemm", "logits", x, weight, bias, transB=1)  # (N, classes)
    coolness = graph.constant("coolness", np.float32(1 / float(net.temperature)))
    graph.node("Softmax", "probabilities", graph.node("Mul", "calibrated", logits, coolness), axis=1)

    images = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["N", IMAGE_SIZE, IMAGE_SIZE])
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", len(net.classes)]) for name in OUTPUTS]
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "DigitNet", [images], outputs, graph.weights),
        producer_name="Digitscope",
        opset_imports=opsets,
        ir_version=helper.find_min_ir_version_for(opsets),  # so that older runtimes read it too
    )
    helper.set_model_props(model, {"classes": json.dumps(net.classes)})
    checker.check_model(model, full_check=True)
    return model
