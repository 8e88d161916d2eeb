"""Kinds of clips in samples/index.jsonl, by the names they have on disk."""

POSITIVE = "positive"
CONFUSABLE = "near"
FRAGMENT = "part"
WORD = "word"
SENTENCE = "sentence"
