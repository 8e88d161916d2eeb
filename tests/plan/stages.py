"""Stages that follow from one another, by the names that Build.plan gives them."""

MODEL = {"word/model", "word/export", "word/evaluation", "word/examples", "word/published"}
SPOKEN = {"word/samples", "word/features"} | MODEL
COMMON = {"common/samples", "common/features", "common/embeddings", "common/pretrained"}
WORDS = {"words_frequent/archive", "words_frequent/raw", "words_frequent/voice"}
