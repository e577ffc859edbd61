import { existsSync } from "node:fs";
import { RegistryError } from "../../src/errors/image_errors.ts";
import type { ImageSource } from "../../src/formats/oci/blob_source.ts";
import type { ImageMedium } from "../../src/formats/oci/image_medium.ts";
import { parseReference } from "../../src/formats/oci/reference.ts";
import { openRepository } from "../../src/registry/open_repository.ts";
import type { RegistryImage } from "../../src/registry/registry_image.ts";
import { openPush } from "../../src/registry/upload/open_push.ts";
import {
  type ArchiveOutput,
  openOutput,
} from "../../src/transports/archives/archive_output.ts";
import { readDockerArchive } from "../../src/transports/archives/docker_archive.ts";
import { openDockerArchiveMedium } from "../../src/transports/archives/docker_archive_medium.ts";
import type { ArchivedImage } from "../../src/transports/archives/image_archive.ts";
import { readOciArchive } from "../../src/transports/archives/oci_archive.ts";
import { openOciArchiveMedium } from "../../src/transports/archives/oci_archive_medium.ts";
import { openArchive } from "../../src/transports/archives/open_archive.ts";
import { openFolderMedium } from "../../src/transports/folder_medium.ts";
import { openFolder } from "../../src/transports/folder_source.ts";
import { openLayoutMedium } from "../../src/transports/layout_medium.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { needs } from "../support/peers.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../support/servers/registry_server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type MediumPlace, testImageMedium } from "./image_medium_suite.ts";

Deno.test("a layout is an ImageMedium", async (t) => {
  await testImageMedium(t, () =>
    place({
      open: (path) => openLayoutMedium(path, { ref: "1" }),
      read: (path) => openLayout(path, { ref: "1" }),
      marker: "index.json",
    }));
});

Deno.test("a folder is an ImageMedium", async (t) => {
  await testImageMedium(t, () =>
    place({
      open: openFolderMedium,
      read: openFolder,
      marker: "manifest.json",
    }));
});

Deno.test("a repository is an ImageMedium", {
  ...needs(...REGISTRY_PROGRAMS),
}, async (t) => {
  await using registry = await startRegistry();
  let count = 0;
  await testImageMedium(t, () => {
    const name = parseReference(`${registry.host}/app${count++}:1`);
    const opened: RegistryImage[] = [];
    return Promise.resolve({
      isReplaceable: true,
      isImmediate: true,
      open: () => openPush(name, { env: {} }),
      async read() {
        try {
          const image = await openRepository(name, { env: {} });
          opened.push(image);
          return image;
        } catch (error) {
          if (error instanceof RegistryError && error.isImageUnknown) {
            return undefined;
          }
          throw error;
        }
      },
      // deno-lint-ignore require-await -- others have to wait
      async [Symbol.asyncDispose]() {
        for (const image of opened) image[Symbol.dispose]();
      },
    });
  });
});

Deno.test("an archive of a layout is an ImageMedium", async (t) => {
  await testImageMedium(t, () =>
    place({
      open: async (path) =>
        openOciArchiveMedium(await openFile(path), { ref: "1" }),
      read: async (path) => {
        const [image] = await readOciArchive(await openArchive(path, OPENING));
        return await opened(image);
      },
    }));
});

Deno.test("an archive of docker save is an ImageMedium", async (t) => {
  await testImageMedium(t, () =>
    place({
      open: async (path) => openDockerArchiveMedium(await openFile(path)),
      read: async (path) => {
        const archive = await openArchive(path, OPENING);
        const [image] = await readDockerArchive(archive, OPENING);
        return await opened(image);
      },
    }));
});

const OPENING = { expand: () => Promise.reject(new Error("compressed")) };

function openFile(path: string): Promise<ArchiveOutput> {
  const space = { path: "/none", async [Symbol.asyncDispose]() {} };
  return openOutput(path, { existing: "replace", space });
}

function opened(image: ArchivedImage | undefined): Promise<ImageSource> {
  return image?.open() ?? Promise.reject(new Error("no image"));
}

interface Folder {
  readonly open: (path: string) => Promise<ImageMedium>;
  readonly read: (path: string) => Promise<ImageSource>;
  /** The file in it without which there is no image. */
  readonly marker?: string;
}

function place({ open, read, marker = "" }: Folder): Promise<MediumPlace> {
  const dir = tempDir();
  const path = dir.join("medium");
  return Promise.resolve({
    isReplaceable: true,
    open: () => open(path),
    read: async () =>
      existsSync(`${path}${marker && `/${marker}`}`)
        ? await read(path)
        : undefined,
    // deno-lint-ignore require-await -- others have to wait
    [Symbol.asyncDispose]: async () => dir[Symbol.dispose](),
  });
}
