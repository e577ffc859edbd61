/**
 * Explains what orlop would do for a name, and which files decide: nothing is
 * fetched.
 */

import { isAbsolute, resolve } from "@std/path";
import type { Platform } from "../../formats/oci/descriptor.ts";
import { familiarName, nameOf } from "../../formats/oci/reference.ts";
import {
  hasTransport,
  parseTransportReference,
  type TransportReference,
} from "../../formats/oci/transport_reference.ts";
import { hostPlatform, platformText } from "../../image/choose_manifest.ts";
import { listEndpoints } from "../../registry/config/endpoints.ts";
import { loadRegistriesConf } from "../../registry/config/load_registries_conf.ts";
import {
  type ResolvedName,
  resolveName,
} from "../../registry/config/short_names.ts";
import type { RegistryOptions } from "../../registry/registry_image.ts";
import {
  type EndpointExplanation,
  explainEndpoint,
} from "./explain_endpoint.ts";

/** How to explain a name. */
export interface ExplainOptions extends RegistryOptions {
  /**
   * Of an index: which image.
   *
   * @default {this machine's}
   */
  readonly platform?: Platform | undefined;
  /**
   * Whether to ask each endpoint if it has the image.
   *
   * @default {"none"}
   */
  readonly probe?: "ask" | "none" | undefined;
}

/** The explanation of a reference. */
export interface Explanation {
  /** As it was typed. */
  readonly reference: string;
  /** Such as `docker` or `oci`. */
  readonly transport: string;
  /** The files to be read, for transports other than registries. */
  readonly reads?: string;
  /** Such as `linux/amd64`. */
  readonly platform: string;
  /** How a short name was resolved, and by which file. */
  readonly resolved?: {
    readonly by: "name" | "alias" | "search";
    readonly source?: string;
    /** How ambiguous short names are treated. */
    readonly shortNameMode: string;
  };
  /** The files of registries.conf that were read; later ones take precedence. */
  readonly files: readonly string[];
  /** The candidates for the name, in the order to try them. */
  readonly names: readonly NameExplanation[];
}

/** One image that a name may stand for. */
export interface NameExplanation {
  /** In full, as the store would have it. */
  readonly name: string;
  /** Where it is requested, in this order. */
  readonly endpoints: readonly EndpointExplanation[];
}

/**
 * Explains a name.
 *
 * @throws {SyntaxError} If it is malformed, or a file of registries.conf is.
 * @throws {InvalidImageNameError} If nothing says which registry is meant.
 */
export async function explainReference(
  text: string,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const platform = platformText(options.platform ?? hostPlatform());
  const parsed = hasTransport(text) ? parseTransportReference(text) : undefined;
  if (parsed !== undefined && parsed.transport !== "docker") {
    return {
      reference: text,
      transport: parsed.transport,
      reads: describePlace(parsed),
      platform,
      files: [],
      names: [],
    };
  }
  const conf = await loadRegistriesConf(options);
  const resolved: ResolvedName = parsed === undefined
    ? resolveName(text, conf)
    : { candidates: [parsed.reference], by: "name" };
  const names: NameExplanation[] = [];
  for (const reference of resolved.candidates) {
    const endpoints: EndpointExplanation[] = [];
    for (const endpoint of listEndpoints(reference, conf)) {
      options.signal?.throwIfAborted();
      const asking = { ...options, reference, conf };
      endpoints.push(await explainEndpoint(endpoint, asking));
    }
    names.push({ name: nameOf(reference), endpoints });
  }
  return {
    reference: text,
    transport: "docker",
    platform,
    resolved: {
      by: resolved.by,
      ...(resolved.source !== undefined && { source: resolved.source }),
      shortNameMode: conf.shortNameMode ?? "permissive",
    },
    files: conf.files,
    names,
  };
}

function describePlace(parsed: TransportReference): string {
  switch (parsed.transport) {
    case "docker":
      return familiarName(parsed.reference);
    case "oci":
    case "oci-archive": {
      const what = parsed.transport === "oci"
        ? "OCI layout in directory"
        : "OCI layout in archive";
      const { ref, index } = parsed;
      return `${what} "${absolute(parsed.path)}", ${imageIn(ref, index)}`;
    }
    case "docker-archive": {
      const { path, reference, index } = parsed;
      const name = reference && nameOf(reference);
      return `archive of docker save "${absolute(path)}", ` +
        imageIn(name, index);
    }
    case "dir":
      return `directory of blobs "${absolute(parsed.path)}"`;
    case "docker-daemon":
      return "the store of a Docker daemon";
    case "containers-storage": {
      const root = parsed.store?.root;
      return root === undefined ? "orlop's store" : `the store "${root}"`;
    }
  }
}

function imageIn(name: string | undefined, index: number | undefined): string {
  if (name !== undefined) return `image "${name}"`;
  return index === undefined ? "its only image" : `image at position ${index}`;
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(path);
}
