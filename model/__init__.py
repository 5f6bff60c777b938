"""Digitscope's library: the network and everything that can be computed about it. Imports no user interface."""

import os

# Before torch is loaded: OpenMP's threads spin while they wait for each other, by default for so long that everything
# takes many times as long on a busy processor. Spinning this briefly costs nothing on an idle one.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from model.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from model.cost.complexity import complexity
from model.cost.separable import depthwise_separable_conv2d
from model.drawing.strokes import DrawingError, rasterize
from model.fields.effective_field import effective_receptive_field
from model.fields.layer_fields import receptive_field, tap_lattice
from model.generation.checkpoint import load_generator
from model.generation.sampling import complete, generate
from model.inference import layer_responses, predict
from model.line.checkpoint import load_line
from model.line.decoding import read_line, segment_line
from model.line.strip import LineError, rasterize_line
from model.network import PRESETS, DigitNet, NetworkConfig
from model.stages import StageConfig
from model.teaching.lesson import fine_tune

__all__ = [
    "PRESETS",
    "CheckpointError",
    "DigitNet",
    "DrawingError",
    "LineError",
    "NetworkConfig",
    "StageConfig",
    "complete",
    "complexity",
    "depthwise_separable_conv2d",
    "effective_receptive_field",
    "fine_tune",
    "generate",
    "layer_responses",
    "load_checkpoint",
    "load_generator",
    "load_line",
    "predict",
    "rasterize",
    "rasterize_line",
    "read_line",
    "receptive_field",
    "save_checkpoint",
    "segment_line",
    "tap_lattice",
]
