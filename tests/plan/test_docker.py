"""The arguments of docker and podman, written down by stand-ins."""

import os
import subprocess

import pytest


@pytest.fixture
def engine(fresh):
    """engine("docker", "podman"): put stand-ins of these names, and no other engine, on PATH."""
    tools = fresh.root / "bin"
    tools.mkdir()
    for tool in ("bash", "sed", "awk", "mkdir", "realpath", "id", "git", "tr", "true", "uname", "getconf"):
        (tools / tool).symlink_to(
            next(path for folder in ("/bin", "/usr/bin") if os.path.exists(path := f"{folder}/{tool}"))
        )

    def install(*names, version="Docker version 28"):
        for name in names:
            (tools / name).write_text(
                f"#!/bin/bash\n[[ $1 == --version ]] && echo '{version}' && exit\n"
                f"printf '%s\\n' {name} \"$@\" END >>fake.log\n"
            )
            (tools / name).chmod(0o755)

    fresh.tools = install
    return fresh


def told(build, *arguments, word=None, code=0, **environment):
    """The commands the engines got, each a list, from `make docker-run` with only the stand-ins on PATH."""
    process = build.process("docker-run", *arguments, word=word, **environment)
    process["args"][0] = "/usr/bin/make"
    process["env"]["PATH"] = f"{build.root}/bin"
    ran = subprocess.run(**process, capture_output=True, stdin=subprocess.DEVNULL)
    assert ran.returncode == code, ran.stderr
    if code:
        return ran.stderr
    commands, last = [], []
    for line in build.log():
        if line == "END":
            commands.append(last)
            last = []
        else:
            last.append(line)
    return commands


def test_the_word_arrives_as_it_was_typed(engine):
    engine.tools("docker")
    word = 'say  "hey" it\'s; `me` & <you> \\ *.'
    build, run = told(engine, word=word)
    assert build[:6] == ["docker", "build", "--file", "docker/Dockerfile", "--tag", "wakemake"] and build[-1] == "."
    user = f"{os.getuid()}:{os.getgid()}"
    assert run == [
        "docker",
        "run",
        "--rm",
        "--name",
        "wakemake-train",
        "--user",
        user,
        "--security-opt",
        "label=disable",
        "--volume",
        f"{engine.root}/data:/data",
        "wakemake",
        "train",
        f"WORD={word}",
    ]
    assert (engine.root / "data").is_dir()


def test_a_published_image_is_used_without_a_build(engine):
    engine.tools("docker")
    (run,) = told(engine, "IMAGE=ghcr.io/somebody/wakemake:1.2", word="x.")
    assert run[:2] == ["docker", "run"] and run[run.index("ghcr.io/somebody/wakemake:1.2") + 1 :] == [
        "train",
        "WORD=x.",
    ]


def test_settings_of_both_places_go_along_but_not_those_of_this_side(engine):
    engine.tools("docker")
    (engine.root / "config.local.mk").write_text(f"SAMPLES = 7\nDATA_DIR = {engine.root}/my-data\nWORD := computer\n")
    _, run = told(engine, "SEED=3", "PYTHON=python3", "TITLE=It's me")
    assert run[run.index("wakemake") + 1 :] == ["train", "SAMPLES=7", "SEED=3", "TITLE=It's me", "WORD=computer"]
    assert f"{engine.root}/my-data:/data" in run


def test_podman_keeps_the_user(engine):
    engine.tools("podman", version="podman version 5.2.1")
    _, run = told(engine, "GPU=on", word="computer")
    assert (
        run[0] == "podman"
        and run[run.index("--userns") + 1] == "keep-id"
        and run[run.index("--device") + 1] == "nvidia.com/gpu=all"
    )


def test_podman_by_the_name_of_docker_is_podman(engine):
    engine.tools("docker", version="podman version 5.2.1")
    assert "--userns" in told(engine, word="computer")[1]


def test_docker_comes_first_and_engine_chooses(engine):
    engine.tools("docker", "podman")
    assert told(engine, word="computer")[1][0] == "docker"
    assert told(engine, "ENGINE=podman", word="computer")[1][0] == "podman"


@pytest.mark.parametrize(
    "gpu, card, toolkit, given",
    [
        ("auto", True, True, True),
        ("auto", True, False, False),
        ("auto", False, True, False),
        ("on", False, False, True),
        ("off", True, True, False),
    ],
)
def test_the_graphics_card(engine, gpu, card, toolkit, given):
    engine.tools("docker", *["nvidia-ctk"] * toolkit)
    (engine.root / "bin/nvidia-smi").write_text(f"#!/bin/bash\nexit {0 if card else 9}\n")
    (engine.root / "bin/nvidia-smi").chmod(0o755)
    run = told(engine, f"GPU={gpu}", word="computer")[1]
    assert ("--gpus" in run and run[run.index("--gpus") + 1] == "all") == given


def test_a_page_is_published_on_this_machine_alone(engine):
    engine.tools("docker")
    _, run = told(engine, "TARGET=tensorboard", "PORT=7000")
    assert run[run.index("--publish") + 1] == "127.0.0.1:7000:7000" and run[run.index("wakemake") + 1 :] == [
        "tensorboard",
        "HOST=0.0.0.0",
        "PORT=7000",
    ]
    _, run = told(engine, "TARGET=tensorboard", "HOST=10.0.0.1")
    assert "10.0.0.1:8760:8760" in run and "HOST=10.0.0.1" not in run
    _, run = told(engine, "TARGET=try", word="computer")
    assert run[run.index("--env") + 1] == "WAKEMAKE_SERVED_AT=127.0.0.1", (
        "the container does not know where its page is reached"
    )
    assert f"WAKEMAKE_SERVED_AT={os.uname().nodename}" in told(engine, "TARGET=try", "HOST=0.0.0.0", word="computer")[1]
    assert "--publish" not in told(engine, word="computer")[1]


def test_a_file_of_words_is_mounted(engine):
    engine.tools("docker")
    (engine.root / "my words.txt").write_text("one\n")
    _, run = told(engine, "TARGET=words", "WORDS=my words.txt")
    assert f"{engine.root}/my words.txt:/words.txt:ro" in run and run[-2:] == ["words", "WORDS=/words.txt"]


def test_a_shell(engine):
    engine.tools("docker")
    assert told(engine, "TARGET=bash")[1][-2:] == ["wakemake", "bash"]


def test_without_an_engine_a_message_says_how_to_install_one(engine):
    said = told(engine, word="computer", code=2)
    assert "Neither docker nor podman was found" in said and 'make train WORD="..."' in said
    engine.tools("docker")
    assert "podman was not found" in told(engine, "ENGINE=podman", word="computer", code=2)


def test_a_machine_that_needs_a_container_is_not_sent_to_make_train(engine):
    uname = engine.root / "bin/uname"
    uname.unlink()
    uname.write_text("#!/bin/bash\necho Darwin x86_64\n")
    uname.chmod(0o755)
    said = told(engine, word="computer", code=2)
    assert "Neither docker nor podman was found. To install one" in said and "make train" not in said


def test_without_a_word_nothing_is_built(engine):
    engine.tools("docker")
    assert 'make docker-run WORD="hey buster."' in told(engine, code=2) and engine.log() == []
