/** `--filter` of `orlop images`, with podman's keys and orlop's own. */

import { parseAge } from "../../render/human.ts";
import type { ImageRow, ReadLabels } from "../../render/image_rows.ts";
import {
  hasPair,
  matchesPattern,
  readFilters,
  readTruth,
} from "./read_filters.ts";

/** What filters have to ask for. */
export interface FilterFacts {
  readonly readLabels: ReadLabels;
  /** When an image was made, by its name or ID; milliseconds since 1970. */
  readonly findTime: (name: string) => Promise<number>;
}

/**
 * Reads filters.
 *
 * @throws {UsageError} If one makes no sense.
 * @throws {ImageNotFoundError} If one names an image that is not there.
 */
export async function readImageFilters(
  texts: readonly string[],
  { readLabels, findTime }: FilterFacts,
): Promise<(row: ImageRow) => boolean> {
  const times = new Map<string, number>();
  for (const text of texts) {
    const [, name] = /^(?:before|since|after)=(.*)$/s.exec(text) ?? [];
    if (name !== undefined) times.set(name, await findTime(name));
  }
  const compareTime = ({ image }: ImageRow, name: string) =>
    Date.parse(image.created) - (times.get(name) ?? NaN);
  const isSince = (row: ImageRow, name: string) => compareTime(row, name) > 0;
  return readFilters<ImageRow>(texts, {
    dangling: ({ image }, value) =>
      readTruth(value) === (image.names.length === 0),
    reference: matchesName,
    id: ({ image }, value) => image.id.startsWith(value.replace("sha256:", "")),
    digest: ({ image }, value) => image.digest.startsWith(value),
    label: ({ image }, value) =>
      hasPair(Object.entries(readLabels(image)), value),
    before: (row, name) => compareTime(row, name) < 0,
    since: isSince,
    after: isSince,
    until: ({ image }, value) => Date.parse(image.created) < parseAge(value),
    containers: ({ image }, value) =>
      readTruth(value) === image.usedBy.length > 0,
    used: ({ image }, value) => readTruth(value) === image.usedBy.length > 0,
    pinned: ({ image }, value) => readTruth(value) === image.pinned,
    // For podman: of an additional store, which orlop has none of.
    readonly: (_, value) => !readTruth(value),
  });
}

/** Takes full names, and ends of them from a slash on: `app`, `org/app:1`. */
function matchesName(
  { image, repository, tag }: ImageRow,
  pattern: string,
): boolean {
  const parts = repository.split("/");
  const ends = parts.map((_, index) => parts.slice(index).join("/"));
  return image.id.startsWith(pattern) && pattern.length >= 12 ||
    ends.some((end) =>
      matchesPattern(end, pattern) || matchesPattern(`${end}:${tag}`, pattern)
    );
}
