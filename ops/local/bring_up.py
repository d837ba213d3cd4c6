"""`up`: from an assembly to a platform that answers, or to nothing running and a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import boto3

from kindred_aws.artefact_store import ArtefactStore
from ops.local.assembly import Stack, read_assembly
from ops.local.catalogue import (
    PreparedCatalogue,
    imported_files,
    kept_catalogue,
    prepare_catalogue,
    publish,
)
from ops.local.commands_to_try import (
    app_commands,
    choose_app,
    experiment_commands,
    token_command,
)
from ops.local.deploy import (
    Deployed,
    api_key_value,
    deploy_assembly,
    local_api_url,
    replace_tasks,
    secret_value,
)
from ops.local.emulator_environment import emulator_python, function_python
from ops.local.experiment_seed import seed_experiment
from ops.local.fidelity import describe_types
from ops.local.leftovers import end_platform, find_supervisor
from ops.local.operator_credentials import become_operator, create_operator
from ops.local.ports import require_free
from ops.local.settings import PORT_PURPOSES
from ops.local.state_files import clear_state, read_json, write_json
from ops.local.supervisor_process import await_emulator, await_services, start_supervisor
from ops.local.users import create_users

if TYPE_CHECKING:
    from kindred.similarity.catalogue_manifest import CatalogueManifest
    from ops.local.progress import Phases
    from ops.local.settings import LocalSettings

NEWS_SECONDS = 0.2


class PlatformBusy(Exception):
    """Somebody else brings this platform up just now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpRequest:
    """What to bring up: an assembly, and a catalogue of these files or, without one, generated."""

    assembly: Path
    catalogue_files: tuple[Path, ...]
    # Even over a catalogue that an operator imported since.
    reset_catalogue: bool = False


class _CatalogueWork:
    """Prepares the catalogue beside the deployment.

    On a daemon thread, so that an interrupted `up` does not wait for it.
    """

    def __init__(self, files: Sequence[Path], *, cache: Path) -> None:
        self._future: Future[PreparedCatalogue] = Future()
        self._news = ""
        Thread(target=self._run, args=(files, cache), name="catalogue", daemon=True).start()

    def result(self, *, say: Callable[[str], None]) -> PreparedCatalogue:
        """Waits, and tells how far it is. Raises what the importer does."""
        while True:
            try:
                return self._future.result(timeout=NEWS_SECONDS)
            except TimeoutError:
                if self._future.done():
                    raise
                say(self._news)

    def _run(self, files: Sequence[Path], cache: Path) -> None:
        try:
            self._future.set_result(prepare_catalogue(files, cache=cache, say=self._hear))
        except BaseException as error:
            self._future.set_exception(error)

    def _hear(self, news: str) -> None:
        self._news = news


def bring_up(settings: LocalSettings, request: UpRequest, phases: Phases) -> dict[str, Any]:
    """The platform file's content once everything is healthy.

    A first bring-up that fails or is interrupted ends everything it started before it raises; a
    platform that ran before goes on running.
    """
    stacks = read_assembly(request.assembly)
    describe_types(stacks)
    settings = running_settings(settings)
    first = find_supervisor(settings.state) is None
    if not first and not settings.deployment_file.exists():
        raise PlatformBusy(f"another `up` is at work in {settings.state}: wait for it, or `down`")
    catalogue = _CatalogueWork(request.catalogue_files, cache=settings.root / ".cache")
    try:
        if first:
            _start(settings, phases)
        return _update(settings, request, stacks, catalogue, phases)
    except BaseException:
        if first:
            end_platform(settings.state)
        raise


def running_settings(settings: LocalSettings) -> LocalSettings:
    """The given settings, with the ports of the platform that runs already."""
    ports = read_json(settings.ports_file)
    if ports is None or find_supervisor(settings.state) is None:
        return settings
    return replace(settings, **ports)


def _start(settings: LocalSettings, phases: Phases) -> None:
    end_platform(settings.state)
    require_free({purpose: (name, settings.ports[name]) for name, purpose in PORT_PURPOSES.items()})
    clear_state(settings)
    with phases.phase("emulator environment"):
        emulator_python(settings.root)
        function_python(settings.root)
    with phases.phase("emulator and cache"):
        create_operator(settings)
        write_json(settings.ports_file, dict(settings.ports))
        await_emulator(settings, start_supervisor(settings))


def _update(
    settings: LocalSettings,
    request: UpRequest,
    stacks: Sequence[Stack],
    catalogue: _CatalogueWork,
    phases: Phases,
) -> dict[str, Any]:
    become_operator(settings)
    before = read_json(settings.deployment_file) or {}
    if before:
        # New task definitions name images of the new assembly.
        write_json(settings.deployment_file, {**before, "assembly": str(request.assembly)})
    with phases.phase("stacks"):
        deployed = deploy_assembly(stacks, say=phases.detail)
    with phases.phase("catalogue and models"):
        target = ArtefactStore(boto3.client("s3"), deployed.output("EmbeddingsBucketName"))
        loaded = _load(settings, request, target, catalogue, before, phases)
        table = deployed.output("ExperimentsTableName")
        seed_experiment(boto3.client("dynamodb"), table=table)
    with phases.phase("users"):
        create_users(
            boto3.client("cognito-idp"),
            pool=deployed.output("UserPoolId"),
            file=settings.users_file,
        )
    generation = before.get("generation", 0) + 1
    deployment = {**_describe(settings, request, deployed, generation), **loaded}
    write_json(settings.deployment_file, {**before, **deployment})
    with phases.phase("services"):
        await_services(settings, generation=generation, say=phases.detail)
    with phases.phase("first answer"):
        api_url, api_key = deployment["api_url"], deployment["api_key"]
        app = choose_app(api_url, api_key)
        shown = (
            *(app_commands(api_url, api_key, app) if app else ()),
            *experiment_commands(
                api_url,
                api_key,
                client_key=deployment["client_key"],
                token_command=token_command(settings),
            ),
        )
        write_json(settings.deployment_file, {**deployment, "commands": shown})
    return {**(read_json(settings.platform_file) or {}), "commands": shown}


def _load(
    settings: LocalSettings,
    request: UpRequest,
    target: ArtefactStore,
    catalogue: _CatalogueWork,
    before: Mapping[str, Any],
    phases: Phases,
) -> dict[str, Any]:
    """Publish the catalogue and its models, unless an operator's is there; what is known of it."""
    own: list[str] = before.get("own_catalogues", [])
    kept = kept_catalogue(target, own=own)
    if kept and not request.reset_catalogue:
        source = imported_files(kept)
        phases.note(
            f"left alone: the catalogue of {kept.count:,} apps that was imported since "
            f"({source}); `kindred local up --reset-catalogue` replaces it"
        )
        return {"catalogue": _summary(kept, source), "own_catalogues": own}
    prepared = catalogue.result(say=phases.detail)
    own = list(dict.fromkeys([*own, prepared.manifest.catalogue_sha256]))
    if before:
        # Known before it is published: an `up` that is interrupted here still knows its own.
        deployment = read_json(settings.deployment_file) or {}
        write_json(settings.deployment_file, {**deployment, "own_catalogues": own})
    if publish(prepared, target) and before:
        replace_tasks()
    return {"catalogue": _summary(prepared.manifest, prepared.source), "own_catalogues": own}


def _summary(manifest: CatalogueManifest, source: str) -> dict[str, Any]:
    return {"source": source, "count": manifest.count, "generated": manifest.generated}


def _describe(
    settings: LocalSettings,
    request: UpRequest,
    deployed: Deployed,
    generation: int,
) -> dict[str, Any]:
    api_url = local_api_url(deployed.output("ApiUrl"), emulator_url=settings.emulator_url)
    return {
        "generation": generation,
        "assembly": str(request.assembly),
        "environment": request.assembly.name,
        "api_url": api_url,
        "api_key": api_key_value(deployed.output("ApiKeyId")),
        "client_key": secret_value(deployed.output("ClientKeySecretArn")),
        "user_pool_id": deployed.output("UserPoolId"),
        "user_pool_client_id": deployed.output("UserPoolClientId"),
        "outputs": deployed.outputs,
        "stacks": {name: str(change) for name, change in deployed.changes.items()},
    }
