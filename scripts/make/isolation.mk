# Environment variables that are hidden from the stages, so they do the same for every user.
# Kept on purpose: proxies (http_proxy and the like), certificates (SSL_CERT_FILE, REQUESTS_CA_BUNDLE), HF_ENDPOINT, HF_TOKEN, TMPDIR,
# CUDA_VISIBLE_DEVICES and limits on threads. scripts/environment/pip.py chooses among pip's settings.

# For programs that start a shell of their own; make's runs with -p.
unexport BASH_ENV ENV CDPATH GLOBIGNORE SHELLOPTS BASHOPTS POSIXLY_CORRECT GREP_OPTIONS TAR_OPTIONS
# Git hooks set these; then git would describe another repository.
unexport GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_NAMESPACE

unexport PYTHONSTARTUP PYTHONUSERBASE PYTHONOPTIMIZE PYTHONINSPECT PYTHONDEBUG PYTHONVERBOSE PYTHONSAFEPATH PYTHONWARNINGS PYTHONIOENCODING \
  PYTHONCASEOK PYTHONPLATLIBDIR PYTHONEXECUTABLE PYTHONPROFILEIMPORTTIME
# A PYTHON of the user's may need these two to find its packages.
ifeq (,$(call differs,$(PYTHON),$(DATA_DIR)/venv/bin/python))
unexport PYTHONPATH PYTHONHOME
endif

# Phrases and file names are UTF-8, and messages and numbers look the same, in every locale.
export LC_ALL     := C.UTF-8
export PYTHONUTF8 := 1

# Keras neither reads the user's keras.json, which may name another backend, nor writes one.
export KERAS_HOME := /dev/null
unexport KERAS_BACKEND TF_USE_LEGACY_KERAS
