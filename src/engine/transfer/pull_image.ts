/** Pulls an image by a name that a person typed. */

import { basename, resolve } from "@std/path";
import {
  NoMatchingPlatformError,
  RegistryError,
} from "../../errors/image_errors.ts";
import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import {
  type ImageName,
  isShortName,
  isTag,
  nameOf,
  parseReference,
  type Reference,
} from "../../formats/oci/reference.ts";
import {
  hasTransport,
  type LayoutReference,
  parseTransportReference,
} from "../../formats/oci/transport_reference.ts";
import { combineFailures } from "../../registry/combine_failures.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import { candidatesFor } from "../../registry/config/short_names.ts";
import { openRepository } from "../../registry/open_repository.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import { openLayout } from "../../transports/layout_source.ts";
import type { Agent } from "../agent.ts";
import { hasImage } from "../images/find_image.ts";
import { LayerWorkers } from "./layer_workers.ts";
import { resolveImage } from "./resolve_image.ts";
import { copyImage } from "./copy_image.ts";
import type { StoreImageOptions } from "./store_image.ts";
import { openStoreSink, type StoredImage } from "./store_sink.ts";

/** How to pull. */
export interface PullOptions
  extends RegistryOptions, Omit<StoreImageOptions, "names"> {}

/** A source that was opened, and the name its image will have. */
interface OpenedSource extends Disposable {
  readonly source: ImageSource;
  readonly name: ImageName;
}

/**
 * Pulls an image from a registry (`busybox`, `quay.io/a/b:1`, `docker://…`) or
 * from an OCI layout on disk (`oci:DIR[:REF]`).
 *
 * @throws {SyntaxError} If the name is malformed.
 * @throws {RegistryError} If the registry does not give it.
 * @throws As `storeImage()` does.
 */
export async function pullImage(
  agent: Agent,
  name: string,
  options: PullOptions = {},
): Promise<StoredImage> {
  const onWarning = (message: string) => agent.log("warn", message);
  const opening = { ...agent.registries, onWarning, ...options };
  const conf = await readConf(name, opening);
  await using workers = await startEarly(agent, name, { ...opening, conf });
  using opened = await openSource(name, { ...opening, conf });
  const { source, name: found } = opened;
  const sink = openStoreSink(agent, { ...options, workers, names: [found] });
  return await copyImage(source, sink, { ...options, onWarning, name: found });
}

/** How to open what a name stands for. */
interface OpenOptions extends PullOptions {
  /** Undefined if the name says itself where its image is. */
  readonly conf: RegistriesConf | undefined;
}

/** Once a pull, whatever needs it. */
async function readConf(
  name: string,
  options: PullOptions,
): Promise<RegistriesConf | undefined> {
  options.signal?.throwIfAborted();
  return hasTransport(name) ? undefined : await loadRegistriesConf(options);
}

/** They start while the registry is asked, if it seems that they are needed. */
async function startEarly(
  agent: Agent,
  name: string,
  { conf, signal }: OpenOptions,
): Promise<LayerWorkers | undefined> {
  if (conf === undefined) return undefined;
  using held = await agent.store.lock({ images: "read" }, { signal });
  if (hasImage(held.images, name, conf)) return undefined;
  await using begun = new AsyncDisposableStack();
  const workers = begun.use(new LayerWorkers(agent.store));
  workers.start();
  begun.move();
  return workers;
}

/**
 * Whether an image could be pulled: asks for its manifest, stores nothing.
 *
 * @throws As `pullImage()`, for other reasons than that it is not there or
 *   not allowed.
 */
export async function canPull(
  agent: Agent,
  name: string,
  options: PullOptions = {},
): Promise<boolean> {
  try {
    const onWarning = (message: string) => agent.log("warn", message);
    const opening = { ...agent.registries, onWarning, ...options };
    const conf = await readConf(name, opening);
    using opened = await openSource(name, { ...opening, conf });
    await resolveImage(opened.source, { ...options, name: opened.name });
    return true;
  } catch (error) {
    const isRefused = error instanceof RegistryError &&
      (error.isImageUnknown || [401, 403].includes(error.status));
    if (isRefused || error instanceof NoMatchingPlatformError) return false;
    throw error;
  }
}

async function openSource(
  name: string,
  options: OpenOptions,
): Promise<OpenedSource> {
  options.signal?.throwIfAborted();
  const { conf } = options;
  if (conf !== undefined) {
    return await openCandidates(name, { ...options, conf });
  }
  const parsed = parseTransportReference(name);
  switch (parsed.transport) {
    case "docker":
      return await openInRegistry(parsed.reference, options);
    case "oci":
      return await openInLayout(parsed);
    case "oci-archive":
    case "docker-archive":
    case "dir":
    case "docker-daemon":
    case "containers-storage":
      throw new InvalidImageNameError(
        `Cannot pull "${name}": transport "${parsed.transport}" is not ` +
          `supported; use a registry or oci:DIR`,
      );
  }
}

/** A short name may be on several registries: the first that has it counts. */
async function openCandidates(
  name: string,
  options: PullOptions & { readonly conf: RegistriesConf },
): Promise<OpenedSource> {
  const candidates = candidatesFor(name, options.conf);
  const failures: Error[] = [];
  for (const candidate of candidates) {
    try {
      return await openInRegistry(candidate, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (candidates.length === 1 || !(error instanceof Error)) throw error;
      failures.push(error);
    }
  }
  throw combineFailures(failures, {
    message: `Cannot pull "${name}": ` +
      failures.map(({ message }) => message).join("; "),
  });
}

async function openInRegistry(
  reference: Reference,
  options: OpenOptions,
): Promise<OpenedSource> {
  const source = await openRepository(reference, options);
  return {
    source,
    name: nameOf(reference),
    [Symbol.dispose]: () => source[Symbol.dispose](),
  };
}

async function openInLayout(
  { path, ref, index }: LayoutReference,
): Promise<OpenedSource> {
  const source = await openLayout(path, { ref, index });
  const name = ref === undefined
    ? nameBelowLocalhost(path, source.name)
    : nameInLayout(path, ref);
  return { source, name: nameOf(name), [Symbol.dispose]() {} };
}

/** The name that the user typed: a full one stays, else it is a tag. */
function nameInLayout(path: string, ref: string): Reference {
  if (!isShortName(ref)) return parseReference(ref);
  return nameBelowLocalhost(path, ref.split(":").at(-1));
}

/**
 * The directory's name, below `localhost/` as podman has it: what stands in a
 * stranger's layout must not take a name away from another image.
 *
 * @param tag Left out of the name unless it is one.
 */
function nameBelowLocalhost(path: string, tag: string | undefined): Reference {
  const repository = basename(resolve(path)).toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const name = `localhost/${repository || "layout"}`;
  return parseReference(isTag(tag) ? `${name}:${tag}` : name);
}
