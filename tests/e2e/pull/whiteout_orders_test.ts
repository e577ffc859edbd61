/** Layers with whiteouts in every order, looked at through overlayfs. */

import { assert, assertEquals } from "@std/assert";
import { applySpool } from "../../../src/unpack/apply_spool.ts";
import { unpackBlob } from "../../../src/unpack/unpack_blob.ts";
import { archive, dir, type Member } from "../../support/images/tar_builder.ts";
import {
  listWhiteoutCases,
  WHITEOUT_LOWER,
  type WhiteoutCase,
} from "../../support/images/whiteout_cases.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const CASES = [...listWhiteoutCases()];

Deno.test("unpackLayer() hides lower entries only, in whatever order", {
  ...needs("root", "tar", "mount", "umount", "find"),
}, async (t) => {
  assert(CASES.length > 1000);
  using outer = tempDir();
  for (const path of ["lower", "staging", "merged"]) {
    await Deno.mkdir(outer.join(path), { mode: 0o755 });
  }
  for (const [index] of CASES.entries()) {
    for (const [path, content] of WHITEOUT_LOWER) {
      const place = outer.join("lower", String(index), path);
      if (path.endsWith("/")) await Deno.mkdir(place, { recursive: true });
      else await Deno.writeTextFile(place, content);
    }
  }
  // One layer with all cases, each in a directory of its own.
  const unpacker = unpackBlob({ directory: outer.join("staging") });
  for (const [index, { members }] of CASES.entries()) {
    unpacker.write(toLayer(index, members));
  }
  unpacker.write(archive());
  unpacker.finish();
  await applySpool(
    outer.join("staging"),
    (args) => run("tar", args),
  );
  const layers = `lowerdir=${outer.join("staging", "diff")}:${
    outer.join("lower")
  }`;
  const target = outer.join("merged");
  await run("mount", ["-t", "overlay", "overlay", "-o", layers, target]);
  try {
    const found = await listAll(target);
    for (const [index, wanted] of CASES.entries()) {
      if (sameTree(found.get(String(index)) ?? [], wanted)) continue;
      await t.step(wanted.name, () => {
        assertEquals(found.get(String(index)) ?? [], wanted.expected);
      });
    }
  } finally {
    await run("umount", [target]);
  }
});

function sameTree(
  found: readonly string[],
  { expected }: WhiteoutCase,
): boolean {
  return JSON.stringify(found) === JSON.stringify(expected);
}

function toLayer(index: number, members: readonly Member[]) {
  const moved = members.map((member) => ({
    ...member,
    name: `${index}/${member.name}`,
    ...(member.type === "1" && { linkName: `${index}/${member.linkName}` }),
  }));
  // Without what ends an archive.
  return archive(dir(`${index}/`), ...moved).slice(0, -1024);
}

/** What is there, by the first part of its path. */
async function listAll(root: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const listed = await run("find", [
    ...[root, "-mindepth", "2", "-printf"],
    "%P\\t%y\\t%l\\0",
  ]);
  for (const line of listed.split("\0").slice(0, -1)) {
    const [path = "", type, link] = line.split("\t");
    const slash = path.indexOf("/");
    const what = type === "d"
      ? "/"
      : type === "l"
      ? `-> ${link}`
      : type === "f"
      ? await Deno.readTextFile(`${root}/${path}`)
      : type;
    const name = path.slice(0, slash);
    const tree = found.get(name) ?? [];
    found.set(name, tree);
    tree.push(`${path.slice(slash + 1)} ${what}`);
  }
  for (const tree of found.values()) tree.sort();
  return found;
}

async function run(
  program: string,
  args: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { "LC_ALL": "C" },
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`${program}: ${decoder.decode(stderr)}`);
  return program === "tar" ? decoder.decode(stderr) : decoder.decode(stdout);
}
