"""A network as an ONNX graph, and as one in 8-bit numbers."""
