/** An image in a registry, and how to reach it. */

import type { Abortable } from "../errors/abort.ts";
import type { Credentials } from "../formats/config/auth_file.ts";
import type { ImageSource } from "../formats/oci/blob_source.ts";
import type { ImageName, Reference } from "../formats/oci/reference.ts";
import type { ConfigEnvironment } from "./config/config_paths.ts";
import type { RetryRules } from "./send_request.ts";

/**
 * Asks the user which image a short name means.
 *
 * @param names In full, in the order in which they would be tried.
 * @returns One of them.
 */
export type ChooseName = (
  short: string,
  names: readonly ImageName[],
  options: Abortable,
) => Promise<ImageName>;

/** Settings of users for registries; all others are read from files. */
export interface RegistryOptions extends Abortable, ConfigEnvironment {
  /**
   * For the image's own registry only, never for its mirrors.
   *
   * @default {what the credential files and helpers have}
   */
  readonly credentials?: Credentials | undefined;
  /**
   * The credential file to use in place of the user's.
   *
   * @default {the user's}
   */
  readonly authFile?: string | undefined;
  /**
   * The folder of certificates to use in place of certs.d.
   *
   * @default {what certs.d has for the registry}
   */
  readonly certDir?: string | undefined;
  /**
   * `false` takes any certificate, and plain http.
   *
   * @default {as registries.conf says, else true}
   */
  readonly tlsVerify?: boolean | undefined;
  /**
   * The registries.conf to use in place of the host's.
   *
   * @default {the host's and the user's}
   */
  readonly registriesConf?: string | undefined;
  /**
   * How to retry.
   *
   * @default {as RetryRules has it}
   */
  readonly retry?: RetryRules | undefined;
  /**
   * The action, for errors.
   *
   * @default {"pull"}
   */
  readonly verb?: "pull" | "inspect" | undefined;
  /**
   * Asks which of several images a short name means, as podman does on a
   * terminal; it is not asked again, once that image is there.
   *
   * @default {nobody: all are tried}
   */
  readonly chooseName?: ChooseName | undefined;
  /**
   * Receives warnings.
   *
   * @default {none}
   */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** An image in a registry. Dispose it when its blobs are no longer read. */
export interface RegistryImage extends ImageSource, Disposable {
  /** Where its blobs are, such as `https://quay.io/v2/prometheus/busybox/`. */
  readonly url: URL;
  /** The physical name that was requested, possibly a mirror's. */
  readonly endpoint: Reference;
}
