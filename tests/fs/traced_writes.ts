/** What reaches the disk, and in which order, as the kernel sees it. */

import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { tempDir } from "../support/temp_dir.ts";

const SOURCE = fromFileUrl(new URL("../../src", import.meta.url));

/** Runs a script with these modules. @returns What it did to files in `dir`. */
export async function trace(
  dir: string,
  script: string,
): Promise<readonly string[]> {
  using work = tempDir();
  await Deno.writeTextFile(
    work.join("script.ts"),
    `import * as write from "${SOURCE}/fs/write_atomically.ts";
     import * as sync from "${SOURCE}/fs/sync.ts";
     import { StagedFiles } from "${SOURCE}/fs/staged_files.ts";
     import { openDiskImages } from "${SOURCE}/store/disk_images.ts";
     import { layOut } from "${SOURCE}/store/paths.ts";
     const dir = ${JSON.stringify(dir)};\n${script}`,
  );
  const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
  const { success, stderr } = await new Deno.Command("strace", {
    args: [
      ...["-f", "-qq", "-y", "-o", work.join("trace")],
      "--trace=fsync,fdatasync,rename,write,pwrite64",
      ...[Deno.execPath(), "run", "--allow-all", "--no-check", "--quiet"],
      ...["--config", config, work.join("script.ts")],
    ],
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return (await Deno.readTextFile(work.join("trace"))).split("\n")
    .filter((line) => line.includes(dir))
    .map((line) =>
      line.replace(/^\d+ +/, "")
        .replace(/^(\w+)\((?:\d+<|")([^>"]*)[>"].*/, "$1 $2")
        .replace(/^pwrite64/, "write")
        .replace(`${dir}`, "DIR").replace(/\.tmp-(\w+?)\d+$/, "TEMP-$1")
    );
}
