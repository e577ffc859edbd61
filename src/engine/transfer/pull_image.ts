/** Pulls an image by a typed reference. */

import {
  NoMatchingPlatformError,
  RegistryError,
} from "../../errors/image_errors.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import { hasTransport } from "../../formats/oci/transport_reference.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import type { Agent } from "../agent.ts";
import { hasImage } from "../images/find_image.ts";
import { openSource } from "../media/open_source.ts";
import { recordAlias } from "../media/record_alias.ts";
import { LayerWorkers } from "./layer_workers.ts";
import type { PullEvent } from "../progress/pull_event.ts";
import { publishPull } from "../progress/pull_status.ts";
import { resolveImage } from "./resolve_image.ts";
import { copyImage } from "./copy_image.ts";
import type { StoreImageOptions } from "./store_image.ts";
import { openStoreSink, type StoredImage } from "./store_sink.ts";

/** How to pull. */
export interface PullOptions
  extends RegistryOptions, Omit<StoreImageOptions, "names"> {}

/**
 * Pulls an image from a registry (`busybox`, `quay.io/a/b:1`, `docker://…`) or
 * from any other medium (`oci:DIR[:REF]`, `docker-archive:FILE`, …).
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
  using published = publishPull(agent, name);
  const onEvent = (event: PullEvent) => {
    published.advance(event);
    options.onEvent?.(event);
  };
  await using workers = await startEarly(agent, name, { ...opening, conf });
  await using opened = await openSource(agent, name, { ...opening, conf });
  const { source, name: found } = opened;
  const names = found === undefined ? [] : [found];
  const sink = openStoreSink(agent, { ...options, onEvent, workers, names });
  const copying = { ...options, onWarning, name: found };
  const stored = await copyImage(source, sink, copying);
  if (opened.chosen) await recordAlias(agent, opened.chosen, opening);
  return stored;
}

/** How to open a source. */
interface OpenOptions extends PullOptions {
  /** Undefined if the reference is not of a registry. */
  readonly conf: RegistriesConf | undefined;
}

/** Reads registries.conf once for a pull. */
async function readConf(
  name: string,
  options: PullOptions,
): Promise<RegistriesConf | undefined> {
  options.signal?.throwIfAborted();
  return hasTransport(name) ? undefined : await loadRegistriesConf(options);
}

/** Starts workers during the first request, if they will probably be needed. */
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
    await using opened = await openSource(agent, name, { ...opening, conf });
    await resolveImage(opened.source, { ...options, name: opened.name });
    return true;
  } catch (error) {
    const isRefused = error instanceof RegistryError &&
      (error.isImageUnknown || [401, 403].includes(error.status));
    if (isRefused || error instanceof NoMatchingPlatformError) return false;
    throw error;
  }
}
