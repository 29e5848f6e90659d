"""Whisper's vocabulary: its special tokens, and from tokens back to words.

Source: openai/whisper ``tokenizer.py`` and ``timing.py``; the files are those of the Hugging Face
tokenizers library.
"""

from collections.abc import Sequence
from pathlib import Path

from clipkit.errors import CorruptWeights

_REMEDY = "Give the tokenizer.json of a Whisper model."

_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km", "bo", "yue"})
"""Languages written without spaces between words: each character is timed on its own."""

_ISO_CODES = {"jw": "jv"}
"""Whisper's codes that ISO 639-1 writes otherwise."""

_WHISPER_CODES = {iso: code for code, iso in _ISO_CODES.items()}
_MOST_BEFORE = 200
"""Tokens before a window: with those of its text they have to fit into the decoder's 448."""

MOST_POSITIONS = 448
"""Tokens that the decoder sees at once, with the prompt."""

MOST_TOKENS = 440
"""Of a text that the decoder sees at once, with what opens it."""

_BROKEN = "\N{REPLACEMENT CHARACTER}"


class WhisperTokens:
    """The tokenizer of one Whisper model.

    Args:
        file: Its ``tokenizer.json``.

    Raises:
        CorruptWeights: The file is no tokenizer, or not one of Whisper.
    """

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._file = file
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # tokenizers raises nothing narrower
            raise CorruptWeights(f"cannot read {file}", str(error), _REMEDY) from error
        self.end = self._id("<|endoftext|>")
        self.start = self._id("<|startoftranscript|>")
        self.no_speech = self._id(self._named("<|nospeech|>", "<|nocaptions|>"))
        self._before = self._id("<|startofprev|>")
        self._id("<|transcribe|>")
        self.no_timestamps = self._id("<|notimestamps|>")

    def languages(self) -> frozenset[str]:
        """Return the codes of the languages that the vocabulary has."""
        return frozenset(map(self.language_of, self.language_ids()))

    def language_ids(self) -> dict[str, int]:
        """Return the tokens of languages, such as ``<|en|>``, with their numbers."""
        return {
            token: number
            for token, number in self._tokenizer.get_vocab(with_added_tokens=True).items()
            if token.startswith("<|") and token.endswith("|>") and len(token) in {6, 7}
        }

    @staticmethod
    def language_of(token: str) -> str:
        """Return the code of a language's token."""
        return _ISO_CODES.get(token[2:-2], token[2:-2])

    def opening(self, language: str | None, task: str) -> list[int]:
        """Return the tokens before the text.

        Args:
            language: None for a model that knows English only.
            task: "transcribe" or "translate".
        """
        if language is None:
            return [self.start]
        return [
            self.start,
            self._id(f"<|{_WHISPER_CODES.get(language, language)}|>"),
            self._id(f"<|{task}|>"),
        ]

    def prompt(self, language: str | None, task: str, before: str) -> list[int]:
        """Return what decoding starts from: the opening, and that no timestamps are wanted.

        Args:
            language: None for a model that knows English only.
            task: "transcribe" or "translate".
            before: Text as if it came before the window; empty for none.
        """
        asked = [*self.opening(language, task), self.no_timestamps]
        if not before:
            return asked
        ids = self._tokenizer.encode(f" {before}", add_special_tokens=False).ids
        return [self._before, *ids[-_MOST_BEFORE:], *asked]

    def text_tokens(self, tokens: Sequence[int]) -> list[int]:
        """Return the tokens that are text; special ones and timestamps follow it in order."""
        return [token for token in tokens if token < self.end]

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=False))

    def tokens_of(self, word: str, language: str | None) -> list[int]:
        """Return the tokens of a word, at least one, as they stand within a text."""
        spaced = word if language in _UNSPACED else f" {word}"
        return [int(one) for one in self._tokenizer.encode(spaced, add_special_tokens=False).ids]

    def words(self, tokens: Sequence[int], language: str | None) -> list[tuple[str, int]]:
        """Return the words of text tokens, each with how many tokens it takes.

        A character may span tokens, so tokens are gathered until they decode to whole characters; a
        space begins a word.
        """
        words: list[tuple[str, int]] = []
        gathered: list[int] = []
        for token in tokens:
            if gathered and self.text([token]).startswith(" "):
                _put(words, self.text(gathered), len(gathered), language)  # it stays broken
                gathered = []
            gathered.append(token)
            text = self.text(gathered)
            if not text.endswith(_BROKEN):
                _put(words, text, len(gathered), language)
                gathered = []
        if gathered:
            _put(words, self.text(gathered), len(gathered), language)
        return words

    def _named(self, *names: str) -> str:
        """Return the first of some names that the vocabulary has: it has changed over the years."""
        known = (name for name in names if self._tokenizer.token_to_id(name) is not None)
        return next(known, names[0])

    def _id(self, token: str) -> int:
        identity = self._tokenizer.token_to_id(token)
        if identity is None:
            raise CorruptWeights(f"cannot use {self._file}", f"it lacks {token}", _REMEDY)
        return int(identity)


def _put(words: list[tuple[str, int]], text: str, count: int, language: str | None) -> None:
    """Add text of so many tokens: as a new word, or to the last one."""
    starts_word = text.startswith(" ") or not words or language in _UNSPACED
    is_mark = not any(character.isalnum() for character in text)
    if starts_word and not (is_mark and words and not text.startswith(" ")):
        words.append((text.strip(), count))
    else:
        before, count_before = words[-1]
        words[-1] = (before + text.strip(), count_before + count)
