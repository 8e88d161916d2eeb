# TRAINER=microwakeword: the reference trainer, at one commit, in an environment of its own. Only who asks for it pays for it.

MICROWAKEWORD_COMMIT := 71677bd1b29f4aa9cb8b608efa66d4d0e3c26b29
# What git calls the folder microwakeword of that commit, by which what TRAINER_SOURCE holds is known to be it.
MICROWAKEWORD_TREE   := 6b7bc6883bf4b1f9b6f43a99febf8acf3f17479f

MICROWAKEWORD_DIR    := $(DATA_DIR)/microwakeword
MICROWAKEWORD_PYTHON := $(MICROWAKEWORD_DIR)/venv/bin/python
microwakeword_lock    = $(call lock_of,requirements-microwakeword,$(MICROWAKEWORD_DIR)/venv)
microwakeword         = -m scripts.model.microwakeword --source $(MICROWAKEWORD_DIR)/source

ifeq ($(TRAINER),microwakeword)
TRAINER_STAMP := $(MICROWAKEWORD_DIR)/checked.stamp

$(eval $(call option_stamp,$(MICROWAKEWORD_DIR)/source.params,MICROWAKEWORD_COMMIT MICROWAKEWORD_TREE))
$(MICROWAKEWORD_DIR)/source.stamp: $(MICROWAKEWORD_DIR)/source.params | $(VENV_STAMP)
	@echo "== microwakeword: source"
	$(Q)$(PYTHON) -m scripts.model.microwakeword_source --origin $(call shq,$(TRAINER_SOURCE)) --tree $(MICROWAKEWORD_TREE) --out $(@D)/source
	@touch $@

# The source comes first: it is small, and where it is not to be had, nothing large was fetched for it. numpy before 2 has no
# package for Python 3.13.
$(eval $(call environment,$(MICROWAKEWORD_DIR)/venv,$(microwakeword_lock),$(if $(findstring gpu,$(microwakeword_lock)),8000,2500),3.12))
$(MICROWAKEWORD_DIR)/venv/installed.lock: | $(MICROWAKEWORD_DIR)/source.stamp
$(TRAINER_STAMP): $(MICROWAKEWORD_DIR)/source.stamp $(MICROWAKEWORD_DIR)/venv/installed.lock
	$(Q)$(MICROWAKEWORD_PYTHON) $(microwakeword) --check
	@touch $@
endif
