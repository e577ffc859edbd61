/**
 * What orlop writes into a container's record: one JSON text, with the keys
 * that CRI-O's storage layer uses, in its order, and orlop's own at the end.
 */

import {
  asBoolean,
  asInteger,
  asObject,
  asString,
  optional,
  parseJson,
} from "./json.ts";

/** What is known of a container beside its image and its layer. */
export interface ContainerMetadata {
  /** Whether this is a pod's infra container: its ID is the pod's. */
  readonly pod: boolean;
  readonly podName: string;
  readonly podId: string;
  /** As typed; the image's first name if only an ID was given. */
  readonly imageName: string;
  readonly imageId: string;
  /** The container's name. */
  readonly name: string;
  /** The name that an orchestrator calls it by. */
  readonly metadataName: string;
  readonly uid: string;
  readonly namespace: string;
  /** How often it was created anew. */
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
  text: string,
  what: string,
): ContainerMetadata {
  const object = asObject(parseJson(text, `metadata of ${what}`), what);
  const own = optional(object["orlop"], what, asObject);
  const schema = own === undefined ? SCHEMA : asInteger(own["schema"], what);
  if (schema > SCHEMA) {
    throw new SyntaxError(
      `Cannot read metadata of ${what}: schema ${schema} is newer than ` +
        `${SCHEMA}; use a newer orlop`,
    );
  }
  const member = (key: string) => optional(object[key], key, asString) ?? "";
  return {
    pod: optional(object["pod"], "pod", asBoolean) ?? false,
    podName: member("pod-name"),
    podId: member("pod-id"),
    imageName: member("image-name"),
    imageId: member("image-id"),
    name: member("name"),
    metadataName: member("metadata-name"),
    uid: member("uid"),
    namespace: member("namespace"),
    attempt: optional(object["attempt"], "attempt", asInteger) ?? 0,
    createdAt: optional(object["created-at"], "created-at", asInteger) ?? 0,
    mountLabel: member("mountlabel"),
    canonicalImageName: optional(own?.["image"], "image", asString) ?? "",
  };
}

/** Whether metadata is orlop's: other tools' containers are not claimed. */
export function isOwnMetadata(text: string): boolean {
  try {
    return asObject(parseJson(text, "metadata"), "metadata")["orlop"] !==
      undefined;
  } catch {
    // Other owners write what they like.
    return false;
  }
}
