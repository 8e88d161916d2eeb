# One make at a time on the same files. Each word has a lock, and so has everything that words share (scripts/core/locks.py).
# scripts/core/alone.py waits for the make that holds them, then runs this make again, which decides what to do from the files
# of that moment. ALONE is the mode of that run; empty: no lock is needed, or this is the second run.

# Without a lock: plans (-n, -q, -t), and goals that build nothing below DATA_DIR.
only_plans   := $(foreach flag,n q t,$(findstring $(flag),$(filter-out --%,$(firstword -$(MAKEFLAGS)))))
builds_none  := help help-% print-% words docker-build docker-run
# These need the environment or datasets; once these exist they lock nothing, because they run long or must answer at once.
only_looks   := doctor report lock upgrade check licences test test-container test-torch bench bench-quality bench-official \
  zoo test-cluster scheduler worker cluster-status cluster-keys tensorboard studio status \
  summary detect listen try judge
# These make what all words share; these delete. All others build a word.
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
