"""Narrow numbers for training, where the hardware multiplies them."""

import torch


def narrow_arithmetic(device: torch.device) -> torch.autocast:
    """A context in which convolutions compute in bfloat16 where the device multiplies it: a step takes much less time.

    Weights, losses and the optimizer's state stay as wide as they were (mixed precision: Micikevicius et al., "Mixed
    Precision Training", ICLR 2018; bfloat16: Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019).
    """
    on_gpu = device.type == "cuda"
    supported = torch.cuda.is_bf16_supported() if on_gpu else torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=supported)
