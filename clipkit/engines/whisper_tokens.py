"""Whisper's vocabulary: its special tokens, and from tokens back to words.

Source: openai/whisper ``tokenizer.py`` and ``timing.py``; the files are those of the Hugging Face
tokenizers library.
"""

from collections.abc import Sequence
from pathlib import Path

_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km", "bo", "yue"})
"""Languages written without spaces between words: each character is timed on its own."""

_BROKEN = "\N{REPLACEMENT CHARACTER}"


class WhisperTokens:
    """The tokenizer of one Whisper model.

    Args:
        file: Its ``tokenizer.json``.
    """

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(file))
        self.end = self._id("<|endoftext|>")
        self.start = self._id("<|startoftranscript|>")
        self._transcribe = self._id("<|transcribe|>")
        self._no_timestamps = self._id("<|notimestamps|>")

    def languages(self) -> frozenset[str]:
        """Return the codes of the languages that the vocabulary has."""
        return frozenset(
            token[2:-2]
            for token in self._tokenizer.get_vocab(with_added_tokens=True)
            if token.startswith("<|") and token.endswith("|>") and len(token) in {6, 7}
        )

    def opening(self, language: str | None) -> list[int]:
        """Return the tokens before the text; None for a model that knows English only."""
        if language is None:
            return [self.start]
        return [self.start, self._id(f"<|{language}|>"), self._transcribe]

    def prompt(self, language: str | None) -> list[int]:
        """Return what decoding starts from: the opening, and that no timestamps are wanted."""
        return [*self.opening(language), self._no_timestamps]

    def text_tokens(self, tokens: Sequence[int]) -> list[int]:
        """Return the tokens that are text; special ones and timestamps follow it in order."""
        return [token for token in tokens if token < self.end]

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=False))

    def words(self, tokens: Sequence[int], language: str | None) -> list[tuple[str, int]]:
        """Return the words of text tokens, each with how many tokens it takes.

        A character may span tokens, so tokens are gathered until they decode; a space begins a
        word.
        """
        words: list[tuple[str, int]] = []
        gathered: list[int] = []
        for token in tokens:
            gathered.append(token)
            text = self.text(gathered)
            if _BROKEN in text and len(gathered) < 4:
                continue
            starts_word = text.startswith(" ") or not words or language in _UNSPACED
            is_mark = not any(character.isalnum() for character in text)
            if starts_word and not (is_mark and words and not text.startswith(" ")):
                words.append((text.strip(), len(gathered)))
            else:
                before, count = words[-1]
                words[-1] = (before + text.strip(), count + len(gathered))
            gathered = []
        if gathered:
            words.append((self.text(gathered).strip(), len(gathered)))
        return words

    def _id(self, token: str) -> int:
        identity = self._tokenizer.token_to_id(token)
        if identity is None:
            raise KeyError(token)
        return int(identity)
