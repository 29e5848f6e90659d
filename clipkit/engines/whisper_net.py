"""Whisper's decoder in torch, made for one thing: many windows greedily, a token at a time.

The memory for keys and values is laid out beforehand and each step works on the same tensors, so
that on CUDA a step is captured once and then replayed: launching its hundreds of small kernels one
by one takes longer than they run.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

_LOOK_EVERY = 8
"""Steps between two looks whether all windows have ended: on CUDA each waits for the device."""


@dataclass(frozen=True, slots=True, eq=False)
class Greedy:
    """What greedy decoding found in some windows."""

    tokens: list[list[int]]
    """Of each window, without the prompt and without the end."""

    log_probabilities: list[float]
    """Mean over a window's tokens and its end."""

    no_speech: list[float]
    """How likely each window holds no speech at all, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Which tokens mean what, and which are never taken."""

    start: int
    """Behind this one the model says whether anybody speaks."""

    end: int
    no_speech: int
    suppressed: tuple[int, ...]
    """Never taken."""

    suppressed_first: tuple[int, ...]
    """Not taken as the first of a text: a space, or the end."""

    @classmethod
    def of(cls, settings: Any, start: int, end: int, no_speech: int) -> "Rules":
        """Return the rules of a model.

        Args:
            settings: Its ``generation_config``.
            start: The token that begins an opening.
            end: The token that ends a text.
            no_speech: The token that says that nobody speaks.
        """
        never, first = settings.suppress_tokens, settings.begin_suppress_tokens
        return cls(start, end, no_speech, tuple(never or ()), tuple(first or ()))


class WhisperDecoder:
    """The decoder of one model in memory.

    Args:
        model: ``WhisperForConditionalGeneration`` of transformers, on its device, in its type.
        rules: Of its vocabulary.
    """

    def __init__(self, model: Any, rules: Rules) -> None:
        decoder = model.model.decoder
        self._rules = rules
        self._embeddings = decoder.embed_tokens.weight
        self._positions = decoder.embed_positions.weight
        self._norm = decoder.layer_norm
        self._layers = [_Layer(layer) for layer in decoder.layers]
        # A run that was stopped may have left a batch behind that still goes on.
        self._lock = threading.Lock()
        self._room: _Room | None = None

    def greedy(self, encoded: "Tensor", prompt: Sequence[int], most_tokens: int) -> Greedy:
        """Decode windows, all from the same prompt.

        Args:
            encoded: Shape (windows, positions, width), as the encoder gives it.
            prompt: Tokens that the text follows on.
            most_tokens: Of the text of a window.
        """
        import torch

        with self._lock, torch.inference_mode():
            return self._greedy(encoded, prompt, most_tokens)

    def following(self, encoded: "Tensor", tokens: Sequence[Sequence[int]]) -> "Tensor":
        """Return how likely each token follows on some: shape (windows, tokens, vocabulary).

        Args:
            encoded: Shape (windows, positions, width).
            tokens: Of each window, all equally many.
        """
        return self.attending(encoded, tokens, ())[0]

    def attending(
        self, encoded: "Tensor", tokens: Sequence[Sequence[int]], heads: Sequence[Sequence[int]]
    ) -> "tuple[Tensor, list[Tensor]]":
        """Return how likely each token follows, and what some heads attend to.

        Args:
            encoded: Shape (windows, positions, width).
            tokens: Of each window, all equally many.
            heads: Pairs of a layer and a head of it.

        Returns:
            Shape (windows, tokens, vocabulary), and for each head (windows, tokens, positions)
            before softmax.
        """
        import torch

        with torch.inference_mode():
            given = torch.tensor(tokens, device=encoded.device)
            memory = self._memory(encoded, given.shape[1])
            places = torch.arange(given.shape[1], device=encoded.device)
            logits, queries = self._forward(given, memory, places)
            # Of these heads alone: the scores of all take gigabytes.
            scores = [
                queries[layer][:, head] @ memory[layer].sound_keys[:, head].transpose(1, 2)
                for layer, head in heads
            ]
            width = memory[0].sound_keys.shape[-1]
            return logits.softmax(-1), [one / width**0.5 for one in scores]

    def _memory(self, encoded: "Tensor", length: int) -> "list[_Cache]":
        """Return room for so many tokens of each window, with the keys and values of its sound."""
        return [layer.cache(encoded, length) for layer in self._layers]

    def _greedy(self, encoded: "Tensor", prompt: Sequence[int], most_tokens: int) -> Greedy:
        import torch

        windows, device = len(encoded), encoded.device
        room = self._room_for(encoded, len(prompt) + most_tokens, most_tokens)
        memory, state = room.memory, room.state
        start = torch.tensor(prompt, device=device).repeat(windows, 1)
        logits, _ = self._forward(start, memory, torch.arange(len(prompt), device=device))
        first = logits[:, prompt.index(self._rules.start)].softmax(-1)
        no_speech = first[:, self._rules.no_speech]
        state.take(logits[:, -1], is_first=True)
        room.place.fill_(len(prompt))
        for number in range(1, most_tokens):
            if number % _LOOK_EVERY == 0 and bool(state.ended.all()):
                break
            room.step()
        return state.found(no_speech)

    def _room_for(self, encoded: "Tensor", length: int, most_tokens: int) -> "_Room":
        """Return the room of the batch before, if this one has its shape, else another."""
        shape = (*encoded.shape, length, most_tokens)
        if self._room is not None and self._room.shape == shape:
            for layer, cache in zip(self._layers, self._room.memory, strict=True):
                layer.hear(encoded, cache)
            self._room.state.reset()
            return self._room
        self._room = None  # the old one goes before the new one takes its memory
        self._room = self._new_room(encoded, shape)
        return self._room

    def _new_room(self, encoded: "Tensor", shape: tuple[int, ...]) -> "_Room":
        import torch

        *_, length, most_tokens = shape
        memory = self._memory(encoded, length)
        vocabulary, device = self._embeddings.shape[0], encoded.device
        state = _State(len(encoded), most_tokens, self._rules, vocabulary, device)
        place = torch.zeros(1, dtype=torch.long, device=device)

        def step() -> None:
            """Take one more token of each window."""
            logits, _ = self._forward(state.last[:, None], memory, place)
            state.take(logits[:, -1])
            place.add_(1)

        return _Room(shape, memory, state, place, _captured(step) if encoded.is_cuda else step)

    def _forward(
        self, tokens: "Tensor", memory: "list[_Cache]", places: "Tensor"
    ) -> "tuple[Tensor, list[Tensor]]":
        """Return float32 scores of all tokens behind each, and what each layer asks for sound.

        Args:
            tokens: Shape (windows, tokens).
            memory: Of what comes before; these tokens are added to it.
            places: Of the tokens: shape (tokens,).

        Returns:
            Shape (windows, tokens, vocabulary), and for each layer (windows, heads, tokens, width).
        """
        import torch

        values = self._embeddings[tokens] + self._positions[places]
        # What comes later is not there yet; the memory holds room for it.
        mask = torch.arange(memory[0].keys.shape[2], device=tokens.device) <= places[:, None]
        queries = []
        for layer, cache in zip(self._layers, memory, strict=True):
            values, query = layer(values, cache, places, mask)
            queries.append(query)
        return (self._norm(values) @ self._embeddings.T).float(), queries


def _captured(step: Callable[[], None]) -> Callable[[], None]:
    """Return what does a step again and again in one launch, after the first."""
    import torch

    graph = torch.cuda.CUDAGraph()
    is_captured = False

    def replay() -> None:
        nonlocal is_captured
        if not is_captured:
            step()  # warms up what must not be set up while it is captured
            # Other threads may take memory meanwhile.
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                step()  # is recorded, not done
            is_captured = True
            return
        graph.replay()

    return replay


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """Memory for batches of one shape, and what works on it, captured once for all of them."""

    shape: tuple[int, ...]
    """Windows, positions, width, places for tokens, and tokens at most."""

    memory: "list[_Cache]"
    state: "_State"
    place: "Tensor"
    """Of the token that a step takes: shape (1,)."""

    step: Callable[[], None]


class _State:
    """The tokens that were taken so far; each step changes it in place."""

    def __init__(
        self, windows: int, most_tokens: int, rules: Rules, vocabulary: int, device: Any
    ) -> None:
        import torch

        self._rules = rules
        self.last = torch.zeros(windows, dtype=torch.long, device=device)
        self.ended = torch.zeros(windows, dtype=torch.bool, device=device)
        self._tokens = torch.full((windows, most_tokens), rules.end, device=device)
        self._totals = torch.zeros(windows, device=device)
        self._counts = torch.zeros(windows, dtype=torch.long, device=device)
        self._place = torch.zeros(1, dtype=torch.long, device=device)
        self._never = _penalty(rules.suppressed, vocabulary, device)
        self._never_first = _penalty(
            (*rules.suppressed, *rules.suppressed_first), vocabulary, device
        )

    def reset(self) -> None:
        """Forget all tokens."""
        for one in (self.last, self.ended, self._totals, self._counts, self._place):
            one.zero_()
        self._tokens.fill_(self._rules.end)

    def take(self, logits: "Tensor", *, is_first: bool = False) -> None:
        """Take the likeliest token of each window that has not ended."""
        import torch

        scores = (logits + (self._never_first if is_first else self._never)).log_softmax(-1)
        best, tokens = scores.max(-1)
        self._totals += torch.where(self.ended, 0.0, best)
        self._counts += ~self.ended
        self.last.copy_(torch.where(self.ended, self._rules.end, tokens))
        self._tokens.index_copy_(1, self._place, self.last[:, None])
        self.ended |= self.last == self._rules.end
        self._place += 1

    def found(self, no_speech: "Tensor") -> Greedy:
        """Return what was taken."""
        rows = self._tokens.tolist()
        ends = [row.index(self._rules.end) if self._rules.end in row else len(row) for row in rows]
        texts = [row[:end] for row, end in zip(rows, ends, strict=True)]
        means = self._totals / self._counts
        return Greedy(texts, means.tolist(), no_speech.tolist())


def _penalty(tokens: Sequence[int], vocabulary: int, device: Any) -> "Tensor":
    import torch

    penalty = torch.zeros(vocabulary, device=device)
    penalty[list(tokens)] = float("-inf")
    return penalty


@dataclass(frozen=True, slots=True, eq=False)
class _Cache:
    """Keys and values of a layer: of the text, with room for all of it, and of the sound.

    Shapes (windows, heads, tokens or positions, width of a head).
    """

    keys: "Tensor"
    values: "Tensor"
    sound_keys: "Tensor"
    sound_values: "Tensor"


class _Layer:
    """One layer of the decoder, from the modules that transformers loaded."""

    def __init__(self, layer: Any) -> None:
        self._self = layer.self_attn
        self._cross = layer.encoder_attn
        self._heads: int = layer.self_attn.num_heads
        self._norms = (
            layer.self_attn_layer_norm, layer.encoder_attn_layer_norm, layer.final_layer_norm
        )  # fmt: skip
        self._up, self._down = layer.fc1, layer.fc2

    def cache(self, encoded: "Tensor", length: int) -> _Cache:
        """Return memory for windows, with the keys and values of their sound."""
        import torch

        windows, _, width = encoded.shape
        shape = (windows, self._heads, length, width // self._heads)
        return _Cache(
            torch.zeros(shape, dtype=encoded.dtype, device=encoded.device),
            torch.zeros(shape, dtype=encoded.dtype, device=encoded.device),
            self._split(self._cross.k_proj(encoded)).contiguous(),
            self._split(self._cross.v_proj(encoded)).contiguous(),
        )

    def hear(self, encoded: "Tensor", cache: _Cache) -> None:
        """Put the keys and values of other sound of the same shape into memory."""
        cache.sound_keys.copy_(self._split(self._cross.k_proj(encoded)))
        cache.sound_values.copy_(self._split(self._cross.v_proj(encoded)))

    def __call__(
        self, values: "Tensor", cache: _Cache, places: "Tensor", mask: "Tensor"
    ) -> "tuple[Tensor, Tensor]":
        """Return what becomes of some tokens, and with what they ask for sound."""
        from torch.nn.functional import gelu, scaled_dot_product_attention

        before, between, after = self._norms
        seen = before(values)
        cache.keys.index_copy_(2, places, self._split(self._self.k_proj(seen)))
        cache.values.index_copy_(2, places, self._split(self._self.v_proj(seen)))
        query = self._split(self._self.q_proj(seen))
        heard = scaled_dot_product_attention(query, cache.keys, cache.values, attn_mask=mask)
        values = values + self._self.out_proj(_joined(heard))
        query = self._split(self._cross.q_proj(between(values)))
        heard = scaled_dot_product_attention(query, cache.sound_keys, cache.sound_values)
        values = values + self._cross.out_proj(_joined(heard))
        return values + self._down(gelu(self._up(after(values)))), query

    def _split(self, values: "Tensor") -> "Tensor":
        windows, tokens, width = values.shape
        return values.view(windows, tokens, self._heads, width // self._heads).transpose(1, 2)


def _joined(values: "Tensor") -> "Tensor":
    windows, heads, tokens, width = values.shape
    return values.transpose(1, 2).reshape(windows, tokens, heads * width)
