"""Digitscope's library: the network and all that can be computed about it. Imports no user interface."""

from model.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from model.complexity import complexity
from model.effective_field import effective_receptive_field
from model.finetune import fine_tune
from model.inference import layer_responses, predict
from model.layer_graph import receptive_field, tap_lattice
from model.network import PRESETS, DigitNet, NetworkConfig, StageConfig
from model.separable import depthwise_separable_conv2d
from model.strokes import DrawingError, rasterize

__all__ = [
    "PRESETS",
    "CheckpointError",
    "DigitNet",
    "DrawingError",
    "NetworkConfig",
    "StageConfig",
    "complexity",
    "depthwise_separable_conv2d",
    "effective_receptive_field",
    "fine_tune",
    "layer_responses",
    "load_checkpoint",
    "predict",
    "rasterize",
    "receptive_field",
    "save_checkpoint",
    "tap_lattice",
]
