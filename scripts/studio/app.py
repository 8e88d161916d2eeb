"""The pages of `make studio`, as an ASGI application that scripts/live/server.py guards.

GET  /                           choose a phrase; advice.json, similar.json, costs.json are asked while it is typed
POST speak                       a phrase by one of the people, as WAV
GET  train                       the queue; builds.json has it as data
POST add, stop, continue, remove change the queue
GET  words, result/SLUG          published words; one word: a sentence, figures of its models, its report and clips
     try/SLUG/                   scripts/live/app.py
GET  install/SLUG, install/SLUG.zip
GET  SLUG.json, SLUG.tflite      the newest model, at an address that stays; these alone need no token
"""

import io
import re
from functools import partial
from pathlib import Path

import soundfile
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import Receive, Scope, Send

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.damaged import DamagedError
from scripts.core.files import read_json
from scripts.live.app import EXPLAINED
from scripts.live.app import PAGE as LIVE_PAGE
from scripts.live.app import make_app as make_live_app
from scripts.live.published import Published, find_published, parse_cutoff
from scripts.publish.recall_of_people import describe_recall_of_people
from scripts.samples.languages import LANGUAGES
from scripts.studio.builds import PRESETS, Builds, show_command
from scripts.studio.estimates import estimate_mb, estimate_s, measure_pace
from scripts.studio.install import OWN, READY, list_files, pack, write_yaml
from scripts.studio.people import Booth, list_people
from scripts.studio.phrases import check_phrase, describe_cost, describe_phrase, find_similar
from scripts.studio.results import count_recordings, describe_figures, list_clips, list_models

PAGE = Path(__file__).with_name("page")
BEFORE = (("choose", "Choose", "."), ("train", "Train", "train"))
WORD_STEPS = (("result", "Result", "result/{}"), ("try", "Try", "try/{}/"), ("install", "Install", "install/{}"))
SLUG = re.compile(r"[a-z0-9_]+")
MODEL_FILE = re.compile(r"/([a-z0-9_]+)\.(json|tflite)")
# The report brings its own scripts and sounds along. It may show them, and nothing else of the studio.
REPORT_POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts"
)
OWN_JSON = ("/advice.json", "/similar.json", "/costs.json", "/builds.json")
PRESET_TEXTS = {
    "quick": "Quick: half the samples, and no teachers. To see whether a phrase is any good; how many people it hears was not measured.",
    "default": "Default: what all published figures are of.",
    "thorough": "Thorough: four times the samples. Helps a phrase that is missed too often, less and less.",
}


def is_model_file(path: str) -> bool:
    """Whether a path is that of a published model, which ESPHome fetches without a token.

    >>> is_model_file("/hey_buster.json"), is_model_file("/builds.json"), is_model_file("/result/hey_buster.json")
    (True, False, False)
    """
    return bool(MODEL_FILE.fullmatch(path)) and path not in OWN_JSON


class Studio:
    """What the pages of one DATA_DIR share."""

    def __init__(self, data: Path, builds: Builds) -> None:
        self.data, self.builds, self.booth = data, builds, Booth(data / "datasets")
        self.templates = Jinja2Templates(PAGE)
        self._trying: dict[Path, Starlette] = {}

    def show(self, request: Request, step: str, **facts) -> Response:
        """The page of a step."""
        top = "../" * (request.scope["path"].removeprefix(request.scope["root_path"]).count("/") - 1)
        slug = facts.get("slug")
        after = (
            [(*each, address.format(slug)) for *each, address in WORD_STEPS] if slug else [("words", "Words", "words")]
        )
        facts |= {"step": step, "steps": [*BEFORE, *after], "top": top or "./"}
        return self.templates.TemplateResponse(request, f"{step}.html", facts)

    def list_trained(self, language: str) -> list[str]:
        """The phrases of the published words in a language."""
        words = []
        for path in sorted((self.data / "output").glob("*/build.json")):
            try:
                build = read_json(path, dict)
            except (DamagedError, OSError):
                continue
            if path.parent.is_symlink() and (build.get("options") or {}).get("LANGUAGE", "en") == language:
                words.append(str(build.get("word") or ""))
        return words

    # ---- choose ------------------------------------------------------------------------------------------------------

    async def choose(self, request: Request) -> Response:
        return self.show(
            request,
            "choose",
            languages={code: language.name for code, language in LANGUAGES.items()},
            language=self.builds.language,
            presets={name: PRESET_TEXTS[name] for name in PRESETS},
        )

    def _phrase(self, request: Request) -> tuple[str, str]:
        phrase, language = request.query_params["phrase"].strip(), request.query_params["language"]
        check_phrase(phrase, language)
        return phrase, language

    async def advice(self, request: Request) -> Response:
        phrase, language = self._phrase(request)
        dictionary = await run_in_threadpool(self.booth.dictionary, language)
        about = await run_in_threadpool(describe_phrase, phrase, language, dictionary)
        people = [{"key": person.key, "name": person.name} for person in list_people(language)]
        return JSONResponse({**about, "people": people})

    async def similar(self, request: Request) -> Response:
        text, language = self._phrase(request)
        dictionary = await run_in_threadpool(self.booth.dictionary, language)
        if dictionary is None:
            return JSONResponse({"similar": [], "published": []})
        return JSONResponse(await run_in_threadpool(find_similar, text, dictionary, self.list_trained(language)))

    async def costs(self, request: Request) -> Response:
        phrase, language = self._phrase(request)
        pace = measure_pace(self.data)

        def describe(preset: str) -> dict:
            build = self.builds.plan(phrase, language, preset)
            seconds = estimate_s(build.headlines, build.settings, pace or 1.0)
            megabytes = estimate_mb(build.headlines, build.settings)
            return {"cost": describe_cost(seconds, megabytes, pace), "command": show_command(build.goal)}

        return JSONResponse({preset: await run_in_threadpool(describe, preset) for preset in PRESETS})

    async def speak(self, request: Request) -> Response:
        phrase, language = self._phrase(request)
        sound = await run_in_threadpool(self.booth.speak, phrase, language, request.query_params["who"])
        soundfile.write(wav := io.BytesIO(), sound, SAMPLE_RATE_HZ, format="WAV", subtype="PCM_16")
        return Response(wav.getvalue(), media_type="audio/wav")

    # ---- train -------------------------------------------------------------------------------------------------------

    async def train(self, request: Request) -> Response:
        return self.show(request, "train")

    async def list_builds(self, request: Request) -> Response:
        await run_in_threadpool(self.builds.tick)
        return JSONResponse({"builds": await run_in_threadpool(self.builds.describe)})

    async def add(self, request: Request) -> Response:
        phrase, language = self._phrase(request)
        build = await run_in_threadpool(self.builds.add, phrase, language, request.query_params["preset"])
        return JSONResponse({"id": build.id})

    async def change(self, action: str, request: Request) -> Response:
        actions = {"stop": self.builds.stop, "continue": self.builds.go_on, "remove": self.builds.remove}
        await run_in_threadpool(actions[action], request.query_params["id"])
        return JSONResponse({})

    # ---- a word ------------------------------------------------------------------------------------------------------

    def _find(self, request: Request) -> Published:
        """The newest published model of the word in the address."""
        slug = request.path_params["slug"]
        if not SLUG.fullmatch(slug) or not (self.data / "output" / slug / f"{slug}.json").is_file():
            raise HTTPException(404)
        return find_published(self.data, slug)

    async def words(self, request: Request) -> Response:
        slugs = [path.name for path in sorted((self.data / "output").glob("*")) if path.is_symlink()]
        titles = [(slug, models[0].published.title) for slug in slugs if (models := list_models(self.data, slug))]
        return self.show(request, "words", words=titles)

    async def result(self, request: Request) -> Response:
        slug = self._find(request).slug
        recordings = self.data / "recordings" / slug

        def collect() -> dict:
            models = list_models(self.data, slug)
            newest = next((model for model in models if model.newest), models[0])
            own = {
                model.published.directory: (0, 0) if model.wrong else count_recordings(model, recordings)
                for model in models
            }
            recall = (newest.metrics.get("testing") or {}).get("recall")
            return {
                "title": newest.published.title,
                "in_short": newest.wrong or describe_recall_of_people(recall, own[newest.published.directory]),
                "models": [(model, describe_figures(model, own[model.published.directory])) for model in models],
                "report": (newest.published.directory / "report.html").exists(),
                "clips": list_clips(newest, self.data / "work" / slug),
            }

        return self.show(request, "result", slug=slug, **await run_in_threadpool(collect))

    async def report(self, request: Request) -> Response:
        path = self._find(request).directory / "report.html"
        if not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, headers={"Content-Security-Policy": REPORT_POLICY})

    async def clip(self, request: Request) -> Response:
        path = self.data / "work" / self._find(request).slug / "examples" / f"{request.path_params['number']}.mp3"
        if not path.is_file():
            raise HTTPException(404)
        return FileResponse(path)

    async def try_word(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on to the live page of its word's newest model."""
        published = self._find(Request(scope))
        if published.directory not in self._trying:
            recordings = self.data / "recordings" / published.slug
            self._trying[published.directory] = make_live_app(published, recordings, studio="../../")
        await self._trying[published.directory](scope, receive, send)

    def _cutoff(self, request: Request, published: Published) -> float:
        text = request.query_params.get("cutoff", "")
        return parse_cutoff(text) if text else published.cutoff

    async def install(self, request: Request) -> Response:
        published = self._find(request)
        cutoff, open_url, shared = self._cutoff(request, published), request.scope["open_url"], request.scope["shared"]
        return self.show(
            request,
            "install",
            slug=published.slug,
            title=published.title,
            files=list_files(published),
            folder=str(published.directory.parent / published.slug),
            manifest_cutoff=published.cutoff,
            cutoff=cutoff,
            ready_yaml=write_yaml(READY, published, cutoff),
            own_yaml=write_yaml(OWN, published, cutoff),
            address=f"{open_url}{published.slug}.json",
            open_top="/" if shared else "../",
            shared=shared,
        )

    async def pack(self, request: Request) -> Response:
        published = self._find(request)
        packed = await run_in_threadpool(pack, published, self._cutoff(request, published))
        return Response(packed, media_type="application/zip")

    async def model_file(self, kind: str, request: Request) -> Response:
        published = self._find(request)
        return FileResponse(published.directory / f"{published.slug}.json" if kind == "json" else published.model)


def make_app(studio: Studio) -> Starlette:
    """The application for one studio."""
    return Starlette(
        routes=[
            Route("/", studio.choose),
            Route("/advice.json", studio.advice),
            Route("/similar.json", studio.similar),
            Route("/costs.json", studio.costs),
            Route("/speak", studio.speak, methods=["POST"]),
            Route("/train", studio.train),
            Route("/builds.json", studio.list_builds),
            Route("/add", studio.add, methods=["POST"]),
            *(
                Route(f"/{action}", partial(studio.change, action), methods=["POST"])
                for action in ("stop", "continue", "remove")
            ),
            Route("/words", studio.words),
            Route("/result/{slug}", studio.result),
            Route("/result/{slug}/report.html", studio.report),
            Route("/result/{slug}/clips/{number:int}.mp3", studio.clip),
            Mount("/try/{slug}", studio.try_word),
            Route("/install/{slug}.zip", studio.pack),
            Route("/install/{slug}", studio.install),
            *(Route(f"/{{slug}}.{kind}", partial(studio.model_file, kind)) for kind in ("json", "tflite")),
            Mount("/static", StaticFiles(directory=PAGE / "static")),
            Mount("/look", StaticFiles(directory=LIVE_PAGE)),
        ],
        exception_handlers=EXPLAINED,
    )
