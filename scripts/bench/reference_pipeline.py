"""The reference's own way to do each stage, rebuilt from the public libraries it calls, in one process as it runs.

    python -m scripts.bench.reference_pipeline features --data data --slug hey_buster --out /tmp/x --count 200

samples     a Piper voice, one utterance after the other, resampled and written (piper-sample-generator with an ONNX voice)
features    audiomentations and pymicro-features, clip by clip, ten shifted copies each (microWakeWord's notebook)
training    a Keras MixedNet on batches of 128 clips of 1.94 s, drawn and masked one by one (microWakeWord's train.py)
conversion  librosa.load at 16 kHz and scipy's WAV, file by file
evaluation  every window of the ambient sound, 100 ms apart, held in memory for one Keras evaluation
The shares and ranges are those of microWakeWord 71677bd, notebooks/basic_training_notebook.ipynb. audiomentations and
librosa, which nothing but these measurements and a test uses, are in no lock: data/venv/bin/python -m pip install
audiomentations librosa
"""

import os
from importlib import import_module
from pathlib import Path

import numpy as np

from scripts.bench.inputs import arguments, sounds, training_clips
from scripts.bench.measure import timed

RATE_HZ = 16_000
CLIP_S, JITTER_S = 3.2, (0.195, 0.205)
SLIDES = 10
BATCH, FRAMES, CHANNELS = 128, 194, 40
STRIDE, FIRST_FILTERS, FILTERS, KERNELS = 3, 32, 64, ((5,), (7, 11), (9, 15), (23,))


def samples(given) -> int:
    """`count` utterances by one voice, on ONNX Runtime's own choice of threads; how many."""
    import onnxruntime
    import soundfile
    from scipy.signal import resample_poly

    from scripts.samples.voices import Script
    from scripts.samples.voices.piper import LONGEST, Piper

    voice = Piper(given.data / "datasets/voice_joe/voice")
    voice.session = onnxruntime.InferenceSession(
        str(given.data / "datasets/voice_joe/voice/voice.onnx"), providers=["CPUExecutionProvider"]
    )
    voice.end_cap = LONGEST  # silence as long as the voice itself makes it
    rng = np.random.default_rng(1)
    for number in range(given.count):
        sound, rate_hz = voice.speak(Script("hey buster.", {}), "joe", rng)
        soundfile.write(
            given.out / f"{number}.wav", resample_poly(sound, RATE_HZ // 50, rate_hz // 50), RATE_HZ, subtype="PCM_16"
        )
    return given.count


def chain(rooms: list[Path], backgrounds: list[Path]):
    """The notebook's augmentations, in its order."""
    import audiomentations as a

    return a.Compose(
        [
            a.SevenBandParametricEQ(p=0.1, min_gain_db=-6, max_gain_db=6),
            a.TanhDistortion(p=0.1, min_distortion=0.0001, max_distortion=0.1),
            a.PitchShift(p=0.1, min_semitones=-3, max_semitones=3),
            a.BandStopFilter(p=0.1),
            a.AddColorNoise(p=0.1, min_snr_db=10, max_snr_db=30),
            a.AddBackgroundNoise(p=0.75, sounds_path=backgrounds, min_snr_db=-5, max_snr_db=10),
            a.Gain(p=1.0, min_gain_db=-45, max_gain_db=0),
            a.ApplyImpulseResponse(p=0.5, ir_path=rooms),
            a.Normalize(apply_to="only_too_loud_sounds", p=1.0),
        ]
    )


def features(given) -> int:
    """Spectrograms of `count` clips."""
    import soundfile
    from mmap_ninja.ragged import RaggedMmap
    from pymicro_features import MicroFrontend

    augment = chain(sounds(given.data, "rooms"), sounds(given.data, "noise", "music"))
    rng = np.random.default_rng(1)

    def spectrograms():
        for row in training_clips(given.data, given.slug, given.count):
            clip, _ = soundfile.read(row["path"], dtype="float32")
            clip = np.pad(clip, (0, int(rng.uniform(*JITTER_S) * RATE_HZ)))[-int(CLIP_S * RATE_HZ) :]
            clip = augment(np.pad(clip, (int(CLIP_S * RATE_HZ) - len(clip), 0)), sample_rate=RATE_HZ)
            data, frontend, frames = (np.clip(clip, -1, 1) * 32767).astype(np.int16).tobytes(), MicroFrontend(), []
            for at in range(0, len(data) - 319, 320):
                if found := frontend.process_samples(data[at : at + 320]).features:
                    frames.append(found)
            whole = np.array(frames).astype(np.float32)
            for slide in range(SLIDES):
                yield whole[: len(whole) - slide]

    RaggedMmap.from_generator(given.out / "reference_mmap", spectrograms(), batch_size=100)
    return given.count


def network():
    """MixedNet in Keras as the notebook asks for it, compiled as the reference compiles it."""
    import keras

    x = given = keras.Input((FRAMES, CHANNELS))
    x = keras.layers.Reshape((FRAMES, 1, CHANNELS))(x)
    x = keras.layers.Activation("relu")(
        keras.layers.Conv2D(FIRST_FILTERS, (5, 1), strides=(STRIDE, 1), use_bias=False)(x)
    )
    for kernels in KERNELS:
        share, longest = x.shape[-1] // len(kernels), max(kernels)
        made = [
            keras.layers.DepthwiseConv2D((kernel, 1), use_bias=False)(
                x[:, longest - kernel :, :, place * share : (place + 1) * share]
            )
            for place, kernel in enumerate(kernels)
        ]
        x = keras.layers.Concatenate()(made) if len(made) > 1 else made[0]
        x = keras.layers.Conv2D(FILTERS, (1, 1), use_bias=False)(x)
        x = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(x))
    model = keras.Model(given, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Flatten()(x)))
    cutoffs = np.linspace(0.0, 1.0, 101).tolist()
    model.compile(
        "adam",
        "binary_crossentropy",
        metrics=[
            keras.metrics.BinaryAccuracy(),
            keras.metrics.Recall(),
            keras.metrics.Precision(),
            *(
                kind(thresholds=cutoffs)
                for kind in (
                    keras.metrics.TruePositives,
                    keras.metrics.FalsePositives,
                    keras.metrics.TrueNegatives,
                    keras.metrics.FalseNegatives,
                )
            ),
            keras.metrics.AUC(),
            keras.metrics.BinaryCrossentropy(),
        ],
    )
    return model


def window(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(FRAMES, 40) float32: a random stretch of a clip, silence before a short one."""
    first = int(rng.integers(max(1, len(clip) - FRAMES + 1)))
    piece = np.asarray(clip[first : first + FRAMES], np.float32) / 25.6
    return np.pad(piece, ((FRAMES - len(piece), 0), (0, 0)))


def training(given) -> int:
    """`count` steps; those that trace the graph are not counted."""
    from scripts.model.batches import SequenceSampler

    kinds = SequenceSampler(given.data / "work" / given.slug / "features", given.data / "common/features", 1).kinds
    model, rng = network(), np.random.default_rng(1)
    stores = [store for kind in kinds.values() for store in kind.stores]

    def step() -> None:
        chosen = [stores[place] for place in rng.integers(len(stores), size=BATCH)]
        clips = np.stack([window(store[int(rng.integers(len(store)))], rng) for store in chosen])
        labels = np.array(["positive" in str(store.path) for store in chosen], np.float32)
        model.train_on_batch(clips, labels[:, None], sample_weight=np.ones(BATCH, np.float32))

    for _ in range(3):
        step()
    with timed() as done:
        for _ in range(given.count):
            step()
        done["items"] = given.count
    return -1


def conversion(given) -> int:
    """The work directory's input/, to 16 kHz; the first file, which loads the libraries, is converted once before."""
    import librosa
    import scipy.io.wavfile

    def convert(source: Path) -> None:
        sound, _ = librosa.load(source, sr=RATE_HZ, mono=True)
        scipy.io.wavfile.write(
            given.out / f"{source.stem}.wav", RATE_HZ, (np.clip(sound, -1, 1) * 32767).astype(np.int16)
        )

    sources = sorted((given.out / "input").iterdir())
    convert(sources[0])
    with timed() as done:
        for source in sources:
            convert(source)
        done["items"] = len(sources)
    return -1


def evaluation(given) -> int:
    """`count` hours of ambient sound below out/common; hours."""
    from scripts.core.spectrogram_store import open_stores

    model, windows = network(), []
    for mode in ("validation_ambient", "testing_ambient"):
        for store in open_stores(given.out / "common", "speech", mode):
            for number in range(len(store)):
                clip = np.asarray(store[number], np.float32) / 25.6
                windows += [clip[first : first + FRAMES] for first in range(0, len(clip) - FRAMES, 10)]
    model.evaluate(np.array(windows), np.zeros((len(windows), 1)), batch_size=1024, verbose=0)
    return given.count


def main(argv=None) -> None:
    work = {made.__name__: made for made in (samples, features, training, conversion, evaluation)}
    given = arguments(__doc__, argv, *work)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    given.out.mkdir(parents=True, exist_ok=True)
    if given.what in ("training", "conversion"):
        work[given.what](given)  # times itself, without what comes but once
        return
    for name in {"evaluation": ("keras",), "features": ("audiomentations",)}.get(given.what, ()):
        import_module(name)  # before the clock starts
    with timed() as done:
        done["items"] = work[given.what](given)


if __name__ == "__main__":
    main()
