"""A Whisper model in memory, as transformers loads it; its decoder runs greedily by ours."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clipkit.engines.loading import IMPORTS, is_memory_full, loading, usual_torch_threads
from clipkit.engines.warping import warped
from clipkit.engines.whisper_decoding import Attempt, Decoded
from clipkit.engines.whisper_encoder import WhisperEncoder, encoder_weights
from clipkit.engines.whisper_model import Alignment
from clipkit.engines.whisper_net import Rules, WhisperDecoder
from clipkit.engines.whisper_tokens import WhisperTokens
from clipkit.errors import ClipkitError, DeviceUnavailable, OutOfMemory

if TYPE_CHECKING:
    from torch import Tensor

_MEDIAN_WIDTH = 7
"""Encoder positions; openai/whisper ``timing.py``."""

_CUDA_REMEDY = "Use device='cpu', or a PyTorch made for this device and its driver."

_SEED = 0
"""Of tokens that are drawn at random: the same file gives the same words."""

_DRAWING = threading.Lock()
"""Held while tokens are drawn: transformers draws them from the one generator of the process."""


class TorchModel:
    """One model.

    Args:
        folder: As transformers saves it.
        tokens: Its vocabulary.
        device: "cpu" or "cuda".
        dtype: "float32", "bfloat16" or "float16".

    Raises:
        CorruptWeights: It cannot be loaded.
        DeviceUnavailable: The device cannot run this PyTorch.
        OutOfMemory: The device has no room.
    """

    def __init__(self, folder: Path, tokens: WhisperTokens, device: str, dtype: str) -> None:
        with IMPORTS:
            import torch
            from transformers import WhisperForConditionalGeneration

        self.device = device
        self.workers = 1
        self.threads = usual_torch_threads()
        self._tokens = tokens
        with loading(
            f"cannot load Whisper from {folder} on {device}",
            "Give a folder as transformers saves it.",
        ):
            model = WhisperForConditionalGeneration.from_pretrained(
                folder, dtype=getattr(torch, dtype), attn_implementation="sdpa"
            )
            self._model = model.to(device).eval()
        config, settings = self._model.config, self._model.generation_config
        self.mel_bins: int = config.num_mel_bins
        self._never: tuple[int, ...] = tuple(settings.suppress_tokens or ())
        # Models that people have trained further often do not say: then their vocabulary does.
        known = getattr(settings, "is_multilingual", None)
        self.is_multilingual: bool = len(tokens.languages()) > 1 if known is None else known
        self._heads = _alignment_heads(self._model)
        encoder, heads = self._model.model.encoder, config.encoder_attention_heads
        rules = Rules.of(settings, tokens.start, tokens.end, tokens.no_speech)
        with self.translated(f"cannot run Whisper on {device}"):
            self._encoder = WhisperEncoder(encoder_weights(encoder), heads, dtype, device)
            encoder.layers = torch.nn.ModuleList()  # ours takes their place
            self._decoder = WhisperDecoder(self._model, rules)
            if device != "cpu":
                # A device that this PyTorch was not made for is seen at a calculation.
                self.encode(torch.zeros(1, self.mel_bins, 2, device=device)).sum().item()

    def encode(self, mel: "Tensor") -> "Tensor":
        """Encode windows: shape (windows, positions, width)."""
        return self._encoder(mel)

    def languages(self, encoded: "Tensor") -> list[list[tuple[str, float]]]:
        """Return, for each window, the tokens of languages with their probabilities."""
        ids = self._tokens.language_ids()
        starts = [[self._tokens.start]] * len(encoded)
        found = self._decoder.following(encoded, starts)[:, -1, list(ids.values())]
        shares = found / found.sum(-1, keepdim=True)
        return [list(zip(ids, row, strict=True)) for row in shares.tolist()]

    def decode(
        self, encoded: "Tensor", prompts: Sequence[list[int]], attempt: Attempt, most_tokens: int
    ) -> list[Decoded]:
        """Return the text that follows each window's prompt."""
        if attempt == Attempt(1):
            found = self._decoder.greedy(encoded, prompts[0], most_tokens)
            rows = zip(found.tokens, found.log_probabilities, found.no_speech, strict=True)
            return [Decoded(tuple(tokens), mean, silence) for tokens, mean, silence in rows]
        return self._searched(encoded, prompts, attempt, most_tokens)

    def _searched(
        self, encoded: "Tensor", prompts: Sequence[list[int]], attempt: Attempt, most_tokens: int
    ) -> list[Decoded]:
        """Decode by transformers' own search: few windows come here."""
        import torch
        from transformers import GenerationConfig
        from transformers.generation import GenerationMixin
        from transformers.modeling_outputs import BaseModelOutput

        given = self._model.generation_config
        settings = GenerationConfig(
            num_beams=attempt.beam_size,
            do_sample=attempt.temperature > 0.0,
            temperature=attempt.temperature or None,
            no_repeat_ngram_size=attempt.longest_repeat + 1 if attempt.longest_repeat else None,
            max_new_tokens=most_tokens,
            suppress_tokens=given.suppress_tokens,
            begin_suppress_tokens=given.begin_suppress_tokens,
            decoder_start_token_id=self._tokens.start,
            bos_token_id=self._tokens.end,
            eos_token_id=self._tokens.end,
            pad_token_id=self._tokens.end,
        )
        start = torch.tensor(prompts, device=encoded.device)
        with torch.inference_mode(), _drawn_alike() if settings.do_sample else nullcontext():
            # Whisper's own "generate" cuts sound into windows and knows other prompts.
            rows = GenerationMixin.generate(
                self._model,
                encoder_outputs=BaseModelOutput(encoded),
                decoder_input_ids=start,
                generation_config=settings,
            )
        texts = [self._text_of(row[start.shape[1] :]) for row in rows.tolist()]
        return self._judged(encoded, prompts, texts)

    def _text_of(self, row: list[int]) -> list[int]:
        end = self._tokens.end
        return row[: row.index(end)] if end in row else row

    def _judged(
        self, encoded: "Tensor", prompts: Sequence[list[int]], texts: Sequence[list[int]]
    ) -> list[Decoded]:
        """Return texts with how likely they are, in the same measure as greedy ones."""
        following = self._decoder.following(encoded, self._ended(prompts[0], texts))
        start = prompts[0].index(self._tokens.start)
        silence = following[:, start, self._tokens.no_speech].tolist()
        # What is never taken was not to choose from.
        chosen_from = 1.0 - following[..., list(self._never)].sum(-1, keepdim=True)
        following = (following / chosen_from).log()
        judged = []
        for place, text in enumerate(texts):
            first = len(prompts[place]) - 1
            taken = [*text, self._tokens.end]
            steps = range(first, first + len(taken))
            mean = following[place, list(steps), taken].mean().item()
            judged.append(Decoded(tuple(text), mean, silence[place]))
        return judged

    def _ended(self, prompt: list[int], texts: Sequence[list[int]]) -> list[list[int]]:
        """Return texts behind a prompt, each with its end, and as long as the longest."""
        longest = max(map(len, texts)) + 1
        return [[*prompt, *text, *[self._tokens.end] * (longest - len(text))] for text in texts]

    def align(
        self,
        encoded: "Tensor",
        opening: list[int],
        texts: Sequence[list[int]],
        frames: Sequence[int],
    ) -> list[Alignment]:
        """Return where the tokens of each window's text lie."""
        prompt = [*opening, self._tokens.no_timestamps]
        whole = self._ended(prompt, texts)
        following, attention = self._decoder.attending(encoded, whole, self._heads)
        return [
            self._aligned(
                following[place],
                [head[place] for head in attention],
                len(opening),
                text,
                frames[place],
            )
            for place, text in enumerate(texts)
        ]

    def _aligned(
        self,
        following: "Tensor",
        attention: "list[Tensor]",
        opened: int,
        text: list[int],
        frames: int,
    ) -> Alignment:
        """Return the way of a text through a window by the attention of some heads.

        Args:
            following: How likely each token follows: shape (tokens, vocabulary).
            attention: Of each head, scores before softmax: shape (tokens, positions).
            opened: Tokens of the opening.
            text: Tokens of the text.
            frames: How many frames are sound.
        """
        import torch

        rows = opened + 1 + len(text) + 1
        scores = torch.stack([head[:rows, : max(1, frames // 2)] for head in attention])
        weights = scores.float().softmax(-1)
        spread, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
        smooth = _median((weights - mean) / spread)
        matrix = smooth.mean(0)[opened:-1]
        path = warped(-matrix.double().cpu().numpy())
        behind = following[opened : opened + len(text), : self._tokens.end]
        heard = behind[range(len(text)), text] / behind.sum(-1)
        return Alignment(path, heard.tolist())

    @contextmanager
    def translated(self, asked: str) -> Iterator[None]:
        """Turn what PyTorch raises into errors of ours."""
        import torch

        try:
            yield
        except ClipkitError:
            raise
        except (RuntimeError, MemoryError) as error:
            if is_memory_full(error):
                reason = str(error) or "no memory left"
                raise OutOfMemory(asked, reason, "Use a smaller model or batch_size.") from error
            named = any(name in str(error) for name in ("CUDA", "cuDNN", "CUDNN"))
            if not named and not isinstance(error, torch.AcceleratorError):
                raise
            raise DeviceUnavailable(asked, str(error), _CUDA_REMEDY) from error


@contextmanager
def _drawn_alike() -> Iterator[None]:
    """Draw the same numbers in each such block, and leave those of everybody else as they were."""
    import torch

    with _DRAWING, torch.random.fork_rng():
        torch.manual_seed(_SEED)
        yield


def _alignment_heads(model: Any) -> list[list[int]]:
    """Return which heads follow the sound, as pairs of a layer and a head of it.

    Models that people have trained further often do not say: then those of the upper half do, as
    in openai/whisper ``model.py``.
    """
    known: list[list[int]] | None = getattr(model.generation_config, "alignment_heads", None)
    layers, heads = model.config.decoder_layers, model.config.decoder_attention_heads
    return known or [[layer, head] for layer in range(layers // 2, layers) for head in range(heads)]


def _median(values: "Tensor") -> "Tensor":
    """Return medians over positions that lie close; the last dimension, mirrored at its ends."""
    from torch.nn.functional import pad

    side = _MEDIAN_WIDTH // 2
    if values.shape[-1] <= side:
        return values
    padded = pad(values, (side, side), mode="reflect")
    return padded.unfold(-1, _MEDIAN_WIDTH, 1).sort(-1).values[..., side]
