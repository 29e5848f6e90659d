"""Whisper's encoder in torch, for windows of any length up to 30 s."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

_PARTS = {
    "self_attention/layer_norm": "self_attn_layer_norm",
    "self_attention/linear_1": "self_attn.out_proj",
    "ffn/layer_norm": "final_layer_norm",
    "ffn/linear_0": "fc1",
    "ffn/linear_1": "fc2",
}
"""CTranslate2's names of a layer's parts, and transformers'."""


def encoder_weights(encoder: Any) -> "dict[str, Tensor]":
    """Return the weights of transformers' encoder by the names that CTranslate2 gives them."""
    import torch

    found: dict[str, Tensor] = {
        "position_encodings/encodings": encoder.embed_positions.weight,
        **_affine("layer_norm", encoder.layer_norm),
    }
    for name in ("conv1", "conv2"):
        conv = getattr(encoder, name)
        found |= {f"{name}/weight": conv.weight, f"{name}/bias": conv.bias}
    for number, layer in enumerate(encoder.layers):
        attention = layer.self_attn
        projections = (attention.q_proj, attention.k_proj, attention.v_proj)
        no_bias = torch.zeros_like(attention.q_proj.bias)
        biases = [no_bias if one.bias is None else one.bias for one in projections]
        at = f"layer_{number}/self_attention/linear_0"
        found[f"{at}/weight"] = torch.cat([one.weight for one in projections])
        found[f"{at}/bias"] = torch.cat(biases)
        for part, theirs in _PARTS.items():
            module = layer.get_submodule(theirs)
            name = f"layer_{number}/{part}"
            if part.endswith("layer_norm"):
                found |= _affine(name, module)
            else:
                found |= {f"{name}/weight": module.weight, f"{name}/bias": module.bias}
    return found


def _affine(name: str, norm: Any) -> "dict[str, Tensor]":
    return {f"{name}/gamma": norm.weight, f"{name}/beta": norm.bias}


class WhisperEncoder:
    """Turns spectrograms into what the decoder attends to.

    Args:
        weights: By the names that CTranslate2 gives them, "conv1/weight" and the like.
        heads: Of attention.
        dtype: What is calculated in: "float32", "bfloat16" or "float16".
        device: "cpu", "cuda" or "cuda:1".

    Source: openai/whisper ``model.py``, AudioEncoder.
    """

    def __init__(
        self, weights: "Mapping[str, Tensor]", heads: int, dtype: str, device: str
    ) -> None:
        import torch

        kind = getattr(torch, dtype)
        self._dtype = kind
        self._heads = heads
        self._weights = {
            name: value.detach().to(device, kind)
            for name, value in weights.items()
            if value.ndim  # the others are settings
        }
        names = {name.partition("/")[0] for name in self._weights}
        self._layers = sum(name.startswith("layer_") and name[6:].isdecimal() for name in names)

    def __call__(self, mel: "Tensor") -> "Tensor":
        """Encode windows.

        Args:
            mel: Shape (windows, bins, frames), float32, on the device; up to 3000 frames.

        Returns:
            Shape (windows, frames / 2, width), in the type that is calculated in.
        """
        import torch
        from torch.nn.functional import conv1d, gelu

        weights = self._weights
        with torch.inference_mode():
            seen = mel.to(self._dtype)
            seen = gelu(conv1d(seen, weights["conv1/weight"], weights["conv1/bias"], padding=1))
            seen = gelu(
                conv1d(seen, weights["conv2/weight"], weights["conv2/bias"], stride=2, padding=1)
            )
            values = seen.transpose(1, 2)
            values = values + weights["position_encodings/encodings"][: values.shape[1]]
            for number in range(self._layers):
                values = self._layer(values, f"layer_{number}")
            return self._normed(values, "layer_norm")

    def _layer(self, values: "Tensor", at: str) -> "Tensor":
        from torch.nn.functional import gelu, scaled_dot_product_attention

        windows, positions, width = values.shape
        seen = self._linear(
            self._normed(values, f"{at}/self_attention/layer_norm"), f"{at}/self_attention/linear_0"
        )
        parts = seen.view(windows, positions, 3, self._heads, width // self._heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind()
        heard = scaled_dot_product_attention(query, key, value)
        heard = heard.transpose(1, 2).reshape(windows, positions, width)
        # In place, and what is done with let go of: a thread keeps room for the most it ever held.
        values += self._linear(heard, f"{at}/self_attention/linear_1")
        del seen, parts, query, key, value, heard
        wide = gelu(
            self._linear(self._normed(values, f"{at}/ffn/layer_norm"), f"{at}/ffn/linear_0")
        )
        values += self._linear(wide, f"{at}/ffn/linear_1")
        return values

    def _linear(self, values: "Tensor", at: str) -> "Tensor":
        from torch.nn.functional import linear

        return linear(values, self._weights[f"{at}/weight"], self._weights[f"{at}/bias"])

    def _normed(self, values: "Tensor", at: str) -> "Tensor":
        from torch.nn.functional import layer_norm

        gamma, beta = self._weights[f"{at}/gamma"], self._weights[f"{at}/beta"]
        return layer_norm(values, gamma.shape, gamma, beta)
