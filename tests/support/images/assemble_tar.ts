/** Makes a layer's archive again, as podman does when it pushes one. */

import { assertEquals } from "@std/assert";
import { posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Bytes, concatBytes, toText } from "../../../src/formats/bytes.ts";
import { createCrc64 } from "../../../src/formats/tar/crc64.ts";

/**
 * Puts an archive together from tar-split and unpacked files.
 *
 * @throws {Error} If a name occurs twice, or a file has other content.
 */
export function assembleTar(tarSplitPath: string, diffPath: string): Bytes {
  const text = toText(gunzipSync(Deno.readFileSync(tarSplitPath)));
  const names = new Set<string>();
  const parts: Bytes[] = [];
  for (const [index, line] of text.trimEnd().split("\n").entries()) {
    if (line === "") continue;
    const { type, payload, position, size = 0, ...rest } = JSON.parse(line);
    assertEquals(position, index);
    if (type === 2) {
      parts.push(Uint8Array.fromBase64(payload));
      continue;
    }
    const { name = "", "name_raw": raw } = rest;
    const clean = raw ?? posix.normalize(name).replace(/(.)\/$/, "$1");
    if (names.has(clean)) throw new Error(`name twice: ${clean}`);
    names.add(clean);
    if (payload === null || size === 0) continue;
    const content = raw === undefined
      ? Deno.readFileSync(`${diffPath}/${name}`)
      : readRawName(raw, diffPath);
    const crc = createCrc64();
    crc.update(content);
    assertEquals([name, content.length, crc.toBase64()], [name, size, payload]);
    parts.push(content);
  }
  return concatBytes(parts);
}

/** Names that are no text can be said to no program but a shell. */
function readRawName(raw: string, directory: string): Bytes {
  const octal = Array.from(
    Uint8Array.fromBase64(raw),
    (byte) => `\\0${byte.toString(8)}`,
  );
  const { stdout } = new Deno.Command("sh", {
    args: ["-c", `cat "$(printf %b '${octal.join("")}')"`],
    cwd: directory,
  }).outputSync();
  return new Uint8Array(stdout);
}
