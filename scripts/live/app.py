"""The page of `make try`, as an ASGI application that scripts/live/server.py guards.

GET  /               the page and its files, model.json
POST hear            sound of the microphone; gives [time_s, output, probability, detected, highest_cutoff] an inference
POST keep, discard   write a clip, delete it again
"""

import math
from pathlib import Path

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from scripts.core.audio import resample
from scripts.live.clips import discard_clip, keep_clip
from scripts.live.published import Published, parse_cutoff
from scripts.live.sessions import BusyError, Sessions

PAGE = Path(__file__).with_name("page")
MAX_BYTES = 8_000_000  # of one request: more than a clip at any rate
RATES_HZ = range(8_000, 384_001)


def _explain(request: Request, error: Exception) -> Response:
    """A status and a sentence for what an endpoint raised."""
    action = request.scope["path"].rpartition("/")[2]
    status, sentence = 400, f"{action}: {error}"
    if isinstance(error, HTTPException):
        status, sentence = (
            error.status_code,
            f"There is no {action} here." if error.status_code == 404 else error.detail,
        )
    elif isinstance(error, BusyError):
        status, sentence = 503, str(error)
    elif isinstance(error, OSError):
        status, sentence = 500, f"{error.strerror}: {error.filename}"
    return JSONResponse({"error": sentence}, status, {"Connection": "close"})


EXPLAINED = dict.fromkeys((HTTPException, ValueError, KeyError, OSError, ClientDisconnect), _explain)


async def _read_sound(request: Request) -> tuple[np.ndarray, int]:
    """The body, 16-bit mono at ?rate=, as (samples,) float32, and that rate."""
    rate_hz, length = int(request.query_params["rate"]), int(request.headers.get("content-length", "-1"))
    if rate_hz not in RATES_HZ or not 0 <= length <= MAX_BYTES or length % 2:
        raise ValueError(f"{length} bytes at {rate_hz} Hz are not sound that this page sends.")
    return np.frombuffer(await request.body(), "<i2").astype(np.float32) / 32768, rate_hz


def make_app(published: Published, recordings: Path, cutoff: float | None = None, studio: str = "") -> Starlette:
    """The page for one model; clips are kept in `recordings`. `studio`: where the page finds its way back, if it is one of
    the studio's."""
    sessions = Sessions(published)
    facts = {
        "title": published.title,
        "slug": published.slug,
        "directory": published.directory.name,
        "cutoff": published.cutoff if cutoff is None else cutoff,
        "manifest_cutoff": published.cutoff,
        "window": published.window,
        "recordings": str(recordings),
        "studio": studio,
    }

    async def hear(request: Request) -> Response:
        query = request.query_params
        cutoff, at_s = parse_cutoff(query["cutoff"]), float(query["at"])
        if not (math.isfinite(at_s) and at_s >= 0):
            raise ValueError(f"at={query['at']} is not a time: expected seconds from the beginning.")
        sound, rate_hz = await _read_sound(request)
        inferences = await run_in_threadpool(sessions.push, query["session"], sound, rate_hz, cutoff, at_s)
        moments = [
            [each.time_s, round(each.output, 3), round(each.probability, 3), each.detected, each.highest_cutoff]
            for each in inferences
        ]
        return JSONResponse({"moments": moments})

    async def keep(request: Request) -> Response:
        sound = resample(*await _read_sound(request))
        path = await run_in_threadpool(keep_clip, recordings, request.query_params["kind"], sound)
        print(f"kept {path}", flush=True)
        return JSONResponse({"name": path.name, "path": str(path)})

    async def discard(request: Request) -> Response:
        discard_clip(recordings, request.query_params["kind"], request.query_params["name"])
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/", lambda _: FileResponse(PAGE / "page.html")),
            Route("/model.json", lambda _: JSONResponse(facts)),
            Route("/hear", hear, methods=["POST"]),
            Route("/keep", keep, methods=["POST"]),
            Route("/discard", discard, methods=["POST"]),
            Mount("/", StaticFiles(directory=PAGE)),
        ],
        exception_handlers=EXPLAINED,
    )
