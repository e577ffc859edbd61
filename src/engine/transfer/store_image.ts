/** Stores an image from a source. */

import type { Abortable } from "../../errors/abort.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { Platform } from "../../formats/oci/descriptor.ts";
import { nameOf, parseReference } from "../../formats/oci/reference.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";
import { type AgentHandle, insideOf } from "../agent.ts";
import { copyImage } from "./copy_image.ts";
import type { OnPullEvent } from "../progress/pull_event.ts";
import type { ImagePolicy } from "./resolve_image.ts";
import { openStoreSink, type StoredImage } from "./store_sink.ts";

/** How to store an image. */
export interface StoreImageOptions extends Abortable {
  /** They are normalised; the image may have others already. */
  readonly names: readonly string[];
  /**
   * Of an index: which image.
   *
   * @default {this machine's}
   */
  readonly platform?: Platform | undefined;
  /**
   * Decides whether the image may be fetched.
   *
   * @default {none: all may}
   */
  readonly policy?: ImagePolicy | undefined;
  /**
   * Limits of the content of a layer.
   *
   * @default {as UnpackLimits has it}
   */
  readonly limits?: UnpackLimits | undefined;
  /**
   * `"ignore"` starts even if the disk seems too small.
   *
   * @default {"check"}
   */
  readonly space?: "check" | "ignore" | undefined;
  /**
   * `"forget"` ignores partial blobs of earlier pulls.
   *
   * @default {"use"}
   */
  readonly received?: "use" | "forget" | undefined;
  /**
   * How to retry.
   *
   * @default {as RetryRules has it}
   */
  readonly retry?: RetryRules | undefined;
  /**
   * Receives progress events.
   *
   * @default {none}
   */
  readonly onEvent?: OnPullEvent | undefined;
}

/**
 * Fetches what the store lacks of an image, then records the image. Until the
 * record is written there is no image; complete layers stay.
 *
 * @throws {SyntaxError} If a name is malformed.
 * @throws {PolicyError} If the policy refuses the image.
 * @throws {NoSpaceError} If the disk is too small.
 * @throws {InvalidManifestError} If the image breaks its specification.
 * @throws {BlobMismatchError} If bytes are not as promised.
 * @param handle From `openAgent()`.
 * @param source Where manifests and blobs come from: any that has these calls.
 * @example
 * ```ts
 * import { type Agent, type ImageSource, storeImage } from "orlop";
 * async function put(agent: Agent, source: ImageSource): Promise<string> {
 *   const names = ["localhost/app:1"];
 *   const { imageId } = await storeImage(agent, source, { names });
 *   return imageId;
 * }
 * ```
 */
export async function storeImage(
  handle: AgentHandle,
  source: ImageSource,
  options: StoreImageOptions,
): Promise<StoredImage> {
  const agent = insideOf(handle);
  const names = options.names.map((name) => nameOf(parseReference(name)));
  return await copyImage(source, openStoreSink(agent, { ...options, names }), {
    ...options,
    name: options.names[0],
    onWarning: (message) => agent.log("warn", message),
  });
}
