"""Images by Inference Providers: models that run on other people's machines, for money."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from email.utils import parsedate_to_datetime
from typing import Any

from PIL import Image as PILImage
from PIL import UnidentifiedImageError

from gemrec.errors import GenerationCancelledError, GenerationError, GenerationRefusedError
from gemrec.generation.backend import Drawn, GenerationJob, ProviderOptions
from gemrec.generation.ledger import Ledger
from gemrec.generation.retries import Retries, RetryableError
from gemrec.generation.sources.hub import HubProbe
from gemrec.records import Model

PARALLEL = 4  # requests of one grid at the same time
ASSUMED_USD = 0.10  # what an image costs when the catalog does not say; above most list prices
ASK_SECONDS = 0.05
RATE_LIMITED, SERVER_ERROR = 429, 500


class ProviderBackend:
    """Kind ``provider``; follows ``Backend``.

    An image is booked before it is asked for and refunded when it fails, so that neither a crash
    nor two processes at once can overstep the limit.

    Args:
        options: Time, retries and cost limits.
        ledger: Where spending is counted.
        client: Builds an ``InferenceClient`` for a model; None takes huggingface_hub's.
        hub: Whether the network is there.
        first_pause: Seconds of the first back-off.
    """

    name = "provider"

    def __init__(
        self,
        options: ProviderOptions,
        ledger: Ledger,
        client: Callable[[Model], Any] | None = None,
        hub: Callable[[], bool] | None = None,
        first_pause: float = 1.0,
    ) -> None:
        self._options = options
        self._ledger = ledger
        self._client = client or self._build_client
        self._hub = hub or HubProbe()
        self._first_pause = first_pause
        self._spent = 0.0

    def problem(self, model: Model, base: Model | None = None) -> str | None:  # noqa: ARG002
        """Not switched on, no token, no money left, no network."""
        if price(model) > 0 and self._options.usd_per_day == 0:
            return self._off_message(model)
        if not is_address(model) and not has_token():
            return (
                f"{model.name} runs at {model.source.provider} and needs a token; set HF_TOKEN to "
                "one that may use Inference Providers."
            )
        if (refusal := self._cost_problem(model)) is not None:
            return refusal
        if not is_address(model) and not self._hub():
            return f"{model.name} runs at {model.source.provider}; connect to the network."
        return None

    def warm_up(self, jobs: tuple[GenerationJob, ...], cancelled: Callable[[], bool]) -> None:
        """Nothing to load."""

    def generate(
        self,
        job: GenerationJob,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> list[Drawn]:
        """Ask for all images of a job; see ``Backend.generate``.

        Raises:
            GenerationRefusedError: The images would cost more than is allowed.
            GenerationError: The provider refuses or keeps failing; the message says how.
        """
        client = self._client(job.model)
        pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="provider")
        stopped = False

        def stop() -> bool:
            return stopped or cancelled()

        try:
            futures = [pool.submit(self._image, client, job, seed, stop) for seed in job.seeds]
            self._follow(futures, job, on_step, cancelled)
            return [Drawn(future.result()) for future in futures]
        finally:
            stopped = True
            pool.shutdown(wait=False, cancel_futures=True)

    def _follow(
        self,
        futures: Sequence[Future[PILImage.Image]],
        job: GenerationJob,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Tell progress until all are done, one fails or nobody wants them."""
        told = 0
        while told < len(futures):
            wait(futures, ASK_SECONDS)
            if cancelled():
                raise GenerationCancelledError(f"{job.model.name} was cancelled.")
            ready = [future for future in futures if future.done()]
            for future in ready:
                future.result()
            if len(ready) > told:
                told = len(ready)
                on_step(told, len(futures))

    def _image(
        self, client: Any, job: GenerationJob, seed: int, stopped: Callable[[], bool]
    ) -> PILImage.Image:
        self._book(job.model)
        try:
            return self._ask(client, job, seed, stopped)
        except BaseException:
            self._refund(job.model)
            raise

    def _ask(
        self, client: Any, job: GenerationJob, seed: int, stopped: Callable[[], bool]
    ) -> PILImage.Image:
        def sleep(seconds: float) -> None:
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                if stopped():
                    raise GenerationCancelledError(f"{job.model.name} was cancelled.")
                time.sleep(min(ASK_SECONDS, left))

        retries = Retries(self._options.attempts, sleep, random.random, self._first_pause)
        try:
            return retries.call(lambda: request_image(client, job, seed))
        except RetryableError as error:
            raise GenerationError(
                f"{job.model.name} at {job.model.source.provider} gave no image after "
                f"{self._options.attempts} tries: {error} Try again later."
            ) from error

    def _book(self, model: Model) -> None:
        usd = price(model)
        if self._over_process_limit(usd) or not self._ledger.spend(
            model.id, usd, self._options.usd_per_day
        ):
            self._ledger.refuse("cost_limit", model.id)
            raise GenerationRefusedError(self._limit_message(model))
        self._spent += usd

    def _refund(self, model: Model) -> None:
        self._ledger.refund(model.id, price(model))
        self._spent -= price(model)

    def _cost_problem(self, model: Model) -> str | None:
        usd = price(model)
        over = self._over_process_limit(usd)
        if over or self._ledger.spent() + usd > self._options.usd_per_day + 1e-9:
            return self._limit_message(model)
        return None

    def _over_process_limit(self, usd: float) -> bool:
        return self._spent + usd > self._options.usd_per_process + 1e-9

    def _off_message(self, model: Model) -> str:
        return (
            f"{model.name} costs about ${price(model):.3g} per image at {model.source.provider}, and "
            "nothing is spent unasked; set GEMREC_PROVIDER_USD_PER_DAY to what a day may cost."
        )

    def _limit_message(self, model: Model) -> str:
        if self._options.usd_per_day == 0:
            return self._off_message(model)
        return (
            f"{model.name} costs about ${price(model):.3g} per image, and the limit for Inference "
            f"Providers is reached: ${self._ledger.spent():.2f} of ${self._options.usd_per_day:.2f}"
            f" today, ${self._spent:.2f} of ${self._options.usd_per_process:.2f} in this run. Wait "
            "until tomorrow (UTC), or raise GEMREC_PROVIDER_USD_PER_DAY or _PER_PROCESS."
        )

    def _build_client(self, model: Model) -> Any:
        from huggingface_hub import InferenceClient  # noqa: PLC0415 - only provider models need it

        return InferenceClient(
            model=model.source.path,
            provider=model.source.provider,  # type: ignore[arg-type]
            timeout=self._options.timeout,
        )


def request_image(client: Any, job: GenerationJob, seed: int) -> PILImage.Image:
    """One request.

    Raises:
        RetryableError: The server is busy, broken, slow or out of reach, or sent no image.
        GenerationError: It refuses; asking again would not help.
    """
    from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError  # noqa: PLC0415

    parameters = job.model.parameters
    try:
        image: PILImage.Image = client.text_to_image(
            job.prompt,
            negative_prompt=parameters.negative_prompt or None,
            width=parameters.width,
            height=parameters.height,
            num_inference_steps=parameters.steps,
            guidance_scale=parameters.guidance_scale,
            seed=seed,
        )
        return image.convert("RGB")
    except InferenceTimeoutError as error:
        raise RetryableError("it did not answer in time.") from error
    except HfHubHTTPError as error:
        raise answer_error(job.model, error) from error
    except (UnidentifiedImageError, SyntaxError, PILImage.DecompressionBombError) as error:
        raise RetryableError("what it sent is no image.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise GenerationError(f"{job.model.name} cannot be asked for images: {error}") from error
    except OSError as error:
        raise RetryableError(f"the connection or the image broke ({error}).") from error
    except Exception as error:
        if is_transport_error(error):
            raise RetryableError(f"the connection broke ({type(error).__name__}).") from error
        raise


def answer_error(model: Model, error: Any) -> Exception:
    """What an HTTP error means: worth another try, or the end."""
    status = error.response.status_code
    if status == RATE_LIMITED or status >= SERVER_ERROR:
        what = "it is asked too often" if status == RATE_LIMITED else "it has an error of its own"
        return RetryableError(f"{what} (HTTP {status}).", retry_after(error.response.headers))
    first_line = str(error).strip().partition("\n")[0]
    advice = {
        401: " Check HF_TOKEN.",
        402: " The account has no credit left.",
        403: " The token may not use Inference Providers, or the model is gated.",
        404: " The provider does not have this model.",
    }.get(status, "")
    return GenerationError(
        f"{model.name} at {model.source.provider} refused (HTTP {status}).{advice} {first_line}"
    )


def retry_after(headers: Any) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (RFC 9110, 10.2.3), or None."""
    text = headers.get("Retry-After")
    if text is None:
        return None
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None


def is_transport_error(error: Exception) -> bool:
    """Whether the HTTP library under huggingface_hub lost the connection.

    Told by name, because huggingface_hub decides which library that is.
    """
    return any(kind.__name__ == "TransportError" for kind in type(error).__mro__)


def price(model: Model) -> float:
    """US dollars that one image is booked with."""
    usd = model.cost.usd_per_image
    return ASSUMED_USD if usd is None else usd


def is_address(model: Model) -> bool:
    """Whether the model is an endpoint of one's own rather than a repository id."""
    return model.source.path.startswith(("http://", "https://"))


def has_token() -> bool:
    """Whether huggingface_hub finds a token, in the environment or from a login."""
    from huggingface_hub import get_token  # noqa: PLC0415 - only provider models need it

    return get_token() is not None
