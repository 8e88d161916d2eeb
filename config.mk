# Every setting, with its default, what it does and (#:) what it may be. Change them on the command line (make train WORD="hey buster." SAMPLES=8000)
# or for good in config.local.mk, which git ignores. The command line wins. make help-SAMPLES tells what a setting does to time and quality.

# Everyday: WORD LANGUAGE PROFILE VOICES SAMPLES TRAINING_STEPS SEED JOBS DATA_DIR V

##@ The word
# The word or phrase as it sounds; every ending is spoken, the one typed twice as often.
WORD =
# How the word is said, where voices read it wrongly: as it sounds ("sa vahnt"), or in IPA between slashes, several if
# people differ ("/səˈvɑːnt/ /ˈsævənt/"). English alone.
PRONUNCIATION =
# Other ways to write the word, separated by commas ("hey bustah, hay buster"): each is spoken as often as the word.
SPELLINGS =
# Phrases that woke a device ("hey mister, a lobster"), or @FILE with one a line: all voices say them, and they are not the word.
NEGATIVE_PHRASES =
# The word's name in the manifest; empty: the word, capitalised, without punctuation.
TITLE =
# The language the word is spoken in: en, en-gb, de, es, fr, it, nl and a dozen more (docs/languages-and-voices.md).
#: one of en en-gb de es fr it nl pt ca cs da fi hu nb pl ro sv tr
LANGUAGE = en
# on: learn from the recordings in DATA_DIR/recordings as well, where they gain something (docs/recordings.md).
#: one of off on
MY_RECORDINGS = off

##@ Data
# Which datasets are used: starter (from packages), small or full (these and more; full is the reference recipe).
#: one of starter small full
PROFILE = starter
# Names of more datasets to use, of those in scripts/datasets/datasets.mk.
MORE_DATASETS =
# The voices that speak the samples, and the share of each in percent; in other languages, those of them that speak it.
#: shares
VOICES = kokoro:45 piper:15 hibari:10 espeak:30
# Voices used only for evaluation. A model that detects them well usually detects people well.
#: shares
HELDOUT_VOICES = flite
# How many times the word is spoken.
#: from 1 to 1000000
SAMPLES = 2000
# How many confusable phrases are spoken, which sound nearly like the word.
#: from 1 to 1000000
NEGATIVE_SAMPLES = 2000
# How many other short words and sentences are spoken, once for all words.
#: from 1 to 1000000
COMMON_SAMPLES = 6000

##@ Model
# How many steps the training of each network takes.
#: from 1 to 1000000
TRAINING_STEPS = 2000
# How many teacher networks train the one that is published; 0: it is trained without, in a third of the time.
#: from 0 to 20
TEACHERS = 3
# What training starts from: embedding (pretrained to predict Google's speech embedding), official (a published wake word model), or random.
#: one of embedding official random
INIT = embedding
# How many steps that pretraining takes, once for all words (INIT=embedding).
#: from 1 to 1000000
PRETRAIN_STEPS = 3000
# The seed of every random draw: the same seed gives the same samples and the same model.
#: from 0 to 4294967295
SEED = 1
# The trainer: dense, our own, or microwakeword, the reference, in an environment of its own.
#: one of dense microwakeword
TRAINER = dense
# Where the source of TRAINER=microwakeword is: an address, a zip or a clone. Its content is verified.
#: place
TRAINER_SOURCE = https://github.com/kahrendt/microWakeWord/archive/71677bd1b29f4aa9cb8b608efa66d4d0e3c26b29.zip

##@ This machine
# Where everything goes: environment, datasets, work and published models.
#: path
DATA_DIR = data
# How many processes a stage uses; changes no result.
#: from 1 to 1024
JOBS = $(shell bash -p scripts/make/system.sh processors)
# Packages for a graphics card: auto (those that are there, else none), on or off.
#: one of auto on off
GPU = auto
# 1: delete each archive as soon as it is extracted.
#: one of 0 1
CLEANUP_ARCHIVES = 0
# 1: delete each extracted dataset as soon as it is converted.
#: one of 0 1
CLEANUP_INTERMEDIATE = 0
# 1: delete a word's samples, features and model as soon as it is published.
#: one of 0 1
CLEANUP_WORK = 0
# 1: download no dataset; list the missing files and where to put them.
#: one of 0 1
OFFLINE = 0
# The Python that runs the stages; one of your own is used as it is, and no environment is made.
#: path
PYTHON = $(DATA_DIR)/venv/bin/python
# 1: show each command before it runs.
#: one of 0 1
V = 0

##@ Many machines
# Workers that share the work, with Dask: local:4 (processes here), tcp://127.0.0.1:8786, or tls://machine:8786; changes no result (docs/cluster.md).
#: cluster
CLUSTER =
# 1: tcp:// may leave this machine, though whoever reaches the port can run programs on all workers.
#: one of 0 1
CLUSTER_INSECURE = 0

##@ Arguments of single targets
# words: a file with one word a line; # begins a comment, at the beginning of a line or behind a blank.
#: place
WORDS = words.txt
# zoo: the directory of the collection.
#: path
OUT = $(DATA_DIR)/zoo
# zoo: the least recall on testing data, in percent; empty: any.
#: figure
LEAST_RECALL =
# zoo: the most false accepts per hour on testing data; empty: any.
#: figure
MOST_FALSE_ACCEPTS =
# detect: the sound file, or directory of sound files, of any format.
#: place
WAV =
# detect, judge, compare: the format of the answer, text or json.
#: one of text json
FORMAT = text
# detect, listen, try: the cutoff to begin with; empty: the manifest's own.
#: cutoff
CUTOFF =
# try, studio, tensorboard: the address of the page: this machine alone; 0.0.0.0: everybody who can reach it.
#: address
HOST = 127.0.0.1
# try, studio, tensorboard: the port of the page.
#: from 1 to 65535
PORT = 8760
# judge: recordings of people, with the folders positive/ and negative/; bench-quality: a folder for each phrase.
#: place
RECORDINGS =
# judge: a published model by the name of its directory in DATA_DIR/output; empty: the newest.
#: place
MODEL =
# import-recordings: the folder of recordings, in any format.
#: place
FROM =
# import-recordings: what they are: positive (the word), negative (short false accepts) or home (long sound of a home).
#: one of positive negative home
AS = positive
# record, import-recordings: who is heard.
PERSON =
# record: record the sound of the room for so many seconds; empty: the word.
#: figure
SECONDS =
# train with MY_RECORDINGS=on: 1: publish the model even if the recordings do harm; build.json says so.
#: one of 0 1
FORCE = 0
# bench-quality: the seeds that each phrase is trained with.
#: each from 0 to 4294967295
SEEDS = 1 2 3
# bench: what is measured.
BENCH = samples features training evaluation conversion memory startup scale
# test-systems: the systems that are built and tested (docs/SYSTEMS.md); empty: all.
SYSTEMS =
# docker-build, docker-run: docker or podman; empty: whichever is found.
ENGINE =
# docker-run: a published image, as ghcr.io/owner/wakemake:1.0; empty: one is built from this directory.
IMAGE =
# docker-run: the target to make in the container, or bash for a shell.
TARGET = train
