/**
 * What orlop writes into a container's record: one JSON text, with the keys
 * that CRI-O's storage layer uses, in its order, and orlop's own at the end.
 */

import {
  asBoolean,
  asInteger,
  asObject,
  asString,
  type JsonObject,
  optional,
  parseJson,
} from "../json.ts";

/** The metadata of a container. */
export interface ContainerMetadata {
  /** Whether this is a pod's infra container: its ID is the pod's. */
  readonly pod: boolean;
  /** All containers of a pod have it. */
  readonly podName: string;
  /** The ID of the pod's infra container. */
  readonly podId: string;
  /** As typed; the image's first name if only an ID was given. */
  readonly imageName: string;
  /** Full. */
  readonly imageId: string;
  /** The container's name. */
  readonly name: string;
  /** Its name for an orchestrator. */
  readonly metadataName: string;
  /** Of a pod: how an orchestrator distinguishes pods with the same name. */
  readonly uid: string;
  /** Of a pod: the orchestrator's. */
  readonly namespace: string;
  /** The number of earlier attempts. */
  readonly attempt: number;
  /** Unix time, in whole seconds. */
  readonly createdAt: number;
  /** The SELinux label to mount with; `""` for none. */
  readonly mountLabel: string;
  /** The image's full name, such as `docker.io/library/busybox:latest`. */
  readonly canonicalImageName: string;
}

// Of the `orlop` member; a reader refuses what is newer than it knows.
const SCHEMA = 1;

/** Formats metadata; what is false, 0 or empty is left out where CRI-O does. */
export function formatContainerMetadata(metadata: ContainerMetadata): string {
  return JSON.stringify({
    ...(metadata.pod && { pod: true }),
    "pod-name": metadata.podName,
    "pod-id": metadata.podId,
    "image-name": metadata.imageName,
    "image-id": metadata.imageId,
    name: metadata.name,
    "metadata-name": metadata.metadataName,
    ...(metadata.uid && { uid: metadata.uid }),
    ...(metadata.namespace && { namespace: metadata.namespace }),
    ...(metadata.attempt && { attempt: metadata.attempt }),
    "created-at": metadata.createdAt,
    ...(metadata.mountLabel && { mountlabel: metadata.mountLabel }),
    orlop: { schema: SCHEMA, image: metadata.canonicalImageName },
  });
}

/**
 * Parses metadata; CRI-O's own is read as well.
 *
 * @param what Whose it is, for errors, such as `container "web-1"`.
 * @throws {SyntaxError} If it is none.
 */
export function parseContainerMetadata(
  json: string,
  what: string,
): ContainerMetadata {
  const where = `metadata of ${what}`;
  return toMetadata(asObject(parseJson(json, where), where), where);
}

/**
 * Parses metadata that may be another owner's, in one go.
 *
 * @returns Undefined if it is not orlop's.
 * @throws {SyntaxError} If it is, and does not fit.
 */
export function parseOwnMetadata(
  json: string,
  what: string,
): ContainerMetadata | undefined {
  const object = readOwn(json);
  return object && toMetadata(object, `metadata of ${what}`);
}

function toMetadata(object: JsonObject, where: string): ContainerMetadata {
  const own = optional(object["orlop"], `${where}, orlop`, asObject);
  checkSchema(own?.["schema"] ?? SCHEMA, where);
  const text = textsOf(object, where);
  return {
    pod: optional(object["pod"], `${where}, pod`, asBoolean) ?? false,
    podName: text("pod-name"),
    podId: text("pod-id"),
    imageName: text("image-name"),
    imageId: text("image-id"),
    name: text("name"),
    metadataName: text("metadata-name"),
    uid: text("uid"),
    namespace: text("namespace"),
    attempt: optional(object["attempt"], `${where}, attempt`, asInteger) ?? 0,
    createdAt:
      optional(object["created-at"], `${where}, created-at`, asInteger) ?? 0,
    mountLabel: text("mountlabel"),
    canonicalImageName: optional(own?.["image"], where, asString) ?? "",
  };
}

function checkSchema(value: unknown, where: string): void {
  const schema = asInteger(value, `${where}, schema`);
  if (schema <= SCHEMA) return;
  throw new SyntaxError(
    `Cannot read ${where}: schema ${schema} is newer than ${SCHEMA}; use a ` +
      `newer orlop`,
  );
}

/** A reader of texts by key; one that is absent is empty. */
function textsOf(
  object: JsonObject,
  where: string,
): (key: string) => string {
  return (key) => optional(object[key], `${where}, ${key}`, asString) ?? "";
}

/** Other tools' containers are not claimed. */
function readOwn(text: string): JsonObject | undefined {
  try {
    const object = asObject(parseJson(text, "metadata"), "metadata");
    return object["orlop"] === undefined ? undefined : object;
  } catch {
    // Other owners write what they like.
    return undefined;
  }
}
