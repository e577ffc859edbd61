/** Puts manifests and indexes: OCI distribution-spec v1.1, "Pushing Manifests". */

import type { Abortable } from "../../errors/abort.ts";
import { BlobMismatchError, RegistryError } from "../../errors/image_errors.ts";
import type { RawManifest } from "../../formats/oci/blob_source.ts";
import { discardBody } from "../read_body.ts";
import { isPage, PAGE_PROBLEM, pushErrorOf } from "./push_answers.ts";
import type { UploadAccess } from "./upload_session.ts";

/** How to put a manifest. */
export interface PushManifestOptions extends Abortable {
  /** A tag, or its digest. */
  readonly name: string;
  /** What the user calls the image, for errors. */
  readonly title: string;
}

/**
 * Puts a manifest, and makes sure that it is stored as it is.
 *
 * @throws {RegistryError} If the registry does not take it.
 * @throws {BlobMismatchError} If it stores another one.
 */
export async function pushManifest(
  { sender, url: base, retry }: UploadAccess,
  { bytes, mediaType, digest }: RawManifest,
  { name, title, signal }: PushManifestOptions,
): Promise<void> {
  const what = `Cannot push "${title}"`;
  const url = new URL(`manifests/${name}`, base);
  const response = await sender.send(url, {
    method: "PUT",
    headers: { "content-type": mediaType },
    body: bytes,
    ...{ signal, retry },
  });
  if (!response.ok) {
    throw await pushErrorOf(response, what, { ...retry, signal });
  }
  await discardBody(response);
  if (isPage(response)) {
    throw new RegistryError(`${what}: ${PAGE_PROBLEM}`, {
      reason: "malformed",
    });
  }
  const stored = response.headers.get("docker-content-digest") ?? digest;
  if (stored === digest) return;
  throw new BlobMismatchError(
    `${what}: the registry stored its manifest as ` +
      `${JSON.stringify(stored.slice(0, 150))}, expected ${digest}`,
  );
}

// As containers/image has them: of OpenShift, of old registries, of ECR.
const REFUSALS = ["MANIFEST_INVALID", "TAG_INVALID", "UNSUPPORTED"];

/**
 * Whether a registry refuses this format of manifest, so that another may work.
 *
 * @param error What putting it failed with.
 */
export function isManifestRefused(error: unknown): boolean {
  if (!(error instanceof RegistryError)) return false;
  const { status, code } = error;
  return status === 415 ||
    (status >= 400 && status < 500 && REFUSALS.includes(code));
}
