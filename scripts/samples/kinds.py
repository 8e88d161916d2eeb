"""Kinds of clips in samples/index.jsonl, by the names they have on disk."""

POSITIVE = "positive"
CONFUSABLE = "near"
FRAGMENT = "part"
CALLED = "called"
WORD = "word"
SENTENCE = "sentence"
