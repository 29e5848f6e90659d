"""Titles by a local instruct model, held to the rules that all titles keep to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clipkit.engines.hub import Hub
from clipkit.engines.loading import IMPORTS, device_for, loading, require_device
from clipkit.engines.titles import ExtractiveTitles
from clipkit.engines.titles_checked import TITLE_CHARS, fault_of, stripped
from clipkit.engines.titles_spoken import plain
from clipkit.engines.titles_words import UNSPACED
from clipkit.engines.weights import FolderWeights, HubWeights, Weights
from clipkit.errors import EngineError, MissingExtra, OptionError, OutOfMemory
from clipkit.types.events import Monitor

INSTRUCT_FILES = ("config.json", "*.j*", "tokenizer*", "*.safetensors")
"""What a causal model with a chat template needs; ``*.j*`` is JSON, and templates in Jinja."""

_TEXT_TOKENS = 768
"""A minute of fast English is 300 tokens, of Chinese or Thai 600."""

_NEW_TOKENS = 64
_ASK = (
    f"Write a title for this clip of a video. At most {TITLE_CHARS - 10} characters, one line, in "
    "the language of the text, like a sentence: capitals only where a sentence has them. Use words "
    "of the text; no name and no number that is not in it. Answer with the title alone.\n\nText:\n"
)
_ASK_AGAIN = "That title breaks a rule: {fault}. Write another one. Answer with the title alone."


class InstructTitles:
    """Asks an instruct model for titles, greedily: the same clip has the same title each time.

    A title that breaks a rule is refused, and the model is told which and asked once more. If that
    one breaks a rule too, the clip gets an extractive title, and that is reported as a fallback.

    Args:
        weights: A causal model in safetensors, with a tokenizer that has a chat template.
        device: "cpu", "cuda", or "auto": CUDA where PyTorch sees a device.
    """

    def __init__(self, weights: Weights, device: str = "auto") -> None:
        self.weights = weights
        self.device = device
        self._model: Any = None
        self._tokenizer: Any = None
        self._extractive = ExtractiveTitles()

    @property
    def name(self) -> str:
        """Name of the engine and its model."""
        return f"instruct/{self.weights.name}"

    def warm_up(self, monitor: Monitor) -> None:
        """Load the model.

        Raises:
            MissingWeights: The model is neither here nor to be fetched.
            CorruptWeights: Its files cannot be loaded.
            DeviceUnavailable: CUDA was asked for and is not there.
            OutOfMemory: The device has no room for the model.
            EngineError: Its tokenizer has no chat template.
        """
        if self._model is not None:
            return
        try:
            with IMPORTS:
                import torch  # noqa: F401
                import transformers  # noqa: F401 - what is missing is said before weights are sought
        except ImportError as error:
            raise MissingExtra("cannot write titles", str(error), "Run: pip install clipkit") from (
                error
            )
        require_device(self.device, "cannot write titles")
        folder = self.weights.locate(monitor)
        device = device_for(self.device)
        asked = f"cannot load {self.weights.name} from {folder} on {device}"
        with loading(asked, "Give the folder of a causal language model in safetensors."):
            model, tokenizer = _loaded(folder, device)
        if not tokenizer.chat_template:
            raise EngineError(
                f"cannot ask {self.weights.name} for titles",
                "its tokenizer has no chat template",
                "Name an instruct model.",
            )
        self._model, self._tokenizer = model, tokenizer

    def close(self) -> None:
        """Free the model."""
        self._model = self._tokenizer = None

    def title(
        self, sentences: Sequence[str], weights: Sequence[float], taken: set[str], monitor: Monitor
    ) -> str:
        """Return the model's title if it keeps the rules, else an extractive one.

        Raises:
            EngineError: The model cannot be loaded, or the device has too little memory to run it.
        """
        self.warm_up(monitor)
        fault: str | None = "nothing is said in the clip"
        texts = [plain(sentence) for sentence in sentences]
        if any(letter.isalnum() for text in texts for letter in text):
            talk = [{"role": "user", "content": _ASK + self._foremost(texts, weights)}]
            for _ in range(2):
                answer = self._answer(talk, monitor)
                title = stripped(answer)
                fault = fault_of(title, sentences, taken) or _lone(title)
                if fault is None:
                    return title
                talk += [
                    {"role": "assistant", "content": title},
                    {"role": "user", "content": _ASK_AGAIN.format(fault=fault)},
                ]
            fault = f"{title!r}: {fault}"
        monitor.fallback(self.name, self._extractive.name, f"no title by the rules: {fault}")
        return self._extractive.title(sentences, weights, taken, monitor)

    def _foremost(self, texts: Sequence[str], weights: Sequence[float]) -> str:
        """Return the sentences that weigh most and together fit, in their order."""
        room = getattr(self._model.config, "max_position_embeddings", None) or 1 << 20
        # The request and two answers, in tokens; a request takes no more than a token a letter.
        left = max(min(_TEXT_TOKENS, room - len(self._ids(_ASK)) - 4 * _NEW_TOKENS), 16)
        kept: dict[int, str] = {}
        for index in sorted(range(len(texts)), key=lambda index: (-weights[index], index)):
            ids = self._ids(texts[index])
            if len(ids) <= left:
                kept[index] = texts[index]
                left -= len(ids)
            elif not kept:
                kept[index] = self._tokenizer.decode(ids[:left], skip_special_tokens=True)
                break
        return "\n".join(kept[index] for index in sorted(kept))

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _answer(self, talk: Sequence[dict[str, str]], monitor: Monitor) -> str:
        """Return what the model answers, without what it thought aloud."""
        import torch

        def may_go_on(ids: Any, scores: Any, **_: Any) -> Any:
            monitor.checkpoint()
            return torch.zeros(ids.shape[0], dtype=torch.bool, device=ids.device)

        monitor.checkpoint()
        # Models that think aloud if let read the switch in their template; others ignore it.
        prompt = self._tokenizer.apply_chat_template(
            list(talk), tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        given = self._tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
        ids = given["input_ids"].to(self._model.device)
        try:
            with torch.inference_mode():
                out = self._model.generate(
                    input_ids=ids,
                    attention_mask=torch.ones_like(ids),
                    stopping_criteria=[may_go_on],
                )
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(
                f"cannot run {self.weights.name} on {self._model.device}",
                str(error),
                "Use device='cpu' or a smaller model.",
            ) from error
        answer: str = self._tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        return answer.rpartition("</think>")[2]


def _loaded(folder: Path, device: str) -> tuple[Any, Any]:
    """Return the model and its tokenizer; no code that lies in the folder is run."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    local: dict[str, bool] = {"local_files_only": True, "trust_remote_code": False}
    tokenizer = AutoTokenizer.from_pretrained(str(folder), **local)
    model = AutoModelForCausalLM.from_pretrained(
        str(folder), use_safetensors=True, dtype="auto", **local
    )
    if device == "cpu" and model.dtype == torch.float16:
        model = model.float()  # CPUs compute in halves slowly, or not at all
    model = model.to(device).eval()
    model.generation_config = _greedy(model, tokenizer)
    return model, tokenizer


def _lone(title: str) -> str | None:
    """Return that a title is a single word; only a clip of a single word deserves one."""
    return "it is one word" if len(title.split()) == 1 and not UNSPACED.search(title) else None


def _greedy(model: Any, tokenizer: Any) -> Any:
    """Return settings without chance, whatever the model's own say."""
    from transformers import GenerationConfig

    end = model.generation_config.eos_token_id
    end = tokenizer.eos_token_id if end is None else end
    first_end = end[0] if isinstance(end, list) else end
    pad = tokenizer.pad_token_id
    return GenerationConfig(
        do_sample=False,
        num_beams=1,
        max_new_tokens=_NEW_TOKENS,
        eos_token_id=end,
        pad_token_id=first_end if pad is None else pad,
    )


def instruct_titles(model: str, device: str = "auto", hub: Hub | None = None) -> InstructTitles:
    """Return a title writer by a model's folder or its owner/name on the hub.

    Raises:
        OptionError: It is neither.
    """
    if Path(model).is_dir():
        return InstructTitles(FolderWeights(Path(model), INSTRUCT_FILES), device)
    if model.count("/") == 1 and not model.startswith((".", "/")):
        weights = HubWeights(model, model, INSTRUCT_FILES, hub or Hub())
        return InstructTitles(weights, device)
    raise OptionError(
        f"title model {model!r} is not known",
        "it is neither a folder nor a name of the hub",
        "Use a folder, or owner/name of the hub.",
    )
