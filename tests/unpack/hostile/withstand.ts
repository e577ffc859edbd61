/** Unpacks hostile layers, and compares what comes of them. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { InvalidLayerError } from "../../../src/errors/image_errors.ts";
import { toBinaryString } from "../../../src/formats/binary_string.ts";
import { detectCompression } from "../../../src/formats/compression/decompress.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { applySpool } from "../../../src/unpack/apply_spool.ts";
import { unpackBlob } from "../../../src/unpack/unpack_blob.ts";
import { assembleTar } from "../../support/images/assemble_tar.ts";
import { decompressAll } from "../../support/images/decompress_all.ts";
import { runTar } from "../../support/images/run_tar.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";
import type { HostileLayer } from "./hostile_layer.ts";

// Sizes in which layers arrive: also such that cut every header.
const CHUNK_BYTES = [Infinity, 100] as const;

/** Adds a test of the layers of one kind. */
export function testHostile(
  kind: string,
  layers: readonly HostileLayer[],
): void {
  Deno.test({
    name: `unpackLayer() withstands hostile ${kind}`,
    ...needs("root", "tar", "find", "getfattr"),
    async fn(t) {
      for (const layer of layers) {
        await t.step(layer.name, () => withstand(layer));
      }
    },
  });
}

async function withstand(hostile: HostileLayer): Promise<void> {
  for (const chunkBytes of CHUNK_BYTES) {
    using outer = tempDir();
    await Deno.mkdir(outer.join("staging"), { mode: 0o700 });
    await Deno.writeTextFile(outer.join("witness"), "untouched");
    const failure = unpack(hostile, outer.join("staging"), chunkBytes);
    const made = await describe(outer.join("staging", "diff"));
    assert(!made.some((line) => / [lpcb] /.test(line)), "only plain files");
    if (hostile.refused === undefined) {
      assertEquals(failure, undefined);
      if (hasSpool(outer.join("staging"))) {
        await applySpool(outer.join("staging"), runTar);
      }
      const tree = await describe(outer.join("staging", "diff"));
      assertEquals(tree, hostile.tree);
      if (hostile.layer instanceof Uint8Array) {
        const kind = detectCompression(hostile.layer);
        const archive = decompressAll(kind, hostile.layer);
        const made = assembleTar(
          outer.join("staging", "tar-split.gz"),
          outer.join("staging", "diff"),
        );
        assertEquals(digestOf(made), digestOf(archive));
        const left = new Set(listNames(outer.join("staging")));
        left.delete("spool.tar");
        assertEquals([...left], ["diff", "tar-split.gz"]);
      }
    } else {
      assertInstanceOf(failure, InvalidLayerError);
      assert(
        failure.message.includes(hostile.refused),
        `refused with: ${failure.message}`,
      );
    }
    assertEquals(listNames(outer.path), ["staging", "witness"]);
    const witness = await Deno.readTextFile(outer.join("witness"));
    assertEquals(witness, "untouched");
  }
}

function unpack(
  { layer, limits }: HostileLayer,
  directory: string,
  chunkBytes: number,
): unknown {
  const unpacker = unpackBlob({ directory }, limits);
  try {
    for (const part of typeof layer === "function" ? layer() : [layer]) {
      const step = Math.min(chunkBytes, Math.max(part.length, 1));
      for (let at = 0; at < part.length; at += step) {
        unpacker.write(part.slice(at, at + step));
      }
    }
    unpacker.finish();
    return undefined;
  } catch (error) {
    unpacker.abort();
    return error;
  }
}

function hasSpool(directory: string): boolean {
  return listNames(directory).includes("spool.tar");
}

function listNames(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

/** Path, type, and what it points at, is, or is marked with. */
async function describe(directory: string): Promise<string[]> {
  const found = await print("find", [
    ...[directory, "-mindepth", "1", "-printf"],
    "%P\\t%y\\t%l\\0",
  ]);
  // Most layers have none; asking for each file takes a process each.
  const isMarked = await print("getfattr", [
    ...["-R", "-P", "-h", "-d", "-m", "-", "--absolute-names", "--", directory],
  ]) !== "";
  const described = found.split("\0").slice(0, -1).map(async (line) => {
    const [path = "", type = "", link = ""] = line.split("\t");
    const full = `${directory}/${path}`;
    const more = [
      ...await describeDevice(full, type),
      ...isMarked ? await listAttributes(full) : [],
    ];
    return [path, type, link, ...more].filter((part) => part !== "").join(" ");
  });
  return (await Promise.all(described)).sort();
}

async function describeDevice(path: string, type: string): Promise<string[]> {
  if (type !== "c" && type !== "b") return [];
  return [(await print("stat", ["--format=%Hr:%Lr", "--", path])).trim()];
}

async function listAttributes(path: string): Promise<string[]> {
  if (!isText(path)) return [];
  const args = ["-h", "-d", "-m", "-", "-e", "hex", "--absolute-names"];
  const listed = await print("getfattr", [...args, "--", path]);
  return [...listed.matchAll(/^([a-z].*)=0x(.*)$/gm)].map(
    ([, key, hex = ""]) => `${key}=${toBinaryString(Uint8Array.fromHex(hex))}`,
  ).sort();
}

// Arguments of programs are text: others cannot be asked for.
function isText(path: string): boolean {
  // deno-lint-ignore no-control-regex -- bytes below 128 are what it is about
  return /^[\x00-\x7f]*$/.test(path);
}

async function print(program: string, args: string[]): Promise<string> {
  const env = { "LC_ALL": "C" };
  const { stdout } = await new Deno.Command(program, { args, env }).output();
  return toBinaryString(stdout);
}
