/** Runtimes on stores of their own that mount in memory: no root is needed. */

import { join } from "@std/path";
import { existsSync } from "node:fs";
import {
  type Agent,
  type AgentOptions,
  openAgent,
} from "../../src/engine/agent.ts";
import type { CreateContainerOptions } from "../../src/engine/containers/new_container.ts";
import { ImageServer } from "../../src/engine/image_server.ts";
import type { CreatePodSandboxOptions } from "../../src/engine/pods/create_pod_sandbox.ts";
import { RuntimeServer } from "../../src/engine/runtime_server.ts";
import { toBytes } from "../../src/formats/bytes.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import {
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../src/formats/oci/media_types.ts";
import { nameOf, parseReference } from "../../src/formats/oci/reference.ts";
import {
  type ImageId,
  imageIdOf,
  parseLayerId,
} from "../../src/formats/storage/store_ids.ts";
import { randomId } from "../../src/fs/random_name.ts";
import { putImage } from "../../src/store/put_image.ts";
import { createLayer } from "../../src/store/layers/create_layer.ts";
import { layerDirectory } from "../../src/store/paths.ts";
import { type MemoryMounter, memoryMounter } from "./memory/memory_mounter.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

/** A runtime, and what it stands on. */
export interface TestRuntime extends Disposable {
  readonly agent: Agent;
  readonly images: ImageServer;
  readonly runtime: RuntimeServer;
  readonly dir: TempDir;
  readonly mounter: MemoryMounter;
  /** What was logged, as `level: message`. */
  readonly messages: readonly string[];
  /** One more on the same store, as after a restart. */
  reopen(): TestRuntime;
}

/** How a runtime is to be. */
export interface TestRuntimeOptions extends Partial<AgentOptions> {
  /** The text of its registries.conf. */
  readonly registriesConf?: string;
}

/** Opens a runtime on a new store: `using test = testRuntime();`. */
export function testRuntime(options: TestRuntimeOptions = {}): TestRuntime {
  const dir = tempDir();
  const mounter = memoryMounter();
  const { registriesConf = "", ...rest } = options;
  const conf = dir.join("registries.conf");
  Deno.writeTextFileSync(conf, registriesConf);
  return open();

  function open(): TestRuntime {
    const messages: string[] = [];
    const agent = openAgent({
      root: dir.join("root"),
      runRoot: dir.join("run"),
      mounter,
      registries: { registriesConf: conf },
      log: (level, message) => messages.push(`${level}: ${message}`),
      ...rest,
    });
    const images = new ImageServer(agent);
    return {
      ...{ agent, images, dir, mounter, messages },
      runtime: new RuntimeServer(images),
      reopen: open,
      [Symbol.dispose]: () => dir[Symbol.dispose](),
    };
  }
}

/** An image that a test wants in the store. */
export interface TestImage {
  readonly names: readonly string[];
  /** The `config` member of its config. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Left out, it has a config. */
  readonly without?: "config" | "layers";
  /** Contents of files in its only layer, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Puts an image into the store, without any archive. @returns Its ID. */
export async function addImage(
  { store }: Agent,
  { names, config = {}, without, files = {} }: TestImage,
): Promise<ImageId> {
  const layerId = parseLayerId(randomId());
  const normal = names.map((name) => nameOf(parseReference(name)));
  const hasLayer = without !== "layers";
  const configBytes = toBytes(JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: { Cmd: ["/bin/app"], ...config },
    rootfs: { type: "layers", "diff_ids": [`sha256:${layerId}`] },
  }));
  const configDigest = digestOf(configBytes);
  const manifest = toBytes(JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: describe(OCI_CONFIG, configDigest, configBytes.byteLength),
    layers: hasLayer
      ? [describe(OCI_LAYER_GZIP, `sha256:${layerId}`, 100)]
      : [],
  }));
  const digest = digestOf(manifest);
  using held = await store.lock({ layers: "write", images: "write" });
  if (hasLayer) {
    await createLayer(store, held.layers, { id: layerId });
    const diff = join(layerDirectory(store.paths, layerId), "diff");
    if (existsSync(diff)) await fill(diff, files); // and not in memory
  }
  putImage(store, held.images, {
    id: imageIdOf(configDigest),
    names: normal,
    layer: hasLayer ? layerId : undefined,
    digest,
    items: [
      ...without === "config" ? [] : [[configDigest, configBytes] as const],
      [`manifest-${digest}`, manifest],
      ["manifest", manifest],
    ],
    created: "2026-01-02T03:04:05Z",
  });
  return imageIdOf(configDigest);
}

async function fill(
  diff: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await Deno.chmod(diff, 0o755); // for those who are not root
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(diff, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(diff, path), text);
  }
}

function describe(mediaType: string, digest: string, size: number) {
  return { mediaType, digest, size };
}

/** The name of the image that pods and containers are made of here. */
export const APP = "localhost/app:1";

/** A pod's options. */
export function podOptions(
  changes: Partial<CreatePodSandboxOptions> = {},
): CreatePodSandboxOptions {
  return {
    podName: "web",
    podId: "web-pod",
    imageName: APP,
    containerName: "web-infra",
    ...changes,
  };
}

/** Options of a container in that pod. */
export function containerOptions(
  changes: Partial<CreateContainerOptions> = {},
): CreateContainerOptions {
  return {
    podName: "web",
    podId: "web-pod",
    imageName: APP,
    containerName: "server",
    ...changes,
  };
}

/** A runtime with an image and a pod. */
export async function testPod(
  options: TestRuntimeOptions = {},
): Promise<TestRuntime & { readonly imageId: ImageId }> {
  const test = testRuntime(options);
  const imageId = await addImage(test.agent, { names: [APP] });
  await test.runtime.createPodSandbox(podOptions());
  return { ...test, imageId };
}

/** What a store holds: to compare before and after what must change nothing. */
export async function describeStore({ store }: Agent): Promise<unknown> {
  const locks = { layers: "read", images: "read", containers: "read" } as const;
  using held = await store.lock(locks);
  const { home, containers, runContainers, layers } = store.paths;
  return {
    layers: held.layers.records,
    images: held.images.records.map(({ flags, ...image }) => ({
      ...image,
      flags: { ...flags, "orlop-last-used": undefined }, // a moment
    })),
    containers: held.containers.records,
    files: [home, containers, runContainers, layers].map((path) =>
      list(path).filter((name) => !name.endsWith(".json"))
    ),
  };
}

function list(directory: string): readonly string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).toSorted();
}
