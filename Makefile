# wakemake: from a phrase to a wake word model, each step redone only when something it depends on has changed.
#   make train WORD="hey buster."        'make' alone lists everything

# ---- preamble ----------------------------------------------------------------------------------------------------------
ifeq (,$(filter grouped-target,$(.FEATURES)))
$(error GNU make 4.3 or newer is needed, and this is $(MAKE_VERSION). On macOS: brew install make, then type gmake)
endif
ifeq (,$(wildcard scripts/make/settings.mk))
$(error make works in wakemake's own directory only. Type: make -C $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST)))) ...)
endif
MAKEFLAGS   += --no-builtin-rules --no-builtin-variables --warn-undefined-variables --no-print-directory
# A second make (make verify) is told of undefined variables before it reads this, and 4.4 looks for this one.
export GNUMAKEFLAGS :=
SHELL       := /bin/bash
# -p: bash reads no BASH_ENV, takes no functions from the environment, and ignores CDPATH, SHELLOPTS and the like.
.SHELLFLAGS := -p -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# ---- settings ----------------------------------------------------------------------------------------------------------
include scripts/make/stamps.mk
include scripts/make/settings.mk
include scripts/make/goals.mk
include scripts/make/isolation.mk

# The word's name in paths, and the locks: what follows is for the make that has them, or needs none.
SLUG        := $(if $(WORD),$(call slug_of,$(WORD)))
include scripts/make/alone.mk
ifeq (,$(ALONE))

# The options a stage depends on; what changes no result (JOBS, GPU) is in no list. The versions are raised
# by hand when a change of the code makes old results wrong: these stages are too dear to redo whenever a file is saved.
SAMPLES_VERSION   := 7
FEATURES_VERSION  := 6
PRETRAIN_VERSION := 2
TRAIN_VERSION     := 11
SAMPLES_OPTIONS   = WORD LANGUAGE VOICES HELDOUT_VOICES SAMPLES NEGATIVE_SAMPLES SEED SAMPLES_VERSION $(if $(SPELLING_VERSION),SPELLING_VERSION)
COMMON_OPTIONS    := LANGUAGE VOICES COMMON_SAMPLES SEED PROFILE SAMPLES_VERSION
FEATURES_OPTIONS  := SEED SOUND_SETS FEATURES_VERSION
PRETRAIN_OPTIONS := SEED SOUND_SETS PRETRAIN_STEPS PRETRAIN_VERSION
dense_OPTIONS         := TEACHERS INIT
microwakeword_OPTIONS := MICROWAKEWORD_COMMIT
TRAIN_OPTIONS     = TRAINER TRAINING_STEPS $($(TRAINER)_OPTIONS) SEED TRAIN_VERSION $(if $(NEGATIVE_SETS),NEGATIVE_SETS)
PUBLISH_OPTIONS  := TITLE LICENCES
# build.json tells them all, and what else a person asks about the build.
BUILD_OPTIONS     = $(filter-out WORD TITLE TRAINER_SOURCE,$(foreach group,word Data Model,$(call settings_below,$(group:word=The word)))) JOBS GPU \
  SAMPLES_VERSION FEATURES_VERSION PRETRAIN_VERSION TRAIN_VERSION $(filter-out $(SETTINGS),$($(TRAINER)_OPTIONS))

# Each stage is one command, shown with V=1 (and by make -n). $(call stage,HEADLINE) begins it: a headline, what the stage
# says, and everything else in a log beside the stamp.
Q        := $(if $(filter 1,$(V)),,@)
stage     = $(call stage_by,$(PYTHON),$(1))
stage_by  = $(Q)$(1) -m scripts.core.run_stage --title $(call shq,$(2)) --log $(@:.stamp=.log)

# What the user wrote travels by environment, never through a command line.
export WORD TITLE WAV CUTOFF

# ---- environment -------------------------------------------------------------------------------------------------------
# It holds the lock it was installed from, and a stamp once the self-test has passed. It is installed in place, since an
# environment cannot be moved, and is only order-only to the stages: another lock redoes no dataset and no word. make test
# trains next to nothing, and asks for no self-test and its disk space (VENV_MADE); to look at what is there, any environment
# will do (ANY_VENV). Its Python is a link, which dangles once the system has another: then it is made again.
VENV_DIR   := $(DATA_DIR)/venv
VENV_LOCK  := $(VENV_DIR)/installed.lock
VENV_STAMP := $(if $(call differs,$(PYTHON),$(VENV_DIR)/bin/python),,$(VENV_DIR)/checked.stamp)
VENV_MADE  := $(if $(VENV_STAMP),$(VENV_LOCK))
ANY_VENV   := $(if $(realpath $(PYTHON)),,$(VENV_STAMP))
VENV_MB     = $(if $(findstring gpu,$(LOCK)),9500,3200)
WORK_MB    := 4000

# What Numba compiles is kept. Byte code is written only when the environment is made: on a full disk Python publishes half of it
# without a word, and stumbles over that ever after.
NUMBA_DIR := $(DATA_DIR)/compiled
export NUMBA_CACHE_DIR := $(abspath $(NUMBA_DIR))
export PYTHONDONTWRITEBYTECODE := 1

# $(call lock_of,NAME,ENVIRONMENT): the lock it is made from. The packages for a graphics card are three times as large, and no gain
# from them has been measured: GPU=auto keeps them where they are, and installs them nowhere.
lock_of     = $(call lock_$(GPU),$(1),$(2)/installed.lock)
lock_on     = $(1)-gpu.lock
lock_off    = $(1).lock
lock_auto   = $(or $(call installed,$(1).lock,$(2)),$(call installed,$(1)-gpu.lock,$(2)),$(1).lock)
installed   = $(if $(call differs,$(call contents,$(1)),$(call contents,$(2))),,$(1))
LOCK       := $(call lock_of,requirements,$(VENV_DIR))

# scripts/make/python.sh finds the Python that environments are made with, or fetches one into DATA_DIR.
FETCHED_PYTHON := $(DATA_DIR)/python
# What GPU=auto says on a machine with a graphics card.
gpu_said    := An NVIDIA card is here. GPU=on would install the packages for it (9.5 GB instead of 3.2 GB of disk), but no gain has \
  been measured: the processor does the work.
gpu_line     = $(if $(filter auto,$(GPU)),@if nvidia-smi -L >/dev/null 2>&1; then echo $(call shq,$(gpu_said)); fi)

# $(eval $(call environment,DIRECTORY,LOCK,MB,NEWEST)): a rule for DIRECTORY/installed.lock, which makes the environment, with Python NEWEST or older.
define environment
$(1)/installed.lock: $(if $(and $(call installed,$(2),$(1)/installed.lock),$(realpath $(1)/bin/python)),,FORCE)
	@echo "== environment: $(2) into $(1) (log: $(1).log)"
	@bash -p scripts/make/needs.sh machine
	@bash -p scripts/make/data_dir.sh $(DATA_DIR) programs
	$(if $(findstring gpu,$(2)),,$$(gpu_line))
	$(Q)OFFLINE=$$(OFFLINE) bash -p scripts/make/python.sh $(FETCHED_PYTHON) $(4) -m scripts.environment.install --lock $(2) --out $(1) --needs-mb $(3) --log $(1).log
	@cp $(2) $$@
endef
$(eval $(call environment,$(VENV_DIR),$(LOCK),$(VENV_MB),3.13))

self_test   = $(PYTHON) -m scripts.tools.doctor --data $(DATA_DIR) --needs-mb $$(($(DATASETS_MB)+$(WORK_MB))) \
  --cleaned-mb $$(($(CLEANED_MB)+$(WORK_MB))) --gpu $(GPU)
$(VENV_DIR)/checked.stamp: $(VENV_LOCK)
	@echo "== environment: self-test"
	$(Q)$(self_test)
	@touch $@

# Torch is large, and only who speaks with libritts installs it. A Python of one's own has to have it.
TORCH       := $(if $(VENV_STAMP),$(VENV_DIR)/torch.stamp)
VENV_TORCH   = $(if $(call voice_given,libritts),$(TORCH))
$(VENV_DIR)/torch.stamp: requirements-torch.lock | $(VENV_STAMP)
	$(call stage,environment: requirements-torch.lock into $(VENV_DIR)) -m scripts.environment.install_torch --lock $< $(if $(findstring gpu,$(LOCK)),--cuda)
	@touch $@

pip_install   = $(PYTHON) -m scripts.environment.pip install --quiet --require-hashes --only-binary :all: --requirement $(1)

# What reads AudioSet's tables is large, and only who uses them installs it. A Python of one's own has to have it.
VENV_PARQUET := $(if $(VENV_STAMP),$(VENV_DIR)/parquet.lock)
$(VENV_DIR)/parquet.lock: requirements-parquet.lock | $(VENV_MADE)
	@echo "== environment: $< into $(VENV_DIR)"
	$(Q)$(call pip_install,$<)
	@cp $< $@

# What only contributors need comes on top, once.
VENV_DEV     := $(if $(VENV_STAMP),$(VENV_DIR)/dev.lock)
$(VENV_DIR)/dev.lock: requirements-dev.lock | $(VENV_MADE)
	@echo "== environment: $< into $(VENV_DIR)"
	$(Q)$(call pip_install,$<)
	@cp $< $@

##@ Setting up
.PHONY: venv doctor lock upgrade
## venv: make the environment: packages of requirements.lock, hashes verified, then the self-test
venv: $(VENV_STAMP)
## doctor: say what works here: Python, make, disk, TensorFlow, ONNX Runtime, the voices
doctor: | $(VENV_MADE)
	$(Q)$(self_test)
	@$(if $(VENV_STAMP),touch $(VENV_STAMP))

## lock: write the locks anew from requirements*.in, with the versions they have
## upgrade: the same, with the newest versions that requirements*.in allow
COMPILE = $(PYTHON) -m uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --only-binary :all: $(if $(filter upgrade,$(MAKECMDGOALS)),--upgrade)
X86_LINUX       := sys_platform == 'linux' and platform_machine == 'x86_64'
NOT_X86_LINUX   := sys_platform != 'linux' or platform_machine != 'x86_64'
tensorflow_cpu   = "tensorflow-cpu$(1) ; $(X86_LINUX)" "tensorflow$(1) ; $(NOT_X86_LINUX)"
tensorflow_cuda  = "tensorflow[and-cuda]$(1) ; sys_platform == 'linux'" "tensorflow$(1) ; sys_platform != 'linux'"
# A universal lock says nothing of wheels: $(call wheels,LOCK,PYTHONS) asks for one of each package on each platform.
PLATFORMS       := x86_64-manylinux_2_35 aarch64-manylinux_2_35 aarch64-apple-darwin
wheels           = for python in $(2); do for platform in $(PLATFORMS); do MACOSX_DEPLOYMENT_TARGET=15.0 $(PYTHON) -m uv pip compile --quiet \
  --no-config --no-deps --only-binary :all: --python-version "$$python" --python-platform "$$platform" $(1) >/dev/null; done; done
lock upgrade: | $(VENV_DEV)
	printf '%s\n' $(call tensorflow_cpu,) | $(COMPILE) requirements.in - --output-file requirements.lock
	printf '%s\n' $(call tensorflow_cuda,) | $(COMPILE) requirements.in - --constraints requirements.lock --output-file requirements-gpu.lock
	$(COMPILE) requirements-dev.in --constraints requirements.lock --output-file requirements-dev.lock
	printf '%s\n' $(call tensorflow_cpu,<2.21) | $(COMPILE) requirements-microwakeword.in - --output-file requirements-microwakeword.lock
	printf '%s\n' $(call tensorflow_cuda,<2.21) | $(COMPILE) requirements-microwakeword.in - --constraints requirements-microwakeword.lock \
	  --output-file requirements-microwakeword-gpu.lock
	printf '%s\n' torch==2.13.0 piper-tts | $(COMPILE) - --constraints requirements.lock --output-file requirements-torch.lock
	echo pyarrow | $(COMPILE) - --constraints requirements.lock --output-file requirements-parquet.lock
	$(foreach lock,requirements requirements-gpu requirements-dev requirements-torch requirements-parquet,$(call wheels,$(lock).lock,3.11 3.12 3.13);)
	$(foreach lock,requirements-microwakeword requirements-microwakeword-gpu,$(call wheels,$(lock).lock,3.11 3.12);)

# ---- datasets ----------------------------------------------------------------------------------------------------------
include scripts/datasets/datasets.mk
venv: $(VENV_TORCH)
LICENCES        := $(foreach d,$(DATASETS),$(d): $($(d)_LICENCE);)
licence_options  = $(foreach d,$(DATASETS),--licence $(call shq,$(d)=$($(d)_LICENCE)))

##@ Datasets
.PHONY: datasets licences
## datasets: fetch, extract and convert the datasets of PROFILE
## download-NAME extract-NAME convert-NAME: one step of one dataset
datasets: $(VOICE_STAMPS) $(SOUND_STAMPS) $(NEGATIVE_STAMPS)
## licences: under which licences the datasets, and what training begins with, may be used
licences: | $(VENV_STAMP)
	$(Q)$(PYTHON) -m scripts.datasets.licences --datasets $(DATASETS_DIR) $(DATASETS:%=--name %) $(licence_options) \
	  $(if $(filter dense,$(TRAINER)),$(if $(filter embedding,$(INIT)),--package openwakeword) $(if $(filter-out random,$(INIT)),--package pymicro-wakeword))

# ---- trainers ----------------------------------------------------------------------------------------------------------
# $(train_TRAINER) begins the stage; $(TRAINER_STAMP) is what it needs besides the environment.
TRAINER_STAMP       :=
PRETRAINED_STAMP      = $(if $(filter dense,$(TRAINER)),$(if $(filter embedding,$(INIT)),$(COMMON_DIR)/pretrained.stamp))
include scripts/model/microwakeword.mk
train_dense          = $(call stage,$(SLUG): train) -m scripts.model.train --samples $(@D)/samples --teachers $(TEACHERS) --init $(INIT) \
  $(if $(PRETRAINED_STAMP),--pretrained $(COMMON_DIR)/pretrained)
train_microwakeword  = $(call stage_by,$(MICROWAKEWORD_PYTHON),$(SLUG): train) $(microwakeword) --commit $(MICROWAKEWORD_COMMIT)

# ---- a word, stage by stage --------------------------------------------------------------------------------------------
# Each language has its own, so that a word in one does not redo what the words in another share.
COMMON_DIR := $(DATA_DIR)/common$(if $(filter-out en,$(LANGUAGE)),/$(LANGUAGE))
VERIFY_DIR := $(DATA_DIR)/verify
# Earlier versions called common/pretrained so.
BEGINNING  := $(wildcard $(COMMON_DIR)/beginning $(COMMON_DIR)/beginning.params $(COMMON_DIR)/beginning.stamp $(COMMON_DIR)/beginning.log)
$(if $(and $(BEGINNING),$(if $(wildcard $(COMMON_DIR)/pretrained.params),,none)),$(shell cd $(COMMON_DIR) && for old in $(notdir $(BEGINNING)); do \
  mv "$$old" "pretrained$${old#beginning}"; done))
# Of the default VOICES those that cannot speak the language are left out; of chosen ones that is an error.
SAY_OPTIONS = --datasets $(DATASETS_DIR) --voices $(call shq,$(VOICES)) $(if $(call differs,$(VOICES),$(default_voices)),--strict) \
  --language $(LANGUAGE) --seed $(SEED)
FEATURE_OPTIONS = --samples $(@D)/samples --datasets $(DATASETS_DIR) $(SOUND_SETS:%=--dataset %) --seed $(SEED) --jobs $(JOBS)
NEGATIVE_OPTIONS = $(foreach d,$(NEGATIVE_SETS),--negatives $(DATASETS_DIR)/$(d)/features)

##@ A word: make TARGET WORD="hey buster."
.PHONY: sample samples features train evaluate report summary verify detect listen try judge
## sample: say the word once, to listen to before the rest
## samples: speak the word, its near-misses and other words, in many voices
## features: put the samples into rooms and noise, and turn them into spectrograms
## train: all of it, ending with a published model in DATA_DIR/output
## evaluate: choose cutoff and window, and measure, without publishing
## report: write the report of the newest published model anew, and say where it is
## summary: the machine, and the time of each stage, of the newest published model
## verify: build the word a second time, from its samples on, and compare every file
## detect: say when the newest published model hears the word in WAV=file-or-directory
## listen: listen to this machine's microphone with it, in the terminal
## try: listen to the browser's microphone with it, on a page that also moves the cutoff and keeps clips
## judge: recall and false accepts on the clips marked in make try, or in the folders positive/ and negative/ of RECORDINGS

ifeq (,$(WORD))
sample samples features train evaluate report summary verify detect listen try judge: ; $(error 'make $@' needs a word. Type: make $@ WORD="hey buster.")
else
$(if $(SLUG),,$(error WORD="$(WORD)" has no letter a-z and no digit to name its directory with: spell it in Latin letters, as it sounds))
WORK_DIR := $(DATA_DIR)/work/$(SLUG)

# What all voices read alike is spoken as it is typed. Of what is written out first (numbers, capitals, signs: scripts/samples/spelling.py)
# the stamp says with which rules, so that a change of them redoes these words alone.
SPELLING_VERSION := $(shell LC_ALL=C; w=$(call shq,$(WORD)); out='[0-9&%+@/*_"()=<>~]|[A-Z][A-Z]|[A-Za-z]\.[A-Za-z]|\. [A-Za-z]|(^| )-'; \
  [[ $$w =~ $$out ]] && echo 1)
# What no voice can read is refused here, before anything is fetched, if there is a Python yet.
# Under the locks of scripts/core/alone.py that has been asked already.
WAKEMAKE_HOLDS ?=
refusal     := $(if $(and $(if $(WAKEMAKE_HOLDS),,yes),$(filter sample samples features train evaluate verify,$(MAKECMDGOALS))),$(shell for python in python3.11 python3.12 python3.13 \
  $(FETCHED_PYTHON)/*/bin/python3 python3; do WORD=$(call shq,$(WORD)) $$python -EB -X utf8 -m scripts.samples.spelling $(LANGUAGE) 2>/dev/null && break; done; true))
$(if $(refusal),$(error WORD="$(WORD)": $(refusal)))

$(eval $(call option_stamp,$(WORK_DIR)/samples.params,$(SAMPLES_OPTIONS)))
$(eval $(call option_stamp,$(WORK_DIR)/features.params,$(FEATURES_OPTIONS)))
$(eval $(call option_stamp,$(WORK_DIR)/train.params,$(TRAIN_OPTIONS)))
$(eval $(call option_stamp,$(WORK_DIR)/publish.params,$(PUBLISH_OPTIONS)))

# Where CLEANUP_WORK has left a published word without its work, that work is only a means: what is missing triggers
# nothing, neither does newer code, until an option or a dataset changes.
STAGES      := samples features model export evaluation examples
DROPPED     := $(if $(call differs,$(wildcard $(WORK_DIR)/*.stamp),$(WORK_DIR)/published.stamp),,yes)
.SECONDARY: $(if $(DROPPED),$(STAGES:%=$(WORK_DIR)/%.stamp))
code         = $(if $(DROPPED),,$(wildcard $(1)))

sample: $(VOICE_STAMPS) | $(VENV_STAMP) $(VENV_TORCH)
	@mkdir -p $(WORK_DIR)
	$(Q)$(PYTHON) -m scripts.samples.preview $(SAY_OPTIONS) --out $(WORK_DIR)/sample.wav
	@touch $(WORK_DIR)/sample.made

samples: $(WORK_DIR)/samples.stamp
$(WORK_DIR)/samples.stamp: $(WORK_DIR)/samples.params $(VOICE_STAMPS) | $(VENV_STAMP) $(VENV_TORCH)
	$(call stage,$(SLUG): samples) -m scripts.samples.speak_word $(SAY_OPTIONS) --heldout-voices $(call shq,$(heldout_voices)) --samples $(SAMPLES) \
	  --negatives $(NEGATIVE_SAMPLES) --jobs $(JOBS) --out $(@D)/samples
	@touch $@

features: $(WORK_DIR)/features.stamp
$(WORK_DIR)/features.stamp: $(WORK_DIR)/samples.stamp $(WORK_DIR)/features.params $(SOUND_STAMPS) | $(VENV_STAMP)
	$(call stage,$(SLUG): features) -m scripts.features.make_word $(FEATURE_OPTIONS) --out $(@D)/features
	@touch $@

$(WORK_DIR)/model.stamp: $(WORK_DIR)/features.stamp $(COMMON_DIR)/features.stamp $(PRETRAINED_STAMP) $(NEGATIVE_STAMPS) $(WORK_DIR)/train.params | $(VENV_STAMP) $(TRAINER_STAMP)
	$(train_$(TRAINER)) --features $(@D)/features --common $(COMMON_DIR)/features $(NEGATIVE_OPTIONS) \
	  --steps $(TRAINING_STEPS) --seed $(SEED) --out $(@D)/model
	@touch $@

$(WORK_DIR)/export.stamp: $(WORK_DIR)/model.stamp | $(VENV_STAMP)
	$(call stage,$(SLUG): export) -m scripts.model.export --model $(@D)/model --features $(@D)/features \
	  --common $(COMMON_DIR)/features --seed $(SEED) --out $(@D)/model
	@touch $@

evaluate: $(WORK_DIR)/evaluation.stamp
$(WORK_DIR)/evaluation.stamp: $(WORK_DIR)/export.stamp $(call code,scripts/evaluation/*.py) | $(VENV_STAMP)
	$(call stage,$(SLUG): evaluate) -m scripts.evaluation.evaluate --model $(@D)/model/model.tflite \
	  --features $(@D)/features --samples $(@D)/samples --common $(COMMON_DIR)/features $(NEGATIVE_OPTIONS) --jobs $(JOBS) --out $(@D)/evaluation
	@touch $@

$(WORK_DIR)/examples.stamp: $(WORK_DIR)/evaluation.stamp | $(VENV_STAMP)
	$(call stage,$(SLUG): examples) -m scripts.evaluation.examples --evaluation $(@D)/evaluation --features $(@D)/features \
	  --samples $(@D)/samples --common $(COMMON_DIR) --datasets $(DATASETS_DIR) $(SOUND_SETS:%=--dataset %) --seed $(SEED) \
	  --out $(@D)/examples
	@touch $@

train: $(WORK_DIR)/published.stamp
$(WORK_DIR)/published.stamp: $(WORK_DIR)/examples.stamp $(WORK_DIR)/publish.params \
  $(call code,scripts/publish/*.py scripts/publish/page/* scripts/model/manifest.py) | $(VENV_STAMP)
	$(call stage,$(SLUG): publish) -m scripts.publish.publish --slug $(SLUG) --work $(@D) --common $(COMMON_DIR) \
	  --datasets $(DATASETS_DIR) $(DATASETS:%=--dataset %) $(licence_options) --output $(DATA_DIR)/output $(foreach v,$(BUILD_OPTIONS),--option $(call shq,$(v)=$($(v))))
	$(Q)$(PYTHON) -m scripts.publish.summary --data $(DATA_DIR) --slug $(SLUG)
	@touch $@
	$(if $(filter 1,$(CLEANUP_WORK)),rm -rf $(STAGES:%=$(@D)/%.stamp) $(STAGES:%=$(@D)/%))

report: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.publish.report --data $(DATA_DIR) --slug $(SLUG)

summary: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.publish.summary --data $(DATA_DIR) --slug $(SLUG)

# Environment and datasets are shared, everything else is made anew. The second make has a name of its own, so that
# make -n does not start it.
second_make := $(MAKE)
verify: $(WORK_DIR)/published.stamp
	@echo "== $(SLUG): once more, in $(VERIFY_DIR)"
	@bash -p scripts/make/clean.sh $(DATA_DIR) verify >/dev/null
	@mkdir $(VERIFY_DIR)
	@ln -s ../datasets $(VERIFY_DIR)/datasets
	$(second_make) train WORD="$$WORD" TITLE="$$TITLE" DATA_DIR=$(VERIFY_DIR) PYTHON=$(PYTHON) CLEANUP_WORK=0
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
	$(Q)$(PYTHON) -m scripts.tools.judge $(DATA_DIR)/output/$(SLUG)/$(SLUG).json --jobs $(JOBS) \
	  $(foreach kind,positive negative,--$(kind)s $(call shq,$(or $(RECORDINGS),$(DATA_DIR)/recordings/$(SLUG))/$(kind)))
endif

# What all words share. With -j it waits for the word's own samples and features: each of these uses every processor.
$(eval $(call option_stamp,$(COMMON_DIR)/samples.params,$(COMMON_OPTIONS)))
$(eval $(call option_stamp,$(COMMON_DIR)/features.params,$(FEATURES_OPTIONS)))
$(eval $(call option_stamp,$(COMMON_DIR)/pretrained.params,$(PRETRAIN_OPTIONS)))
$(COMMON_DIR)/samples.stamp: $(COMMON_DIR)/samples.params $(VOICE_STAMPS) | $(VENV_STAMP) $(VENV_TORCH) $(if $(WORD),$(WORK_DIR)/features.stamp)
	$(call stage,common: samples) -m scripts.samples.speak_common $(SAY_OPTIONS) --samples $(COMMON_SAMPLES) \
	  --jobs $(JOBS) --out $(@D)/samples
	@touch $@
$(COMMON_DIR)/features.stamp: $(COMMON_DIR)/samples.stamp $(COMMON_DIR)/features.params $(SOUND_STAMPS) | $(VENV_STAMP)
	$(call stage,common: features) -m scripts.features.make_common $(FEATURE_OPTIONS) --out $(@D)/features
	@touch $@
$(COMMON_DIR)/pretrained.stamp: $(COMMON_DIR)/features.stamp $(COMMON_DIR)/pretrained.params | $(VENV_STAMP)
	$(call stage,common: pretraining) -m scripts.model.pretrain $(FEATURE_OPTIONS) --features $(@D)/features \
	  --steps $(PRETRAIN_STEPS) --out $(@D)/pretrained
	@touch $@

##@ Many words, and this project
.PHONY: words status tensorboard test test-container test-systems test-torch bench bench-quality bench-official
## words: train each word of the file WORDS in turn, and say at the end which failed
words:
	$(if $(TITLE),$(error TITLE="$(TITLE)" names one word: leave it out, and each word of $(WORDS) gets its own))
	@bash -p scripts/make/words.sh $(call shq,$(WORDS)) $(MAKE) train
## status: words, their stages, what the next train would redo and why, datasets, and the disk all that takes
this_make := $(MAKE)
status: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.tools.status --data $(DATA_DIR) --datasets $(DATASETS) --make $(this_make) $(if $(WORD),--slug $(SLUG))
## tensorboard: curves, clips and networks of all trainings, in a browser at HOST:PORT
tensorboard: | $(ANY_VENV)
	$(Q)$(PYTHON) -m scripts.tools.tensorboard --data $(DATA_DIR) --host $(call shq,$(HOST)) --port $(PORT)
## check: format, lint, order of imports, scripts of the shell, and the tests that need no data: in two minutes, before a commit
check: | $(VENV_MADE) $(VENV_DEV)
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(dir $(PYTHON))lint-imports
	$(if $(wildcard $(dir $(PYTHON))shellcheck),$(dir $(PYTHON))shellcheck --shell bash $(wildcard scripts/make/*.sh docker/*.sh) .ci/run)
	$(PYTHON) -m pytest --quiet tests/unit/test_docstrings.py tests/unit/test_imports.py tests/unit/test_startup.py tests/plan/test_graph.py tests/plan/test_settings.py
## test: run the tests
test: | $(VENV_MADE) $(VENV_PARQUET) $(VENV_DEV)
	$(PYTHON) -m pytest tests --ignore tests/container --ignore tests/systems
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
bench-quality: $(VOICE_STAMPS) $(SOUND_STAMPS) | $(VENV_STAMP)
	$(if $(RECORDINGS),,$(error 'make $@' needs recordings of people, a folder for each phrase. Type: make $@ RECORDINGS=that_directory))
	$(PYTHON) -m scripts.bench.quality --data $(DATA_DIR) --recordings $(call shq,$(RECORDINGS)) --seeds $(call shq,$(SEEDS)) \
	  --jobs $(JOBS) --out docs/RESULTS.md
## bench-official: train the words that official models know, and judge both by voices and sound that neither has learned from
bench-official: $(VOICE_STAMPS) $(SOUND_STAMPS) | $(VENV_STAMP)
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
	$(clean) venv microwakeword compiled python datasets work common verify locks

# ---- help --------------------------------------------------------------------------------------------------------------
##@ Looking
.PHONY: help
## help: this text
help:
	@printf '%s\n' $(foreach v,$(SETTINGS),$(call shq,$(v)=$($(v)))) | awk -f scripts/make/help.awk - config.mk Makefile docker/docker.mk
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
