# One image, built and run by docker or podman, whichever is there.

##@ In a container
.PHONY: docker-build docker-run
## docker-build: build the image, with ENGINE: docker or podman
## docker-run: make TARGET, else train, in a container, with the settings given: make docker-run WORD="hey buster."
## docker-run TARGET=bash: a shell in a container, with completion of targets, settings and words

engine = $(or $(firstword $(foreach e,$(or $(ENGINE),docker podman),$(if $(shell command -v $(call shq,$(e))),$(e)))),\
  $(error $(if $(ENGINE),$(ENGINE) was not found,Neither docker nor podman was found). To install one: \
$(or $(shell bash -p scripts/make/needs.sh --how podman),see podman.io).$(if $(trains_here), Or go on without a container: make train WORD="...")))
# Whether this machine could train without a container too.
trains_here = $(shell bash -p scripts/make/needs.sh machine 2>/dev/null && echo yes)
# Options that differ between the two; the command docker may be podman's.
kind   = $(if $(findstring podman,$(shell $(engine) --version)),podman,docker)

# Rootless podman gives files to another user unless it has this option.
user_docker :=
user_podman := --userns keep-id
gpu_docker  := --gpus all
gpu_podman  := --device nvidia.com/gpu=all
gpu_found    = $(shell nvidia-smi -L >/dev/null 2>&1 && echo yes)
# With GPU=auto, if there is a card and the toolkit that passes it to containers.
with_gpu     = $(if $(filter on,$(GPU))$(and $(filter auto,$(GPU)),$(gpu_found),$(shell command -v nvidia-ctk nvidia-container-cli)),$(gpu_$(kind)))
# Targets that serve a page listen at HOST:PORT of this machine and must accept the container's network, whose address they
# cannot know.
serves       = $(filter try studio tensorboard,$(TARGET))
served_at    = $(if $(filter 0.0.0.0,$(HOST)),$(shell uname -n),$(HOST))
publish      = $(if $(serves),--publish $(call shq,$(HOST):$(PORT):$(PORT)) --env WAKEMAKE_SERVED_AT=$(call shq,$(served_at)))

# Settings of the command line and of config.local.mk are passed on, except those about this machine.
own          = $(shell sed -n 's/^ *\([A-Z_][A-Z_]*\) *[:?]*=.*/\1/p' config.local.mk 2>/dev/null)
passed       = $(filter-out DATA_DIR PYTHON ENGINE IMAGE TARGET WORDS HOST,$(filter $(SETTINGS),$(sort $(given) $(own))))
# The commit for the models' provenance, as the image has no git.
commit       = git describe --always --abbrev=40 --dirty --match '' 2>/dev/null || true
# The file of words is outside the container too.
words_file   = $(if $(filter words,$(TARGET)),--volume "$$(realpath $(call shq,$(WORDS)))":/words.txt:ro)

ifneq (,$(and $(filter docker-run,$(MAKECMDGOALS)),$(filter train,$(TARGET)),$(if $(WORD),,none)))
$(error 'make docker-run' needs a word. Type: make docker-run WORD="hey buster.")
endif

docker-build:
	$(engine) build --file docker/Dockerfile --tag wakemake --build-arg COMMIT="$$($(commit))" .
# A published image is used with its own code; the engine fetches it if it is missing.
docker-run: $(if $(IMAGE),,docker-build)
	@mkdir -p $(DATA_DIR)
	$(engine) run --rm $$([[ -t 0 ]] && echo --interactive --tty) --name wakemake-$(firstword $(TARGET)) \
	  --user "$$(id -u):$$(id -g)" $(user_$(kind)) --security-opt label=disable $(with_gpu) $(publish) \
	  --volume "$$(realpath $(DATA_DIR))":/data $(words_file) $(call shq,$(or $(IMAGE),wakemake)) $(foreach t,$(TARGET),$(call shq,$(t))) \
	  $(if $(serves),HOST=0.0.0.0) $(if $(filter words,$(TARGET)),WORDS=/words.txt) $(foreach v,$(passed),$(call shq,$(v)=$($(v))))
