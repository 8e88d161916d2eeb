"""What the device feeds a model: the frontend's features as int8, a few frames for each inference.

>>> quantise(np.array([0, 333, 665, 2000]))
array([-128,    0,  127,  127], dtype=int8)
>>> make_inference_inputs(np.zeros((100, 40), np.uint16), stride=3).shape
(33, 1, 3, 40)
"""

import numpy as np

from scripts.core.spectrogram_store import CHANNELS

INPUT_SCALE = 26 / 255  # of the int8 input; a feature divided by 25.6 is between 0 and 26


def quantise(raw: np.ndarray) -> np.ndarray:
    """Turn frontend values (whole numbers, any shape and type) into the model's int8 by the device's integer rule.

    From `generate_features_` in ESPHome's micro_wake_word.cpp: 666 stands for 25.6 * 26, 333 rounds to nearest.
    """
    whole = np.rint(raw) if np.issubdtype(np.asarray(raw).dtype, np.floating) else raw
    return np.clip((np.asarray(whole, np.int32) * 256 + 333) // 666 - 128, -128, 127).astype(np.int8)


def make_inference_inputs(raw: np.ndarray, stride: int) -> np.ndarray:
    """Cut frontend values (frames, 40) into the input of each inference: (frames // stride, 1, stride, 40) int8."""
    count = len(raw) // stride
    return quantise(raw[: count * stride]).reshape(count, 1, stride, CHANNELS)
