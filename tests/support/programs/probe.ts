/**
 * Tries what a part of orlop may not do, and prints as JSON how each attempt
 * ended: "done", or the name of the error. The launcher runs it in place of
 * `main.ts`.
 */

import { COMMANDS } from "../../../src/cli/command_table.ts";
import { dropPermissions } from "../../../src/cli/drop_permissions.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";

/** What to try. */
export interface Attempts {
  /** A server that answers, and another. */
  readonly hosts: readonly string[];
  /** Files to read. */
  readonly reads: readonly string[];
  /** Files to write. */
  readonly writes: readonly string[];
  /** Programs to run with `--version`. */
  readonly programs: readonly string[];
}

/** How each attempt ended, by what was tried. */
export type Outcomes = Readonly<Record<string, string>>;

/** Tries it all. */
export async function attempt(attempts: Attempts): Promise<Outcomes> {
  const { hosts, reads, writes, programs } = attempts;
  const tries: Record<string, () => unknown> = {
    ffi: () => Deno.dlopen("/lib/x86_64-linux-gnu/libc.so.6", {}),
    "env PATH": () => Deno.env.get("PATH"),
    hostname: () => Deno.hostname(),
    "worker with more": () =>
      new Worker(new URL("data:text/javascript,"), {
        type: "module",
        deno: { permissions: { ffi: true } },
      }),
  };
  for (const host of hosts) {
    tries[`fetch ${host}`] = async () => {
      await (await fetch(`http://${host}/`)).body?.cancel();
    };
    tries[`connect ${host}`] = async () => {
      const [hostname = "", port] = host.split(":");
      (await Deno.connect({ hostname, port: Number(port) })).close();
    };
  }
  for (const path of reads) {
    tries[`read ${path}`] = () => Deno.readTextFileSync(path);
  }
  for (const path of writes) {
    tries[`write ${path}`] = () => Deno.writeTextFileSync(path, "");
  }
  for (const program of programs) {
    tries[`run ${program}`] = () =>
      new Deno.Command(program, { args: ["--version"] }).output();
  }
  const outcomes: Record<string, string> = {};
  for (const [name, act] of Object.entries(tries)) {
    outcomes[name] = await outcomeOf(act);
  }
  return outcomes;
}

async function outcomeOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return "done";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

if (import.meta.main) {
  const libc = takeLibc();
  const [words = "", attempts = "{}"] = Deno.args.slice(-2);
  const path = words.split(" ");
  const command = path.reduce(
    (group, word) =>
      group.commands?.find(({ name, aliases = [] }) =>
        [name, ...aliases].includes(word)
      ) ?? group,
    COMMANDS,
  );
  dropPermissions(command);
  const outcomes = await attempt(JSON.parse(attempts));
  const first = libc === undefined ? "absent" : "bound";
  // deno-lint-ignore no-console -- its caller reads it
  console.log(JSON.stringify({ ...outcomes, libc: first }));
}
