# One make at a time on the same things. What words share, and each word, has a lock: scripts/core/alone.py waits for the make
# that holds it, and then runs this make anew, so that what to do is decided after the other has ended, from what is there.
# ALONE says how much this make needs for itself; empty: nothing, or it is that second run.

# Without a lock: what only plans (-n, -q, -t), and goals that build nothing below DATA_DIR themselves.
only_plans   := $(foreach flag,n q t,$(findstring $(flag),$(filter-out --%,$(firstword -$(MAKEFLAGS)))))
builds_none  := help help-% print-% words docker-build docker-run
# These need the environment or datasets, and lock nothing once those are there: they run long, or must answer at once.
only_looks   := doctor report lock upgrade check licences test test-container test-torch bench bench-quality bench-official tensorboard studio status \
  summary detect listen try judge
# These make what all words share, these delete. Everything else builds a word.
builds_shared := venv datasets common download-% extract-% convert-%
deletes      := clean-% distclean

WAKEMAKE_ALONE ?=
goals        := $(filter-out $(builds_none),$(MAKECMDGOALS))
alone_mode    = $(if $(filter $(deletes),$(goals)),deletes,$(if $(filter-out $(only_looks) $(builds_shared),$(goals)),builds,\
  $(if $(filter $(builds_shared),$(goals)),shares,looks)))
ALONE        := $(if $(strip $(only_plans)),,$(if $(goals),$(if $(call differs,$(WAKEMAKE_ALONE),$(abspath $(DATA_DIR))),$(alone_mode))))
unexport WAKEMAKE_ALONE
word_locked   = $(if $(filter deletes,$(ALONE)),$(if $(filter WORD,$(given)),$(SLUG)),$(SLUG))

ifneq (,$(ALONE))
asked = $(foreach goal,$(MAKECMDGOALS),$(call shq,$(goal)))
.PHONY: $(MAKECMDGOALS)
$(firstword $(MAKECMDGOALS)):
	@$(if $(filter builds shares,$(ALONE)),bash -p scripts/make/data_dir.sh $(DATA_DIR);) \
	python=$$(command -v python3 python3.12 python3.11 | head -n 1) || true; \
	[[ -z $$python ]] || WAKEMAKE_PATH=$$PATH exec $$python -BEs -m scripts.core.alone $(ALONE) $(DATA_DIR) '$(word_locked)' $(MAKE) $(asked); \
	WAKEMAKE_ALONE=$(abspath $(DATA_DIR)) exec $(MAKE) $(asked)
$(filter-out $(firstword $(MAKECMDGOALS)),$(MAKECMDGOALS)): $(firstword $(MAKECMDGOALS)) ; @:
endif
