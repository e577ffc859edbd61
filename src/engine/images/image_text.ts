/** Parses texts that refer to stored images: names, IDs, or both. */

import { parseReference, type Reference } from "../../formats/oci/reference.ts";
import {
  hasTransport,
  parseStoreReference,
  parseTransportReference,
} from "../../formats/oci/transport_reference.ts";

/** A parsed text; empty if it is malformed. */
export interface ImageText {
  readonly reference?: Reference;
  /** Full, or the beginning of one. */
  readonly imageId?: string;
  /** Why it does not parse. */
  readonly problem?: SyntaxError;
}

const FULL_ID = /^(?:sha256:)?([0-9a-f]{64})$/;

/**
 * Reads `busybox`, `docker://busybox:1`, `containers-storage:busybox@ID`, `@ID`,
 * `[overlay@/srv/s+/run/s]busybox`, or a full ID. The text in the brackets is
 * ignored: lookups use the current store.
 */
export function readImageText(text: string): ImageText {
  const id = FULL_ID.exec(text)?.[1];
  if (id !== undefined) return { imageId: id };
  try {
    if (/^[@[]/.test(text)) return partsOf(parseStoreReference(text));
    if (isPlainName(text)) return { reference: parseReference(text) };
    return partsOf(parseTransportReference(text));
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: error };
    throw error;
  }
}

/** Whether a text names no transport, no store and no ID. */
export function isPlainName(text: string): boolean {
  return text !== "" && !/^[@[]/.test(text) && !FULL_ID.test(text) &&
    !hasTransport(text);
}

/** The reference that a name stands for; undefined if it is none. */
export function tryParse(name: string): Reference | undefined {
  return readImageText(name).reference;
}

/** References with other transports never name an image of the store. */
function partsOf(
  parsed: ReturnType<typeof parseTransportReference>,
): ImageText {
  switch (parsed.transport) {
    case "docker":
      return { reference: parsed.reference };
    case "containers-storage": {
      const { reference, imageId } = parsed;
      return {
        ...(reference !== undefined && { reference }),
        ...(imageId !== undefined && { imageId }),
      };
    }
    case "oci":
    case "oci-archive":
    case "docker-archive":
    case "dir":
    case "docker-daemon":
      return {
        problem: new SyntaxError(
          `Cannot look up an image of transport "${parsed.transport}": ` +
            `it is not in the store`,
        ),
      };
  }
}
