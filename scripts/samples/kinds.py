"""Kinds of clips in samples/index.jsonl, by the names they have on disk."""

POSITIVE = "positive"
CONFUSABLE = "near"
FRAGMENT = "part"
CALLED = "called"
REJECTED = "rejected"  # NEGATIVE_PHRASES
WORD = "word"
SENTENCE = "sentence"
