# wakemake: from a phrase to a wake word model, each step redone only when something it depends on has changed.
#   make train WORD="hey buster."        'make' alone lists everything

ifeq (,$(filter grouped-target,$(.FEATURES)))
$(error GNU make 4.3 or newer is needed, and this is $(MAKE_VERSION). On macOS: brew install make, then type gmake)
endif
ifeq (,$(wildcard scripts/make/settings.mk))
$(error make works in wakemake's own directory only. Type: make -C $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST)))) ...)
endif
MAKEFLAGS   += --no-builtin-rules --no-builtin-variables --warn-undefined-variables --no-print-directory
# make 4.4 warns of undefined variables before it reads this file, and make verify starts a second make.
export GNUMAKEFLAGS :=
SHELL       := /bin/bash
# -p: bash reads no BASH_ENV, takes no functions from the environment, and ignores CDPATH, SHELLOPTS and the like.
.SHELLFLAGS := -p -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

include scripts/make/stamps.mk
include scripts/make/settings.mk
include scripts/make/goals.mk
include scripts/make/isolation.mk
SLUG        := $(if $(WORD),$(call slug_of,$(WORD)))
$(if $(WORD),$(if $(SLUG),,$(error WORD="$(WORD)" has no letter a-z and no digit to name its directory with: spell it in Latin letters, as it sounds)))
include scripts/make/alone.mk
# The rest is for the make that holds its locks, or needs none.
ifeq (,$(ALONE))
Q           := $(if $(filter 1,$(V)),,@)
include scripts/environment/environment.mk
include scripts/datasets/datasets.mk
TRAINER_STAMP :=
include scripts/model/microwakeword.mk

# ---- the graph: each stage, and what it reads --------------------------------------------------------------------------
# A stage is made again when what stands right of its colon has changed. NAME.params holds its options (next section).
COMMON     := $(DATA_DIR)/common$(if $(filter-out en,$(LANGUAGE)),/$(LANGUAGE))
WORK       := $(DATA_DIR)/work/$(or $(SLUG),WORD)
OWN        := $(if $(filter on,$(MY_RECORDINGS)),$(WORK)/recordings.stamp)
COMPARED   := $(OWN:%/recordings.stamp=%/comparison.stamp)
PRETRAINED := $(if $(filter dense,$(TRAINER)),$(if $(filter embedding,$(INIT)),$(COMMON)/pretrained.stamp))

# Once for all words of a language.
$(COMMON)/samples.stamp:    $(COMMON)/samples.params $(VOICE_STAMPS)
$(COMMON)/features.stamp:   $(COMMON)/features.params $(COMMON)/samples.stamp $(SOUND_STAMPS)
$(COMMON)/embeddings.stamp: $(COMMON)/samples.stamp $(COMMON)/features.stamp $(SOUND_STAMPS)
$(COMMON)/pretrained.stamp: $(COMMON)/pretrained.params $(COMMON)/features.stamp $(COMMON)/embeddings.stamp

# For each word.
$(WORK)/samples.stamp:      $(WORK)/samples.params $(VOICE_STAMPS)
$(WORK)/features.stamp:     $(WORK)/features.params $(WORK)/samples.stamp $(SOUND_STAMPS)
$(WORK)/model.stamp:        $(WORK)/train.params $(WORK)/samples.stamp $(WORK)/features.stamp $(COMMON)/features.stamp $(PRETRAINED) $(NEGATIVE_STAMPS) $(OWN)
$(WORK)/export.stamp:       $(WORK)/model.stamp $(WORK)/features.stamp $(COMMON)/features.stamp
$(WORK)/evaluation.stamp:   $(WORK)/export.stamp $(WORK)/samples.stamp $(WORK)/features.stamp $(COMMON)/features.stamp $(NEGATIVE_STAMPS) $(OWN)
$(WORK)/examples.stamp:     $(WORK)/evaluation.stamp $(WORK)/samples.stamp $(WORK)/features.stamp $(COMMON)/samples.stamp $(COMMON)/features.stamp $(SOUND_STAMPS)
$(WORK)/published.stamp:    $(WORK)/publish.params $(WORK)/export.stamp $(WORK)/evaluation.stamp $(WORK)/examples.stamp $(COMPARED)
# With MY_RECORDINGS=on.
$(OWN):                     $(WORK)/recordings.params $(SOUND_STAMPS)
$(COMPARED):                $(OWN) $(WORK)/evaluation.stamp

# What make is asked for.
datasets:                   $(VOICE_STAMPS) $(SOUND_STAMPS) $(NEGATIVE_STAMPS)
sample:                     $(VOICE_STAMPS)
samples:                    $(WORK)/samples.stamp
features:                   $(WORK)/features.stamp
evaluate:                   $(WORK)/evaluation.stamp
train verify:               $(WORK)/published.stamp
bench-quality:              $(VOICE_STAMPS) $(SOUND_STAMPS)
bench-official:             $(VOICE_STAMPS) $(SOUND_STAMPS)

# Behind the bar: what has to be there, but makes nothing again when it changes. Each stage uses every processor, so with -j what all
# words share waits for the word's own samples and features.
COMMON_STAMPS := $(addprefix $(COMMON)/,samples.stamp features.stamp embeddings.stamp pretrained.stamp)
STAGES        := samples features model export evaluation examples $(if $(OWN),recordings comparison)
WORD_STAMPS   := $(STAGES:%=$(WORK)/%.stamp) $(WORK)/published.stamp
$(COMMON_STAMPS) $(WORD_STAMPS) sample bench-quality bench-official: | $(VENV_STAMP) $(VENV_CLUSTER)
$(COMMON)/samples.stamp $(WORK)/samples.stamp sample venv: | $(VENV_TORCH)
$(COMMON)/samples.stamp: | $(if $(WORD),$(WORK)/features.stamp)
$(WORK)/model.stamp: | $(TRAINER_STAMP)

# ---- options and code that a stage's result depends on -----------------------------------------------------------------
# What changes no result (JOBS, GPU, CLUSTER) is in no list. Cheap stages are made again when their code changes. The others have versions, raised
# by hand when a change of the code makes old results wrong: they take too long to be redone whenever a file is saved.
# Words that are written out first (numbers, capitals, signs: scripts/samples/spelling.py) depend on the rules for that; others are spoken as typed.
written_out       := '[0-9&%+@/*_"()=<>~]|[A-Z][A-Z]|[A-Za-z]\.[A-Za-z]|\. [A-Za-z]|(^| )-'
SPELLING_VERSION  := $(if $(WORD),$(shell LC_ALL=C; w=$(call shq,$(WORD)); out=$(written_out); [[ $$w =~ $$out ]] && echo 1))
SAMPLES_VERSION   := 7
WORD_SAMPLES_VERSION := 1
FEATURES_VERSION  := 6
PRETRAIN_VERSION  := 3
TRAIN_VERSION     := 12
NEGATIVE_PHRASES_SUM = $(if $(filter @%,$(firstword $(NEGATIVE_PHRASES))),$(shell cksum <$(call shq,$(patsubst @%,%,$(NEGATIVE_PHRASES))) 2>/dev/null || echo missing))
SAMPLES_OPTIONS   = WORD PRONUNCIATION LANGUAGE VOICES HELDOUT_VOICES SAMPLES NEGATIVE_SAMPLES SEED SAMPLES_VERSION WORD_SAMPLES_VERSION $(if $(SPELLING_VERSION),SPELLING_VERSION) \
  $(if $(SPELLINGS),SPELLINGS) $(if $(NEGATIVE_PHRASES),NEGATIVE_PHRASES) $(if $(NEGATIVE_PHRASES_SUM),NEGATIVE_PHRASES_SUM)
COMMON_OPTIONS    := LANGUAGE VOICES COMMON_SAMPLES SEED PROFILE SAMPLES_VERSION
FEATURES_OPTIONS  := SEED SOUND_SETS FEATURES_VERSION
PRETRAIN_OPTIONS  := SEED SOUND_SETS PRETRAIN_STEPS PRETRAIN_VERSION
dense_OPTIONS     := TEACHERS INIT
microwakeword_OPTIONS := MICROWAKEWORD_COMMIT
TRAIN_OPTIONS     = TRAINER TRAINING_STEPS $($(TRAINER)_OPTIONS) SEED TRAIN_VERSION $(if $(NEGATIVE_SETS),NEGATIVE_SETS) $(if $(OWN),MY_RECORDINGS)
PUBLISH_OPTIONS   := TITLE LICENCES
# The content of a user's recordings, so that new ones redo their features and the training.
RECORDINGS_VERSION := 3
RECORDINGS_SUM    := $(if $(OWN),$(shell cd $(DATA_DIR)/recordings/$(SLUG) 2>/dev/null && find -L . -type f ! -name '.*' -exec cksum {} + 2>/dev/null | LC_ALL=C sort | cksum))
RECORDINGS_OPTIONS := RECORDINGS_SUM SEED SOUND_SETS FEATURES_VERSION RECORDINGS_VERSION
# What build.json tells of them.
BUILD_OPTIONS     = $(filter-out WORD PRONUNCIATION SPELLINGS NEGATIVE_PHRASES TITLE TRAINER_SOURCE,$(foreach group,word Data Model,$(call settings_below,$(group:word=The word)))) JOBS GPU \
  SAMPLES_VERSION WORD_SAMPLES_VERSION FEATURES_VERSION PRETRAIN_VERSION TRAIN_VERSION $(filter-out $(SETTINGS),$($(TRAINER)_OPTIONS))
LICENCES           = $(foreach d,$(DATASETS),$(d): $($(d)_LICENCE);)
# Earlier versions called common/pretrained common/beginning.
beginning := $(if $(wildcard $(COMMON)/pretrained.params),,$(notdir $(wildcard $(addprefix $(COMMON)/beginning,.params .stamp .log) $(COMMON)/beginning)))
$(if $(beginning),$(shell cd $(COMMON) && for old in $(beginning); do mv "$$old" "pretrained$${old#beginning}"; done))

$(eval $(call option_stamp,$(COMMON)/samples.params,$(COMMON_OPTIONS)))
$(eval $(call option_stamp,$(COMMON)/features.params,$(FEATURES_OPTIONS)))
$(eval $(call option_stamp,$(COMMON)/pretrained.params,$(PRETRAIN_OPTIONS)))
$(eval $(call option_stamp,$(WORK)/samples.params,$(SAMPLES_OPTIONS)))
$(eval $(call option_stamp,$(WORK)/features.params,$(FEATURES_OPTIONS)))
$(if $(OWN),$(eval $(call option_stamp,$(WORK)/recordings.params,$(RECORDINGS_OPTIONS))))
$(eval $(call option_stamp,$(WORK)/train.params,$(TRAIN_OPTIONS)))
$(eval $(call option_stamp,$(WORK)/publish.params,$(PUBLISH_OPTIONS)))

# Where CLEANUP_WORK has left a published word without its work, that work is only a means: what is missing triggers
# nothing, neither does newer code, until an option or a dataset changes.
DROPPED     := $(if $(call differs,$(wildcard $(WORK)/*.stamp),$(WORK)/published.stamp),,yes)
.SECONDARY: $(if $(DROPPED),$(STAGES:%=$(WORK)/%.stamp))
# Only pretraining reads the embeddings: once it is done they may be deleted. Another way to make them raises FEATURES_VERSION.
.SECONDARY: $(COMMON)/embeddings.stamp
code         = $(if $(DROPPED),,$(wildcard $(1)))
$(WORK)/evaluation.stamp: $(call code,scripts/evaluation/*.py)
$(WORK)/published.stamp: $(call code,scripts/publish/*.py scripts/publish/page/* scripts/model/manifest.py)

# What no voice can read is refused here, before anything is fetched, if there is a Python yet.
# Under the locks of scripts/core/alone.py that has been asked already.
WAKEMAKE_HOLDS ?=
refusal     := $(if $(and $(if $(WAKEMAKE_HOLDS),,yes),$(filter sample samples features train evaluate verify,$(MAKECMDGOALS))),$(shell for python in python3.11 python3.12 python3.13 \
  $(FETCHED_PYTHON)/*/bin/python3 python3; do WORD=$(call shq,$(WORD)) $$python -EB -X utf8 -m scripts.samples.spelling $(LANGUAGE) 2>/dev/null && break; done; true))
$(if $(refusal),$(error WORD="$(WORD)": $(refusal)))

# ---- how each stage is made --------------------------------------------------------------------------------------------
# Each stage is one command, shown with V=1 (and by make -n). $(call stage,HEADLINE) begins it: a headline, what the stage
# says, and everything else in a log beside the stamp. What the user wrote travels by environment, never through a command line.
export WORD PRONUNCIATION SPELLINGS NEGATIVE_PHRASES TITLE WAV CUTOFF
stage            = $(call stage_by,$(PYTHON),$(1))
stage_by         = $(Q)$(1) -m scripts.core.run_stage --title $(call shq,$(2)) --log $(@:.stamp=.log)

# Of the default VOICES those that cannot speak the language are left out; of chosen ones that is an error.
voice_options    = --datasets $(DATASETS_DIR) --voices $(call shq,$(VOICES)) $(if $(call differs,$(VOICES),$(default_voices)),--strict) \
  --language $(LANGUAGE) --seed $(SEED)
sound_options    = --datasets $(DATASETS_DIR) $(SOUND_SETS:%=--dataset %) --seed $(SEED)
negative_options = $(foreach d,$(NEGATIVE_SETS),--negatives $(DATASETS_DIR)/$(d)/features) $(if $(OWN),--negatives $(WORK)/recordings)
licence_options  = $(foreach d,$(DATASETS),--licence $(call shq,$(d)=$($(d)_LICENCE)))
# Each trainer begins its stage by itself.
train_dense      = $(call stage,$(SLUG): train) -m scripts.model.train --samples $(@D)/samples --teachers $(TEACHERS) --init $(INIT) --jobs $(JOBS) \
  $(if $(PRETRAINED),--pretrained $(COMMON)/pretrained)
train_microwakeword = $(call stage_by,$(MICROWAKEWORD_PYTHON),$(SLUG): train) $(microwakeword) --commit $(MICROWAKEWORD_COMMIT)

$(COMMON)/samples.stamp:
	$(call stage,common: samples) -m scripts.samples.speak_common $(voice_options) --samples $(COMMON_SAMPLES) --jobs $(JOBS) --out $(@D)/samples
	@touch $@

$(COMMON)/features.stamp:
	$(call stage,common: features) -m scripts.features.make_common --samples $(@D)/samples $(sound_options) --jobs $(JOBS) --out $(@D)/features
	@touch $@

$(COMMON)/embeddings.stamp:
	$(call stage,common: embeddings) -m scripts.features.make_embeddings --samples $(@D)/samples $(sound_options) --jobs $(JOBS) --out $(@D)/embeddings
	@touch $@

$(COMMON)/pretrained.stamp:
	$(call stage,common: pretraining) -m scripts.model.pretrain --features $(@D)/features --embeddings $(@D)/embeddings \
	  --seed $(SEED) --steps $(PRETRAIN_STEPS) --out $(@D)/pretrained
	@touch $@

$(WORK)/samples.stamp:
	$(call stage,$(SLUG): samples) -m scripts.samples.speak_word $(voice_options) --heldout-voices $(call shq,$(heldout_voices)) \
	  --samples $(SAMPLES) --negatives $(NEGATIVE_SAMPLES) --jobs $(JOBS) --out $(@D)/samples
	@touch $@

$(WORK)/features.stamp:
	$(call stage,$(SLUG): features) -m scripts.features.make_word --samples $(@D)/samples $(sound_options) --jobs $(JOBS) --out $(@D)/features
	@touch $@

$(WORK)/model.stamp:
	$(train_$(TRAINER)) --features $(@D)/features --common $(COMMON)/features $(negative_options) \
	  --steps $(TRAINING_STEPS) --seed $(SEED) --out $(@D)/model
	@touch $@

$(WORK)/export.stamp:
	$(call stage,$(SLUG): export) -m scripts.model.export --model $(@D)/model --features $(@D)/features \
	  --common $(COMMON)/features --seed $(SEED) --out $(@D)/model
	@touch $@

$(WORK)/evaluation.stamp:
	$(call stage,$(SLUG): evaluate) -m scripts.evaluation.evaluate --model $(@D)/model/model.tflite --samples $(@D)/samples \
	  --features $(@D)/features --common $(COMMON)/features $(negative_options) --jobs $(JOBS) --out $(@D)/evaluation
	@touch $@

$(WORK)/examples.stamp:
	$(call stage,$(SLUG): examples) -m scripts.evaluation.examples --evaluation $(@D)/evaluation --features $(@D)/features \
	  --samples $(@D)/samples --common $(COMMON) $(sound_options) --out $(@D)/examples
	@touch $@

$(WORK)/published.stamp:
	$(call stage,$(SLUG): publish) -m scripts.publish.publish --slug $(SLUG) --work $(@D) --common $(COMMON) \
	  --datasets $(DATASETS_DIR) $(DATASETS:%=--dataset %) $(licence_options) $(foreach v,$(BUILD_OPTIONS),--option $(call shq,$(v)=$($(v)))) \
	  $(if $(OWN),--comparison $(@D)/comparison/comparison.json $(if $(filter 1,$(FORCE)),--force)) --output $(DATA_DIR)/output
	$(Q)$(PYTHON) -m scripts.publish.summary --data $(DATA_DIR) --slug $(SLUG)
	@touch $@
	$(if $(filter 1,$(CLEANUP_WORK)),rm -rf $(STAGES:%=$(@D)/%.stamp) $(STAGES:%=$(@D)/%))

include scripts/recordings/recordings.mk

# ---- targets of a word -------------------------------------------------------------------------------------------------
##@ A word: make TARGET WORD="hey buster."
.PHONY: sample samples features train evaluate report summary verify detect listen try judge
## sample: say the word once, to listen to before the rest
## samples: speak the word, its confusable phrases and other words, in many voices
## features: put the samples into rooms and noise, and turn them into spectrograms
## train: all of it, ending with a published model in DATA_DIR/output
## evaluate: choose cutoff and window, and measure, without publishing
## report: write the report of the newest published model anew, and say where it is
## summary: the machine, and the time of each stage, of the newest published model
## verify: build the word a second time and compare every file
## detect: list what the newest published model detects in WAV=file-or-directory, and up to which cutoff
## listen: listen to this machine's microphone with it, in the terminal
## try: listen to the browser's microphone with it, on a page that also moves the cutoff and keeps clips
## judge: recall and false accepts on the clips marked in make try, or in the folders positive/ and negative/ of RECORDINGS

sample:
	@mkdir -p $(WORK)
	$(Q)$(PYTHON) -m scripts.samples.preview $(voice_options) --out $(WORK)/sample.wav
	@touch $(WORK)/sample.made

report: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.publish.report --data $(DATA_DIR) --slug $(SLUG)

summary: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.publish.summary --data $(DATA_DIR) --slug $(SLUG)

# Environment and datasets are shared, everything else is made anew. The second make has a name of its own, so that
# make -n does not start it.
second_make := $(MAKE)
VERIFY_DIR  := $(DATA_DIR)/verify
verify:
	@echo "== $(SLUG): once more, in $(VERIFY_DIR)"
	@bash -p scripts/make/clean.sh $(DATA_DIR) verify >/dev/null
	@mkdir $(VERIFY_DIR)
	@ln -s ../datasets $(VERIFY_DIR)/datasets
	$(if $(OWN),@ln -s ../recordings $(VERIFY_DIR)/recordings; mkdir $(VERIFY_DIR)/output; cd $(VERIFY_DIR)/output; ln -s ../../output/20*-$(SLUG)-* .)
	$(second_make) train WORD="$$WORD" PRONUNCIATION="$$PRONUNCIATION" SPELLINGS="$$SPELLINGS" NEGATIVE_PHRASES="$$NEGATIVE_PHRASES" TITLE="$$TITLE" DATA_DIR=$(VERIFY_DIR) PYTHON=$(PYTHON) CLEANUP_WORK=0
	$(PYTHON) -m scripts.tools.verify --slug $(SLUG) $(DATA_DIR) $(VERIFY_DIR)
	@bash -p scripts/make/clean.sh $(DATA_DIR) verify >/dev/null

# The newest published model at work. What is published is used as it is: nothing is trained for it.
TRY_OPTIONS = --data $(DATA_DIR) --slug $(SLUG) --word "$$WORD" --cutoff "$$CUTOFF"
detect: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.live.detect $(TRY_OPTIONS) --wav "$$WAV" --format $(FORMAT) --jobs $(JOBS)
listen: | $(VENV_STAMP)
	$(Q)$(PYTHON) -m scripts.live.listen $(TRY_OPTIONS)
try: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.live.serve $(TRY_OPTIONS) --host $(call shq,$(HOST)) --port $(PORT)
judge: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.tools.judge $(DATA_DIR)/output/$(or $(notdir $(MODEL)),$(SLUG))/$(SLUG).json --jobs $(JOBS) $(if $(filter json,$(FORMAT)),--json) \
	  $(foreach kind,positive negative,--$(kind)s $(call shq,$(or $(RECORDINGS),$(DATA_DIR)/recordings/$(SLUG))/$(kind)))

# ---- datasets ----------------------------------------------------------------------------------------------------------
##@ Datasets
.PHONY: datasets licences
## datasets: fetch, extract and convert the datasets of PROFILE
## download-NAME extract-NAME convert-NAME: one step of one dataset
## licences: under which licences the datasets, and what training begins with, may be used
licences: | $(LOOKING_VENV)
	$(Q)$(LOOKING_PYTHON) -m scripts.datasets.licences --datasets $(DATASETS_DIR) $(DATASETS:%=--name %) $(licence_options) \
	  $(if $(filter dense,$(TRAINER)),$(if $(filter embedding,$(INIT)),--package openwakeword) $(if $(filter-out random,$(INIT)),--package pymicro-wakeword))

# ---- from a phrase to a device, on pages -------------------------------------------------------------------------------
this_make := $(MAKE)
##@ All of that on pages
.PHONY: studio
## studio: choose, train, look at, try and install words, in a browser at HOST:PORT
studio: | $(VENV_STAMP) $(VOICE_STAMPS)
	$(Q)$(PYTHON) -m scripts.studio.serve --data $(DATA_DIR) --make $(this_make) --language $(LANGUAGE) --host $(call shq,$(HOST)) --port $(PORT)

# ---- many words, and many machines -------------------------------------------------------------------------------------
include scripts/cluster/cluster.mk

# ---- this project ------------------------------------------------------------------------------------------------------
##@ This project
.PHONY: status tensorboard lint check test test-container test-systems test-torch bench bench-quality bench-official
## status: words, their stages, what the next train would redo and why, datasets, and the disk all that takes
status: | $(LOOKING_VENV)
	$(Q)$(LOOKING_PYTHON) -m scripts.tools.status --data $(DATA_DIR) --datasets $(DATASETS) --make $(this_make) $(if $(WORD),--slug $(SLUG))
## tensorboard: curves, clips and networks of all trainings, in a browser at HOST:PORT
tensorboard: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.tools.tensorboard --data $(DATA_DIR) --host $(call shq,$(HOST)) --port $(PORT)
# Twice as many processes as processors: many tests wait for others. Those of a file share what they have built.
run_tests = $(PYTHON) -m pytest --numprocesses $$((2*$(JOBS))) --dist loadfile
own_tool  = $(if $(wildcard $(dir $(PYTHON))$(1)),$(dir $(PYTHON))$(1),$(shell command -v $(1)))
## lint: format, lint, types, order of imports, scripts of the shell
lint: | $(VENV_MADE) $(VENV_DEV)
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'
	$(PYTHON) -m mypy
	$(if $(call own_tool,shellcheck),$(call own_tool,shellcheck) --shell bash $(wildcard scripts/make/*.sh docker/*.sh .ci/run))
	$(if $(call own_tool,hadolint),$(call own_tool,hadolint) docker/Dockerfile)
## check: lint, and the quick tests: before a commit
check: lint
	$(run_tests) --quiet -m 'not slow' tests/unit tests/plan
## test: lint, and all tests
test: lint | $(VENV_MADE) $(VENV_PARQUET) $(VENV_DEV)
	$(run_tests) tests/unit tests/plan
	$(PYTHON) -m pytest tests --ignore tests/unit --ignore tests/plan --ignore tests/container --ignore tests/systems --ignore tests/cluster
## test-container: build the container's file system without an engine, and train in it: needs root and debootstrap
test-container: | $(VENV_STAMP) $(VENV_DEV)
	$(PYTHON) -m pytest tests/container -rs -s
## test-systems: from the README's two steps to a model on each of SYSTEMS, in trees of their own: needs root and debootstrap
test-systems: | $(VENV_MADE) $(VENV_DEV)
	SYSTEMS=$(call shq,$(SYSTEMS)) $(PYTHON) -m pytest tests/systems -rs -s
## test-torch: run the tests of the voice libritts and of PROFILE=small with it, which need Torch; it is installed first
test-torch: | $(VENV_STAMP) $(VENV_PARQUET) $(VENV_DEV) $(TORCH)
	$(PYTHON) -m pytest tests/libritts
## bench: measure each stage against the reference's way to do it, and write the tables of docs/RESULTS.md
bench: | $(VENV_STAMP)
	$(PYTHON) -m scripts.bench.run --data $(DATA_DIR) $(if $(WORD),--slug $(SLUG)) --mix $(call shq,$(VOICES)) \
	  --tables $(call shq,$(BENCH)) --out docs/RESULTS.md

## bench-quality: train the words of RECORDINGS with several SEEDS, and judge them by these recordings of people
bench-quality:
	$(if $(RECORDINGS),,$(error 'make $@' needs recordings of people, a folder for each phrase. Type: make $@ RECORDINGS=that_directory))
	$(PYTHON) -m scripts.bench.quality --data $(DATA_DIR) --recordings $(call shq,$(RECORDINGS)) --seeds $(call shq,$(SEEDS)) \
	  --jobs $(JOBS) --out docs/RESULTS.md
## bench-official: train the words that official models know, and judge both by voices and sound that neither has learned from
bench-official:
	$(PYTHON) -m scripts.bench.official_models --data $(DATA_DIR) --seed $(SEED) --jobs $(JOBS) --out docs/RESULTS.md

# ---- in a container ----------------------------------------------------------------------------------------------------
include docker/docker.mk

# ---- cleaners ----------------------------------------------------------------------------------------------------------
CLEANERS := clean-work clean-archives clean-intermediate clean-datasets clean-venv distclean
$(if $(and $(filter $(CLEANERS),$(MAKECMDGOALS)),$(filter-out $(CLEANERS),$(MAKECMDGOALS))),\
  $(error Run the cleaners by themselves: what else is asked for was planned before they delete))

# Only what wakemake made: DATA_DIR may be a directory with other things in it.
clean = $(Q)bash -p scripts/make/clean.sh $(DATA_DIR)

##@ Cleaning (published models are never deleted)
.PHONY: $(CLEANERS)
## clean-work: a word's work, or without WORD that of all words. To redo: speaking, features and training
clean-work:
	$(clean) $(if $(filter WORD,$(given)),word=$(SLUG),work common verify)
## clean-archives: what was downloaded. To redo: nothing, unless a dataset changes
clean-archives:
	$(clean) archives
## clean-intermediate: what was extracted. To redo: nothing, unless a dataset changes
clean-intermediate:
	$(clean) intermediates
## clean-datasets: all datasets. To redo: the download, and then every word's stages
clean-datasets:
	$(clean) datasets
## clean-venv: the environment, that of TRAINER=microwakeword, a fetched Python, and what was compiled. To redo: its download; no stage is redone
clean-venv:
	$(clean) venv microwakeword compiled python
## distclean: all of that. To redo: everything
distclean:
	$(clean) venv microwakeword compiled python datasets work common verify cluster locks

# ---- help --------------------------------------------------------------------------------------------------------------
##@ Looking
.PHONY: help
## help: this text
help:
	@printf '%s\n' $(foreach v,$(SETTINGS),$(call shq,$(v)=$($(v)))) | awk -f scripts/make/help.awk - config.mk $(documented_in)
	@printf '\nDatasets of PROFILE=%s, %d MB to fetch, %d MB of disk on the way (%d MB with both CLEANUP_...=1):\n' $(PROFILE) \
	  $(FETCHED_MB) $(DATASETS_MB) $(CLEANED_MB); printf '%s\n' '$(DATASETS)' | fold -s -w 100 | sed 's/^/  /'
## help-SETTING: what a setting does to time and quality: make help-SAMPLES
help-%:
	$(call refuse_old,$*,help)
	$(if $(filter $*,$(SETTINGS)),,$(error $* is not a setting: did you mean 'make help-$(call nearest,$*,$(SETTINGS))'?))
	@printf '%s\n' $(call shq,$*=$($*)) | awk -v one=$* -f scripts/make/help.awk - config.mk Makefile docs/SETTINGS.md
## print-VAR: the value of any variable of the Makefile
print-%: ; $(info $*=$($*)) @:
endif
