"""A network as an ONNX graph that reads drawings by itself: uint8 images in, calibrated probabilities out.

It is written node by node, since a DigitNet has few kinds of layer: PyTorch's own exporter would need another package
and several seconds for the same graph. Norms are folded into the convolutions before them. onnx is imported only when
it is needed, so that the page does not wait for it.
"""

import json
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model.drawing.strokes import IMAGE_SIZE
from model.layers import IMAGE, Layer, layers_of
from model.network import PIXEL_SCALE, DigitNet

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
        """A node; its one output has the same name."""
        self.nodes.append(self.helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def layer(self, net: DigitNet, layer: Layer, maps: dict[str, str]) -> str:
        """A layer's map, computed from those it reads, which `maps` names: (N, C, H, W)."""
        read = [maps[name] for name in layer.reads]
        if layer.is_convolution:
            y = self.convolution(net, layer, *read)
        elif layer.kind == "pool":
            y = self.node("GlobalAveragePool", layer.name, *read)
        elif layer.kind == "sum":
            y = self.node("Sum", layer.name, *read)
        else:
            y = self.node("Concat", layer.name, *read, axis=1)
        if layer.residual:
            y = self.node("Add", f"{layer.output}.residual", maps[layer.residual], y)
        if not layer.rectified:
            return y
        return self.node("Relu", f"{layer.name}.relu" if layer.output == layer.name else layer.output, y)

    def convolution(self, net: DigitNet, layer: Layer, x: str) -> str:
        """A convolution with the norm after it folded in: (N, C, H, W) -> (N, C', H / s, W / s)."""
        module = net.get_submodule(layer.name)
        if layer.norm_name:
            norm = net.get_submodule(layer.norm_name)
            assert isinstance(module, nn.Conv2d)
            assert isinstance(norm, nn.BatchNorm2d)
            module = fuse_conv_bn_eval(module, norm)
        weights = [self.constant(f"{layer.name}.{part}", _array(value)) for part, value in module.named_parameters()]
        return self.node(
            "Conv",
            layer.name,
            x,
            *weights,
            kernel_shape=[layer.kernel] * 2,
            strides=[layer.stride] * 2,
            dilations=[layer.dilation] * 2,
            pads=[layer.dilation * (layer.kernel // 2)] * 4,
            group=layer.groups,
        )


def _array(values: Tensor) -> np.ndarray:
    return values.detach().cpu().numpy()


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
    x = graph.node("Mul", "scaled", x, graph.constant("scale", np.array(PIXEL_SCALE / 255, np.float32)))
    *layers, head = layers_of(net.config)
    maps = {IMAGE: x}
    for layer in layers:
        maps[layer.name] = graph.layer(net, layer, maps)
    x = graph.node("Flatten", "features", *(maps[name] for name in head.reads))  # (N, C)
    weight = graph.constant("head.weight", _array(net.head.weight))
    bias = graph.constant("head.bias", _array(net.head.bias))
    logits = graph.node("Gemm", "logits", x, weight, bias, transB=1)  # (N, classes)
    coolness = graph.constant("coolness", np.array(1 / float(net.temperature), np.float32))
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
