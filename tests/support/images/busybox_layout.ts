/** A small image that can run: Debian's static busybox, as an OCI layout. */

import type { Bytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { writeLayout } from "./layer_layout.ts";

/** The programs that the image has. */
const APPLETS = [
  ...["sh", "echo", "cat", "ls", "id", "sleep", "true"],
  ...["cut", "touch", "hostname"],
];

/** What an image has besides the programs. */
export interface BusyboxOptions {
  /** Archives of further layers. */
  readonly layers?: readonly Bytes[];
  /** The `config` member of its config. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Writes the layout; `busybox` has to be installed. */
export async function writeBusyboxLayout(
  directory: string,
  options: BusyboxOptions = {},
): Promise<void> {
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
  const layers = [stdout, ...options.layers ?? []]
    .map((blob) => ({ blob, diffId: digestOf(blob) }));
  await writeLayout(directory, layers, options.config);
}

async function findBusybox(): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", "command -v busybox"],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
