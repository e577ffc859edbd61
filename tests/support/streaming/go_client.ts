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
    try {
      Deno.removeSync(folder, { recursive: true });
    } catch {
      // Somebody has tidied up.
    }
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

/** One that forwards a port. */
export interface GoForwarder extends AsyncDisposable {
  /** The port that it listens on, at 127.0.0.1. */
  readonly port: number;
  /** Settles with what it said when it has ended. */
  readonly stderr: Promise<string>;
}

/** Has it forward a port, until it is disposed of. */
export async function startGoForwarder(
  args: readonly string[],
): Promise<GoForwarder> {
  const child = new Deno.Command(await buildGoClient(), {
    args: ["ports", ...args],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  if (value === undefined) throw new Error(await stderr);
  return {
    port: Number(new TextDecoder().decode(value)),
    stderr,
    async [Symbol.asyncDispose]() {
      await child.stdin.close().catch(() => {}); // It has ended by itself.
      await child.status;
      await reader.cancel();
      await stderr;
    },
  };
}
