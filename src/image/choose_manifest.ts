/** Chooses the image of an index for a platform. */

import {
  InvalidManifestError,
  NoMatchingPlatformError,
} from "../errors/image_errors.ts";
import type { Descriptor, Platform } from "../formats/oci/descriptor.ts";
import type { ImageConfig } from "../formats/oci/image_config.ts";
import type { ImageIndex } from "../formats/oci/manifest.ts";
import {
  isIndexType,
  isManifestType,
  OCI_INDEX,
} from "../formats/oci/media_types.ts";

// Newest first: a CPU of one version runs code for all that follow it.
const VARIANTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["arm", ["v8", "v7", "v6", "v5"]],
  ["amd64", ["v4", "v3", "v2"]],
]);
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ["x86_64", "amd64"],
  ["x86-64", "amd64"],
  ["aarch64", "arm64"],
  ["armhf", "arm"],
  ["armel", "arm"],
  ["i386", "386"],
  ["i686", "386"],
]);
const PART_PATTERN = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Picks the entry of an index that suits a platform best.
 *
 * @throws {NoMatchingPlatformError} If there is none; says what is offered.
 * @throws {InvalidManifestError} If the only one for it cannot be followed.
 */
export function choosePlatform(
  index: ImageIndex,
  platform: Platform,
): Descriptor {
  const wanted = normalizePlatform(platform);
  const entries = index.manifests.filter(isImage);
  for (const variant of acceptableVariants(wanted)) {
    const equal = entries.filter((entry) =>
      matches(entry, { wanted, variant })
    );
    const found = equal.find(isZstd) ?? equal[0];
    if (found !== undefined) return found;
    const broken = index.unusable.find((entry) =>
      matches(entry, { wanted, variant })
    );
    if (broken !== undefined) throw new InvalidManifestError(broken.problem);
  }
  // An OCI entry may omit its platform: then it matches any, with the lowest
  // priority.
  const wildcard = index.mediaType === OCI_INDEX
    ? entries.find((entry) => entry.platform === undefined)
    : undefined;
  if (wildcard !== undefined) return wildcard;
  // An unknown platform cannot be checked.
  const [unknown] = index.unusable.filter(({ platform }) => !platform);
  if (unknown !== undefined) throw new InvalidManifestError(unknown.problem);
  throw new NoMatchingPlatformError(
    `Cannot read index "${index.digest}": no image for ${
      platformText(wanted)
    }; it offers ${offersOf(entries)}`,
  );
}

/** The platform of an image; undefined if its config, a very old one, has none. */
export function platformOf(
  { os, architecture, variant }: Pick<
    ImageConfig,
    "os" | "architecture" | "variant"
  >,
): Platform | undefined {
  if (os === "" || architecture === "") return undefined;
  return { os, architecture, ...(variant && { variant }) };
}

/** Whether an image made for one platform runs on another. */
export function platformFits(made: Platform, host: Platform): boolean {
  const wanted = normalizePlatform(host);
  const { os, architecture, variant = "" } = normalizePlatform(made);
  return os === wanted.os && architecture === wanted.architecture &&
    acceptableVariants(wanted).includes(variant);
}

/** The platform that orlop runs on, in Go's terms. */
export function hostPlatform(): Platform {
  return normalizePlatform({ os: "linux", architecture: Deno.build.arch });
}

/**
 * Parses `os/architecture[/variant]`.
 *
 * @throws {SyntaxError} If the text is something else.
 */
export function parsePlatform(text: string): Platform {
  const [os = "", architecture = "", variant, ...more] = text.split("/");
  const parts = [os, architecture, variant ?? "-"];
  if (more.length > 0 || !parts.every((part) => PART_PATTERN.test(part))) {
    throw new SyntaxError(
      `Cannot parse platform "${text.slice(0, 100)}": ` +
        "expected os/architecture or os/architecture/variant",
    );
  }
  return normalizePlatform({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
  });
}

/** The text that {@linkcode parsePlatform} reads. */
export function platformText(platform: Platform): string {
  const { os, architecture, variant } = platform;
  return variant === undefined
    ? `${os}/${architecture}`
    : `${os}/${architecture}/${variant}`;
}

/** Gives a platform the spelling that Go's tools agree on. */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const written = platform.architecture.toLowerCase();
  const architecture = ARCHITECTURES.get(written) ?? written;
  const variant = normalizeVariant(written, platform.variant?.toLowerCase());
  return { os, architecture, ...(variant === "" ? {} : { variant }) };
}

function normalizeVariant(written: string, variant = ""): string {
  if (written === "armhf") return "v7";
  if (written === "armel") return "v6";
  const numbered = /^[0-9]$/.test(variant) ? `v${variant}` : variant;
  const architecture = ARCHITECTURES.get(written) ?? written;
  // The first version is what having no variant means.
  const plain = architecture === "amd64" ? "v1" : "v8";
  const has = architecture === "amd64" || architecture === "arm64";
  return has && numbered === plain ? "" : numbered;
}

/** The variants that run on a platform, best first; "" is none. */
function acceptableVariants({ architecture, variant }: Platform): string[] {
  const known = VARIANTS.get(architecture) ?? [];
  // ARM counts as the newest version, as in podman; x86 as the oldest.
  const best = architecture === "amd64" ? known.toReversed() : known;
  if (variant === undefined) return ["", ...best];
  const from = known.indexOf(variant);
  const older = from < 0 ? [variant] : known.slice(from);
  return [...older, ""];
}

function matches(
  { platform }: Pick<Descriptor, "platform">,
  { wanted, variant }: { wanted: Platform; variant: string },
): boolean {
  if (platform === undefined) return false;
  const offered = normalizePlatform(platform);
  return offered.os === wanted.os &&
    offered.architecture === wanted.architecture &&
    (offered.variant ?? "") === variant;
}

/** A mark of containers/image: the same image, faster to unpack. */
function isZstd({ annotations }: Descriptor): boolean {
  return annotations?.["io.github.containers.compression.zstd"] === "true";
}

/** Attestations and other attachments are listed beside images. */
function isImage({ mediaType, platform, annotations }: Descriptor): boolean {
  if (!isManifestType(mediaType) && !isIndexType(mediaType)) return false;
  return platform?.os !== "unknown" &&
    annotations?.["vnd.docker.reference.type"] === undefined;
}

function offersOf(entries: readonly Descriptor[]): string {
  const offers = entries.flatMap(({ platform }) =>
    platform === undefined ? [] : [platformText(normalizePlatform(platform))]
  );
  return offers.length === 0 ? "no images" : [...new Set(offers)].join(", ");
}
