/** Adds names to images, and removes them. */

import type { Abortable } from "../../errors/abort.ts";
import { ImageNotFoundError } from "../../errors/not_found_errors.ts";
import type { RegistriesConf } from "../../formats/config/registries_conf.ts";
import {
  type ImageName,
  nameOf,
  parseLocalReference,
} from "../../formats/oci/reference.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import { giveNames, withNames } from "../../store/image_records.ts";
import type { Agent } from "../agent.ts";
import { findImage, namesFor } from "./find_image.ts";
import { loadShortNames } from "./short_names.ts";

/**
 * Adds a name to an image; another image that has it loses it.
 *
 * @returns The full name.
 * @throws {SyntaxError} If the name is malformed.
 * @throws {ImageNotFoundError} If there is no such image.
 */
export async function tagImage(
  agent: Agent,
  nameOrId: string,
  options: Abortable & { readonly name: string },
): Promise<ImageName> {
  const reference = parseLocalReference(options.name);
  if (reference.digest !== undefined) {
    throw new SyntaxError(
      `Cannot tag an image "${options.name}": a digest cannot be given`,
    );
  }
  const name = nameOf(reference);
  const conf = await loadShortNames(agent, [nameOrId], options);
  using held = await agent.store.lock({ images: "write" }, options);
  giveNames(held.images, findImage(held.images, nameOrId, conf).id, [name]);
  held.images.save();
  return name;
}

/**
 * Removes names from an image: those given, or all. The image stays.
 *
 * @throws {ImageNotFoundError} If there is no such image, or a name is not its.
 */
export async function untagImage(
  agent: Agent,
  nameOrId: string,
  options: Abortable & { readonly names?: readonly string[] } = {},
): Promise<readonly string[]> {
  const texts = [nameOrId, ...options.names ?? []];
  const conf = await loadShortNames(agent, texts, options);
  using held = await agent.store.lock({ images: "write" }, options);
  const image = findImage(held.images, nameOrId, conf);
  const names = options.names === undefined
    ? image.names ?? []
    : options.names.map((name) => ownName(image, name, conf));
  const kept = image.names?.filter((name) => !names.includes(name));
  held.images.update(withNames(image, kept));
  held.images.save();
  return names;
}

export function ownName(
  image: ImageRecord,
  typed: string,
  conf: RegistriesConf,
): string {
  const name = findOwnName(image, typed, conf);
  if (name !== undefined) return name;
  throw new ImageNotFoundError(
    `Cannot untag "${typed}": image "${image.id}" does not have this name`,
    { imageName: typed },
  );
}

/** The name of an image that a text refers to; undefined if it is an ID. */
export function findOwnName(
  image: ImageRecord,
  typed: string,
  conf: RegistriesConf,
): string | undefined {
  return namesFor(typed, conf).map(nameOf)
    .find((name) => image.names?.includes(name));
}
