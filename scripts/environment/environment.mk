# The environments that the stages run in, and the locks they are installed from.

# The environment holds the lock it was installed from, and a stamp after the self-test has passed. It is installed in place, since
# an environment cannot be moved. Stages depend on it order-only, so a new lock rebuilds no dataset and no word. make test trains
# very little and needs neither the self-test nor its disk space (VENV_MADE); commands that only read use any environment
# (ANY_VENV). Its Python is a link; when the system replaces that Python the link dangles, and the environment is made again.
VENV_DIR   := $(DATA_DIR)/venv
VENV_LOCK  := $(VENV_DIR)/installed.lock
VENV_STAMP := $(if $(call differs,$(PYTHON),$(VENV_DIR)/bin/python),,$(VENV_DIR)/checked.stamp)
VENV_MADE  := $(if $(VENV_STAMP),$(VENV_LOCK))
ANY_VENV   := $(if $(realpath $(PYTHON)),,$(VENV_STAMP))
# What only looks at files needs no package: the system's Python will do where there is no environment yet.
found_python = $(shell for python in python3 python3.13 python3.12 python3.11; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done; true)
LOOKING_PYTHON := $(if $(filter status licences,$(MAKECMDGOALS)),$(if $(ANY_VENV),$(found_python)))
LOOKING_VENV := $(if $(LOOKING_PYTHON),,$(ANY_VENV))
LOOKING_PYTHON := $(or $(LOOKING_PYTHON),$(PYTHON))
VENV_MB     = $(if $(findstring gpu,$(LOCK)),9500,3200)
WORK_MB    := 4000

# Numba's compiled code is kept. Byte code is written only when the environment is made: on a full disk Python writes incomplete
# files without an error, and fails on them ever after.
NUMBA_DIR := $(DATA_DIR)/compiled
export NUMBA_CACHE_DIR := $(abspath $(NUMBA_DIR))
export PYTHONDONTWRITEBYTECODE := 1

# $(call lock_of,NAME,ENVIRONMENT): the lock for an environment. The packages for a graphics card are three times as large, and no
# gain has been measured: GPU=auto keeps them where they are installed, but does not install them.
lock_of     = $(call lock_$(GPU),$(1),$(2)/installed.lock)
lock_on     = $(1)-gpu.lock
lock_off    = $(1).lock
lock_auto   = $(or $(call installed,$(1).lock,$(2)),$(call installed,$(1)-gpu.lock,$(2)),$(1).lock)
installed   = $(if $(call differs,$(call contents,$(1)),$(call contents,$(2))),,$(1))
LOCK       := $(call lock_of,requirements,$(VENV_DIR))

# scripts/make/python.sh finds the Python for environments, or fetches one into DATA_DIR.
FETCHED_PYTHON := $(DATA_DIR)/python
# The message of GPU=auto on a machine with a graphics card.
gpu_note    := This machine has an NVIDIA card. GPU=on would install the packages for it (9.5 GB instead of 3.2 GB of disk), but no gain \
  has been measured, so the processor is used.
gpu_line     = $(if $(filter auto,$(GPU)),@if nvidia-smi -L >/dev/null 2>&1; then echo $(call shq,$(gpu_note)); fi)

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

# Torch is large and is installed only for the voice libritts. A PYTHON of the user's has to have it.
TORCH       := $(if $(VENV_STAMP),$(VENV_DIR)/torch.stamp)
VENV_TORCH   = $(if $(call voice_given,libritts),$(TORCH))
$(VENV_DIR)/torch.stamp: requirements-torch.lock | $(VENV_STAMP)
	$(call stage,environment: requirements-torch.lock into $(VENV_DIR)) -m scripts.environment.install_torch --lock $< $(if $(findstring gpu,$(LOCK)),--cuda)
	@touch $@

pip_install   = $(PYTHON) -m scripts.environment.pip install --quiet --require-hashes --only-binary :all: --requirement $(1)

# The reader of AudioSet's tables is large and is installed only for them. A PYTHON of the user's has to have it.
VENV_PARQUET := $(if $(VENV_STAMP),$(VENV_DIR)/parquet.lock)
$(VENV_DIR)/parquet.lock: requirements-parquet.lock | $(VENV_MADE)
	@echo "== environment: $< into $(VENV_DIR)"
	$(Q)$(call pip_install,$<)
	@cp $< $@

# Packages that spread work over many machines are installed only for that. A PYTHON of the user's has to have them.
CLUSTER_LOCK := $(if $(VENV_STAMP),$(VENV_DIR)/cluster.lock)
VENV_CLUSTER := $(if $(CLUSTER),$(CLUSTER_LOCK))
$(VENV_DIR)/cluster.lock: requirements-cluster.lock | $(VENV_MADE)
	@echo "== environment: $< into $(VENV_DIR)"
	$(Q)$(call pip_install,$<)
	@cp $< $@

# Packages for contributors only.
VENV_DEV     := $(if $(VENV_STAMP),$(VENV_DIR)/dev.lock)
$(VENV_DIR)/dev.lock: requirements-dev.lock | $(VENV_MADE)
	@echo "== environment: $< into $(VENV_DIR)"
	$(Q)$(call pip_install,$<)
	@cp $< $@

##@ Setting up
.PHONY: venv doctor lock upgrade
## venv: make the environment: packages of requirements.lock, hashes verified, then the self-test
venv: $(VENV_STAMP) | $(VENV_CLUSTER)
## doctor: test what works on this machine: Python, make, disk, TensorFlow, ONNX Runtime, the voices
doctor: | $(VENV_MADE)
	$(Q)$(self_test)
	@$(if $(VENV_STAMP),touch $(VENV_STAMP))

## lock: write the locks again from requirements*.in, keeping versions
## upgrade: the same, with the newest versions that requirements*.in allow
COMPILE = $(PYTHON) -m uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --only-binary :all: $(if $(filter upgrade,$(MAKECMDGOALS)),--upgrade)
X86_LINUX       := sys_platform == 'linux' and platform_machine == 'x86_64'
NOT_X86_LINUX   := sys_platform != 'linux' or platform_machine != 'x86_64'
tensorflow_cpu   = "tensorflow-cpu$(1) ; $(X86_LINUX)" "tensorflow$(1) ; $(NOT_X86_LINUX)"
tensorflow_cuda  = "tensorflow[and-cuda]$(1) ; sys_platform == 'linux'" "tensorflow$(1) ; sys_platform != 'linux'"
# A universal lock does not guarantee wheels: $(call wheels,LOCK,PYTHONS) checks that each package has one on each platform.
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
	$(COMPILE) requirements-cluster.in --constraints requirements.lock --output-file requirements-cluster.lock
	$(foreach lock,requirements requirements-gpu requirements-dev requirements-torch requirements-parquet requirements-cluster,$(call wheels,$(lock).lock,3.11 3.12 3.13);)
	$(foreach lock,requirements-microwakeword requirements-microwakeword-gpu,$(call wheels,$(lock).lock,3.11 3.12);)
