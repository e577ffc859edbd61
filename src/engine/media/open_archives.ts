/** Archives of images: `docker-archive:FILE[:NAME]` and `oci-archive:FILE[:REF]`. */

import type { Abortable } from "../../errors/abort.ts";
import { InvalidManifestError } from "../../errors/image_errors.ts";
import { messageOf } from "../../errors/why.ts";
import type { Bytes } from "../../formats/bytes.ts";
import {
  type ImageName,
  nameOf,
  parseLocalReference,
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
import {
  type ArchiveFile,
  openArchive,
  type OpenArchiveOptions,
} from "../../transports/archives/open_archive.ts";
import type { Agent } from "../agent.ts";
import { localNameOf } from "./local_name.ts";
import type { OpenedSource } from "./opened_source.ts";
import { Spool } from "./spool.ts";

/** The kinds of archives, by their transports. */
export type ArchiveKind = "docker-archive" | "oci-archive";

/** A reference to an image of an archive. */
export type ArchiveReference =
  | DockerArchiveReference
  | (LayoutReference & { readonly transport: "oci-archive" });

/** The images of an archive, available until it is disposed of. */
export interface OpenedArchive extends AsyncDisposable {
  /** The name that the user gave. */
  readonly name: string;
  /** Its format. */
  readonly kind: ArchiveKind;
  /** As the archive lists them. */
  readonly images: readonly ArchivedImage[];
}

/** How to open an archive. */
export interface OpenArchivesOptions extends Abortable {
  /** What is read for `/dev/stdin`; standard input if omitted. */
  readonly input?: ReadableStream<Bytes> | undefined;
  /** If omitted, it is detected from the content. */
  readonly kind?: ArchiveKind | undefined;
}

/** Standard input: files below `/dev` cannot be opened. */
export const STDIN = "/dev/stdin";

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
  { kind: wanted, input, signal }: OpenArchivesOptions,
): Promise<OpenedArchive> {
  await using begun = new AsyncDisposableStack();
  const spool = begun.use(new Spool(agent));
  const expand = spool.expand.bind(spool);
  const piped = path === STDIN ? input ?? Deno.stdin.readable : undefined;
  const file = piped && await spool.receive(piped, { signal });
  const archive = await openArchive(file ?? path, {
    ...{ name: file === undefined ? path : "standard input", expand, signal },
  });
  const { kind, images } = await readImages(archive, {
    ...{ kind: wanted, expand, signal },
  });
  const opened = begun.move();
  return {
    ...{ name: archive.name, kind, images },
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
  reference: ArchiveReference,
  options: Abortable,
): Promise<OpenedSource> {
  const { transport: kind, path, index } = reference;
  await using begun = new AsyncDisposableStack();
  const { images, name: archive } = begun.use(
    await openArchives(agent, path, { ...options, kind }),
  );
  const isNamed = matcherOf(reference);
  const choice = { index, isNamed, archive };
  const image = chooseImage(images, choice);
  const source = await image.open(options);
  const asked = isNamed && image.names.find(isNamed);
  const name = kind === "docker-archive" && asked !== undefined
    ? nameOf(parseLocalReference(asked))
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
 * The names that an archive gives to an image, in full.
 *
 * @throws {InvalidManifestError} If one is malformed.
 */
export function archivedNamesOf(
  { fullNames }: ArchivedImage,
  archive: string,
): readonly ImageName[] {
  try {
    return fullNames.map((name) => nameOf(parseLocalReference(name)));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new InvalidManifestError(
      `Cannot read archive "${archive}": an image of it is named so: ` +
        messageOf(cause),
      { cause },
    );
  }
}

/**
 * Newer archives of Docker are in both formats. The layout has the original
 * manifests, the list has more images: those without a name in the layout.
 */
async function readImages(
  archive: ArchiveFile,
  { kind, ...options }: OpenArchiveOptions & Pick<OpenArchivesOptions, "kind">,
): Promise<Pick<OpenedArchive, "images" | "kind">> {
  const has = (member: string) => archive.find(member, "last") !== undefined;
  const isDocker = kind === "docker-archive" ||
    (kind === undefined && has(MANIFEST_JSON));
  const isLayout = kind === "oci-archive" ||
    (kind === undefined && has("oci-layout"));
  if (isLayout) {
    const images = await readOciArchive(archive);
    const areNamed = images.every(({ isNamedInFull }) => isNamedInFull);
    if (!isDocker || (areNamed && images.length > 0)) {
      return { kind: "oci-archive", images };
    }
  }
  if (isDocker) {
    const images = await readDockerArchive(archive, options);
    return { kind: "docker-archive", images };
  }
  throw new InvalidManifestError(
    `Cannot read archive "${archive.name}": it has neither ${MANIFEST_JSON}, ` +
      "as those of docker save, nor oci-layout",
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

/** Docker's archives have full names, layouts usually only a tag. */
function tagOf(kind: ArchiveKind, name = ""): string | undefined {
  return kind === "docker-archive" ? splitReference(name).tag : name;
}

/** The file name without the extensions of archives and compressions. */
function stemOf(path: string): string {
  return path.replace(/\.(tar|tgz|tbz2|txz|tzst)(\.\w+)?$/i, "");
}
