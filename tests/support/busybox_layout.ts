/** A small image that can run: Debian's static busybox, as an OCI layout. */

import { digestOf } from "../../src/formats/digest.ts";
import { writeLayout } from "./layer_layout.ts";

/** The programs that the image has. */
const APPLETS = ["sh", "echo", "cat", "ls", "id", "sleep", "true"];

/** Writes the layout; `busybox` has to be installed. */
export async function writeBusyboxLayout(directory: string): Promise<void> {
  const root = `${directory}.root`;
  await Deno.mkdir(`${root}/bin`, { recursive: true });
  await Deno.copyFile(await findBusybox(), `${root}/bin/busybox`);
  await Deno.chmod(`${root}/bin/busybox`, 0o755);
  for (const name of APPLETS) {
    await Deno.symlink("busybox", `${root}/bin/${name}`);
  }
  const { stdout } = await new Deno.Command("tar", {
    args: ["-C", root, "--owner=0", "--group=0", "-c", "bin"],
  }).output();
  await Deno.remove(root, { recursive: true });
  const blob = stdout;
  await writeLayout(directory, [{ blob, diffId: digestOf(blob) }]);
}

async function findBusybox(): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", "command -v busybox"],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
