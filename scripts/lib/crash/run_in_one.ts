/** Runs orlop's commands in one process: a tenth of the time of a program each. */

import { fromFileUrl } from "@std/path";
import { lines } from "../../../tests/support/programs/lines.ts";
import type { ProgramResult } from "../../../tests/support/programs/orlop_program.ts";
import type { SharedStore } from "../../../tests/support/programs/shared_store.ts";

// What these start calls the program that they were.
const STARTS_PROGRAMS = /^(run|pod start) /;

/**
 * Gives a store commands that run in one process: a daemon's, that sees what others,
 * which may be killed, did to the store.
 */
export function runInOne<S extends SharedStore>(store: S): S {
  const server = startServer();
  const place = ["--root", store.root, "--runroot", store.runRoot];
  const tryOrlop: SharedStore["tryOrlop"] = (...args) =>
    STARTS_PROGRAMS.test(args.join(" "))
      ? store.tryOrlop(...args)
      : server.run([...place, ...args]);
  return {
    ...store,
    tryOrlop,
    async orlop(...args) {
      const { code, out, err } = await tryOrlop(...args);
      if (code === 0) return out;
      throw new Error(`orlop ${args.join(" ")}: code ${code}: ${err}; ${out}`);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Runs one command at a time. */
interface CommandServer extends AsyncDisposable {
  run(args: readonly string[]): Promise<ProgramResult>;
}

function startServer(): CommandServer {
  const program = new URL("command_server.ts", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", fromFileUrl(program)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const results = lines(child.stdout);
  return {
    async run(args) {
      await writer.write(new TextEncoder().encode(JSON.stringify(args) + "\n"));
      const { value } = await results.next();
      if (value === undefined) throw new Error(`it ended: ${args.join(" ")}`);
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      await writer.close().catch(() => {}); // it has ended
      await child.status;
      await results.return();
    },
  };
}
