/** A layer of more than 2 GB, in the memory of a small one. */

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { OCI_LAYER_GZIP } from "../../../src/formats/oci/media_types.ts";
import { file, fragment } from "../../support/images/tar_builder.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { startOrlop } from "../../support/programs/orlop_process.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";
import {
  type MadeImage,
  makeImage,
  noise,
  serveImage,
} from "../../support/servers/served_image.ts";

/** A layer that is never whole in memory. */
interface LongLayer {
  readonly digest: string;
  readonly diffId: string;
  readonly size: number;
  /** In order; many are the same. */
  readonly members: readonly Bytes[];
}

const CHUNK_BYTES = 8 * 1024 * 1024;
// Half of it compresses well, half not at all, as in real layers.
const CHUNK = new Uint8Array(CHUNK_BYTES);
CHUNK.set(noise(CHUNK_BYTES >> 1));
const SMALL_CHUNKS = 12;
const LARGE_CHUNKS = 280;
const MAX_MEMORY_BYTES = 120 * 1024 * 1024;
const MAX_RATIO = 1.15;

const isSlowWanted = needsThat(
  Deno.env.get("ORLOP_SLOW") === "1",
  "slow ones are tried with ORLOP_SLOW=1",
);

Deno.test("orlop pull needs no more memory for a layer of 2.3 GB", {
  ignore: needs("root").ignore || isSlowWanted.ignore,
}, async () => {
  const small = await measure(SMALL_CHUNKS);
  const large = await measure(LARGE_CHUNKS);
  const told = `${small} and ${large} bytes`;
  assert(large <= MAX_MEMORY_BYTES, told);
  assert(large <= small * MAX_RATIO, told);
});

/** @returns The most memory that the pull of a layer took, in bytes. */
async function measure(chunks: number): Promise<number> {
  await using store = sharedStore();
  const layer = makeLayer(chunks);
  await using registry = serveImage(
    imageOf(layer),
    ({ name }) =>
      name === layer.digest
        ? new Response(ReadableStream.from(layer.members), {
          headers: { "content-length": `${layer.size}` },
        })
        : undefined,
  );
  const pull = startOrlop(store.join(), "pull", "-q", registry.name);
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, peakOf(pull.pid));
  }, 50);
  const { code, err } = await pull.result;
  clearInterval(timer);
  assertEquals(code, 0, err);
  assertEquals(sizeOf(store, layer), chunks * CHUNK_BYTES);
  assertEquals(store.check(), []);
  return peak;
}

function makeLayer(chunks: number): LongLayer {
  const header = fragment(
    file("large.bin", "", { size: chunks * CHUNK_BYTES }),
  );
  const parts = [
    { bytes: header, member: gzip(header) },
    ...Array<{ bytes: Bytes; member: Bytes }>(chunks)
      .fill({ bytes: CHUNK, member: gzip(CHUNK) }),
    { bytes: new Uint8Array(1024), member: gzip(new Uint8Array(1024)) },
  ];
  const [archive, blob] = [createHash("sha256"), createHash("sha256")];
  for (const { bytes, member } of parts) {
    archive.update(bytes);
    blob.update(member);
  }
  return {
    digest: `sha256:${blob.digest("hex")}`,
    diffId: `sha256:${archive.digest("hex")}`,
    size: parts.reduce((sum, { member }) => sum + member.length, 0),
    members: parts.map(({ member }) => member),
  };
}

function imageOf({ digest, diffId, size }: LongLayer): MadeImage {
  return makeImage([], {
    config: { rootfs: { type: "layers", "diff_ids": [diffId] } },
    manifest: { layers: [{ mediaType: OCI_LAYER_GZIP, digest, size }] },
  });
}

/** The most that a process had in memory, its program's file included. */
function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has just ended
  }
}

function sizeOf({ root }: SharedStore, { diffId }: LongLayer): number {
  const layer = diffId.slice("sha256:".length);
  return Deno.statSync(`${root}/overlay/${layer}/diff/large.bin`).size;
}

function gzip(bytes: Bytes): Bytes {
  return new Uint8Array(gzipSync(bytes, { level: 1 }));
}
