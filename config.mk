# Every setting, with its default, what it does and (#:) what it may be. Change them on the command line (make train WORD="hey buster." SAMPLES=8000)
# or for good in config.local.mk, which git ignores. The command line wins.

# The word or phrase as it sounds; every ending is spoken, the one typed twice as often.
WORD =
# The word's name in the manifest; empty: the word, capitalised, without punctuation.
TITLE =
# The language the word is spoken in: en, en-gb, de, es, fr, it, nl and a dozen more (docs/languages-and-voices.md).
#: one of en en-gb de es fr it nl pt ca cs da fi hu nb pl ro sv tr
LANGUAGE = en
# Which datasets are used: starter (from packages), small or full (these and more; full is the reference recipe).
#: one of starter small full
PROFILE = starter
# Names of more datasets to use, of those in scripts/datasets/datasets.mk.
MORE_DATASETS =
# Who speaks the samples, and how many in a hundred each; in other languages those of them that can.
#: shares
VOICES = kokoro:45 piper:15 hibari:10 espeak:30
# Voices that no training hears and that judge: how well a model hears them goes with how well it hears people.
#: shares
STRANGERS = flite
# How many times the word is spoken.
#: from 1 to 1000000
SAMPLES = 2000
# How many near-misses of the word are spoken, so that it learns what the word is not.
#: from 1 to 1000000
NEGATIVE_SAMPLES = 2000
# How many other short words and sentences are spoken, once for all words.
#: from 1 to 1000000
COMMON_SAMPLES = 6000
# How many samples one worker speaks before it reports; changes no result.
#: from 1 to 100000
BATCH_SIZE = 100
# How many steps the training of each network takes.
#: from 1 to 1000000
TRAINING_STEPS = 2000
# How many networks teach the one that is published; 0: it learns by itself, in a third of the time.
#: from 0 to 20
TEACHERS = 3
# What the networks begin with: embedding (taught by a large network that knows people), official (as a wake word in use), or random.
#: one of embedding official random
START = embedding
# How many steps that teaching takes, once for all words (START=embedding).
#: from 1 to 1000000
BEGINNING_STEPS = 3000
# Every random draw comes from this number: the same seed, the same samples.
#: from 0 to 4294967295
SEED = 1
# Which trainer learns the word: dense, our own, or microwakeword, the reference, in an environment of its own.
#: one of dense microwakeword
TRAINER = dense
# Where the source of TRAINER=microwakeword is: an address, a zip or a clone. Its content is verified.
TRAINER_SOURCE = https://github.com/kahrendt/microWakeWord/archive/71677bd1b29f4aa9cb8b608efa66d4d0e3c26b29.zip
# How many processes a stage uses; changes no result.
#: from 1 to 1024
JOBS = $(shell bash -p scripts/make/system.sh processors)
# Packages for a graphics card: auto (those that are there, else none), on or off.
#: one of auto on off
GPU = auto
# Where everything goes: environment, datasets, work and published models.
#: path
DATA_DIR = data
# A file of words for 'make words', one a line; # begins a comment, at the beginning of a line or behind a blank.
WORDS = words.txt
# 1: drop each archive as soon as it is extracted.
#: one of 0 1
CLEANUP_ARCHIVES = 0
# 1: drop each extracted dataset as soon as it is converted.
#: one of 0 1
CLEANUP_INTERMEDIATE = 0
# 1: drop a word's samples, features and model as soon as it is published.
#: one of 0 1
CLEANUP_WORK = 0
# 1: fetch no dataset, but say which files are missing and where to put them by hand.
#: one of 0 1
OFFLINE = 0
# What make detect listens to: a sound file of any format, or a directory of them.
WAV =
# How make detect answers: text or json.
#: one of text json
FORMAT = text
# The cutoff with which make detect, listen and try begin; empty: the manifest's own.
#: cutoff
CUTOFF =
# Where make try and make tensorboard serve their pages: this machine alone; 0.0.0.0 is everybody who can reach it.
#: address
HOST = 127.0.0.1
# The port of that page.
#: from 1 to 65535
PORT = 8760
# Recordings of people: for make judge with the folders positive/ and negative/, for make bench-quality with a folder for each phrase.
RECORDINGS =
# The seeds it trains each phrase with.
#: each from 0 to 4294967295
SEEDS = 1 2 3
# What 'make bench' measures.
BENCH = samples features training evaluation conversion memory startup scale
# The systems that 'make test-systems' builds and tests (docs/SYSTEMS.md); empty: all of them.
SYSTEMS =
# The container engine: docker or podman; empty: whichever is found.
ENGINE =
# A published image for 'make docker-run', as ghcr.io/owner/wakemake:1.0; empty: one is built from this directory.
IMAGE =
# What 'make docker-run' makes in the container: a target, or bash for a shell.
TARGET = train
# The Python that runs the stages; one of your own is used as it is, and no environment is made.
#: path
PYTHON = $(DATA_DIR)/venv/bin/python
# 1: show each command before it runs.
#: one of 0 1
V = 0
