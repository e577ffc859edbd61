/** Archives of images: `docker-archive:FILE[:NAME]` and `oci-archive:FILE[:REF]`. */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidManifestError } from "../../errors/image_errors.ts";
import {
  type ImageName,
  isShortName,
  nameOf,
  parseReference,
  splitReference,
} from "../../formats/oci/reference.ts";
import type {
  DockerArchiveReference,
  LayoutReference,
} from "../../formats/oci/transport_reference.ts";
import {
  MANIFEST_JSON,
  readDockerArchive,
} from "../../transports/archives/docker_archive.ts";
import {
  type ArchivedImage,
  chooseImage,
} from "../../transports/archives/image_archive.ts";
import { readOciArchive } from "../../transports/archives/oci_archive.ts";
import { openArchive } from "../../transports/archives/open_archive.ts";
import type { Agent } from "../agent.ts";
import { localNameOf } from "./local_name.ts";
import type { OpenedSource } from "./opened_source.ts";
import { Spool } from "./spool.ts";

/** What kinds of archives there are, by their transports. */
export type ArchiveKind = "docker-archive" | "oci-archive";

/** What a person types for an image of an archive. */
export type ArchiveReference =
  | DockerArchiveReference
  | (LayoutReference & { readonly transport: "oci-archive" });

/** The images of an archive, which are there until it is disposed of. */
export interface OpenedArchive extends AsyncDisposable {
  /** Those of Docker's archives, or of layouts. */
  readonly kind: ArchiveKind;
  /** As the archive lists them. */
  readonly images: readonly ArchivedImage[];
}

/** Which archive, and for how long. */
export interface OpenArchivesOptions extends Abortable {
  /** Left out, what is in it tells. */
  readonly kind?: ArchiveKind | undefined;
}

/**
 * Opens an archive.
 *
 * @param path The file; it may be compressed.
 * @throws {NotFoundError} If there is no such file.
 * @throws {InvalidManifestError} If it holds no images.
 */
export async function openArchives(
  agent: Agent,
  path: string,
  { kind: wanted, signal }: OpenArchivesOptions,
): Promise<OpenedArchive> {
  await using begun = new AsyncDisposableStack();
  const spool = begun.use(new Spool(agent));
  const expand = spool.expand.bind(spool);
  const archive = await openArchive(path, { expand, signal });
  const kind = wanted ??
    kindOf(path, (name) => archive.find(name, "last") !== undefined);
  const images = kind === "docker-archive"
    ? await readDockerArchive(archive, { expand, signal })
    : await readOciArchive(archive);
  const opened = begun.move();
  return {
    ...{ kind, images },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/**
 * Opens one image of an archive, and names it: what the user typed, or else below
 * `localhost/`.
 *
 * @throws {NotFoundError} If there is no such image.
 */
export async function openInArchive(
  agent: Agent,
  reference:
    | DockerArchiveReference
    | LayoutReference & { transport: ArchiveKind },
  options: Abortable,
): Promise<OpenedSource> {
  const { transport: kind, path, index } = reference;
  await using begun = new AsyncDisposableStack();
  const { images } = begun.use(
    await openArchives(agent, path, { ...options, kind }),
  );
  const isNamed = matcherOf(reference);
  const choice = { index, isNamed, archive: path };
  const image = chooseImage(images, choice);
  const source = await image.open(options);
  const asked = isNamed && image.names.find(isNamed);
  const name = kind === "docker-archive" && asked !== undefined
    ? archivedNameOf(asked)
    : localNameOf({
      ...{ path: stemOf(path), ref: asked },
      ownName: tagOf(kind, image.names[0]),
    });
  const opened = begun.move();
  return {
    ...{ source, name },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/**
 * The name that an archive gives to an image, in full: short ones are below
 * `localhost/`, as podman has it.
 *
 * @throws {SyntaxError} If it is malformed.
 */
export function archivedNameOf(name: string): ImageName {
  const full = isShortName(name) ? `localhost/${name}` : name;
  return nameOf(parseReference(full));
}

/** Docker's newer archives are both; their `manifest.json` has the full names. */
function kindOf(path: string, has: (member: string) => boolean): ArchiveKind {
  if (has(MANIFEST_JSON)) return "docker-archive";
  if (has("oci-layout")) return "oci-archive";
  throw new InvalidManifestError(
    `Cannot read archive "${path}": it has neither ${MANIFEST_JSON}, as those ` +
      "of docker save, nor oci-layout",
  );
}

function matcherOf(
  reference: ArchiveReference,
): ((name: string) => boolean) | undefined {
  if (reference.transport !== "docker-archive") {
    const { ref } = reference;
    return ref === undefined ? undefined : (name) => name === ref;
  }
  if (reference.reference === undefined) return undefined;
  const wanted = nameOf(reference.reference);
  return (name) => nameOf(parseReference(name)) === wanted;
}

/** Docker's archives give full names, layouts mostly a tag. */
function tagOf(kind: ArchiveKind, name = ""): string | undefined {
  return kind === "docker-archive" ? splitReference(name).tag : name;
}

/** Without what says that it is an archive, and how it is compressed. */
function stemOf(path: string): string {
  return path.replace(/\.(tar|tgz|tbz2|txz|tzst)(\.\w+)?$/i, "");
}
