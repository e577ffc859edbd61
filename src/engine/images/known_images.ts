/**
 * The images of a store, for callers that ask often: this is a cache, and the store
 * is the truth.
 */

import type { Abortable } from "../../errors/abort.ts";
import { ImageNotFoundError } from "../../errors/not_found_errors.ts";
import type { ImageId } from "../../formats/storage/store_ids.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import { findByName, findByPrefix } from "../../store/records/find_record.ts";
import { readImagesVersion } from "../../store/records/last_writer.ts";
import type { Agent } from "../agent.ts";
import { findImage, type SearchedImages } from "./find_image.ts";
import {
  factsOf,
  type ImageFacts,
  readConfig,
  readUser,
} from "./list_images.ts";
import { loadShortNames } from "./short_names.ts";

/** An image. */
export interface KnownImage extends ImageFacts {
  /** The user in its config: `1000`, `www-data:www-data`; `""` if it has none. */
  readonly user: string;
}

/** Knows the images of one store. */
export class KnownImages {
  readonly #agent: Agent;
  /** Of `#records`; undefined if the next call has to read them. */
  #version: string | undefined;
  #records: SearchedImages = searched([]);
  #facts: ReadonlyMap<ImageId, ImageFacts> = new Map();
  /** The users in configs, which do not change: each is read once. */
  readonly #users = new Map<ImageId, string>();

  /** Reads nothing yet. */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** All images, in the order of the store; damaged configs have no user. */
  async list(options: Abortable = {}): Promise<readonly KnownImage[]> {
    await this.#update(options);
    return [...this.#facts.values()].map((facts) => ({
      ...facts,
      user: this.#userOf(facts.id, () => readUser(this.#agent, facts.id)),
    }));
  }

  /**
   * Finds one image; undefined if there is none of this name or ID.
   *
   * @throws {InvalidManifestError} If its config is damaged.
   */
  async find(
    nameOrId: string,
    options: Abortable = {},
  ): Promise<KnownImage | undefined> {
    const conf = await loadShortNames(this.#agent, [nameOrId], options);
    await this.#update(options);
    const image = tryFind(this.#records, nameOrId, conf);
    const facts = image && this.#facts.get(image.id);
    if (image === undefined || facts === undefined) return undefined;
    const readIt = () => readConfig(this.#agent, image)?.config.User ?? "";
    return { ...facts, user: this.#userOf(image.id, readIt) };
  }

  #userOf(id: ImageId, read: () => string): string {
    const known = this.#users.get(id);
    if (known !== undefined) return known;
    const user = read();
    this.#users.set(id, user);
    return user;
  }

  /** Waits for no lock, unless something has changed. */
  async #update(options: Abortable): Promise<void> {
    const agent = this.#agent;
    const { paths, libc } = agent.store;
    const isCurrent = this.#version !== undefined &&
      this.#version === readImagesVersion(paths, libc);
    if (isCurrent) return;
    using held = await agent.store.lock(READ_IMAGES, options);
    this.#version = readImagesVersion(paths, libc);
    const records = [...held.images.records];
    this.#records = searched(records);
    this.#facts = new Map(
      records.map((image) => [image.id, factsOf(agent, held.layers, image)]),
    );
    for (const id of this.#users.keys()) {
      if (!this.#facts.has(id)) this.#users.delete(id);
    }
  }
}

const READ_IMAGES = { layers: "read", images: "read" } as const;

function tryFind(
  ...search: Parameters<typeof findImage>
): ImageRecord | undefined {
  try {
    return findImage(...search);
  } catch (error) {
    if (error instanceof ImageNotFoundError) return undefined;
    throw error;
  }
}

/** Records that stay as they are when the store's change. */
function searched(records: readonly ImageRecord[]): SearchedImages {
  const byId = new Map<string, ImageRecord>(
    records.map((image) => [image.id, image]),
  );
  return {
    records,
    lookUp: (text) => byId.get(text),
    getByName: (name) => findByName(records, name),
    getByPrefix: (prefix) => findByPrefix(records, prefix),
  };
}
