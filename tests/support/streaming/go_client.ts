/** The client of client/main.go: streams as kubectl and crictl do. */

import { join } from "@std/path";
import type { Bytes } from "../../../src/formats/bytes.ts";

/** How a client ended, and what it got. */
export interface ClientResult {
  readonly code: number;
  readonly stdout: Bytes;
  readonly stderr: string;
}

let built: Promise<string> | undefined;

/** Builds it, once a process, and returns its path. */
export function buildGoClient(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "orlop-client-" });
  addEventListener("unload", () => {
    Deno.removeSync(folder, { recursive: true });
  });
  const path = join(folder, "client");
  const { code, stderr } = await new Deno.Command("go", {
    args: ["build", "-o", path, "."],
    cwd: join(import.meta.dirname ?? "", "client"),
    env: { GOTOOLCHAIN: "auto" },
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return path;
}

/** Runs it to its end. */
export async function runGoClient(
  args: readonly string[],
  stdin?: Uint8Array,
): Promise<ClientResult> {
  const child = new Deno.Command(await buildGoClient(), {
    args: [...args],
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(stdin);
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  return { code, stdout, stderr: new TextDecoder().decode(stderr) };
}
