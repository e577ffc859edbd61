/** The command line on a store of its own, in this process: nothing is started. */

import { runCli } from "../../src/cli/run_cli.ts";
import { memoryTerminal } from "./memory/memory_terminal.ts";
import { libc } from "./own_libc.ts";
import { containerOptions, testPod, type TestRuntime } from "./test_runtime.ts";

/** What a command did. */
export interface Ran {
  readonly code: number;
  /** Lines on stdout, */
  readonly out: readonly string[];
  /** and on stderr. */
  readonly err: readonly string[];
}

/** A store with an image, a pod "web" and in it a container "server". */
export interface CliStore extends Disposable {
  readonly test: TestRuntime;
  readonly imageId: string;
  readonly containerId: string;
  /** Runs a command: `orlop("image ls --format json")`. */
  orlop(line: string): Promise<Ran>;
  /** What a command printed as JSON. */
  json<T>(line: string): Promise<T>;
}

// Of a line; a template, in braces, may have blanks in it.
const WORDS = /(?:\{\{.*?\}\}|\S)+/g;

/** Opens one: `using store = await cliStore();`. */
export async function cliStore(): Promise<CliStore> {
  const test = await testPod({ libc });
  const { id } = await test.runtime.createContainer(containerOptions());
  const { root, runRoot } = test.agent.store.paths;
  const place = ["--root", root, "--runroot", runRoot];
  const orlop = async (line: string) => {
    const terminal = memoryTerminal();
    const args = [...place, ...line.match(WORDS) ?? []];
    const code = await runCli(args, { terminal, libc, permissions: "keep" });
    return { code, out: terminal.printed, err: terminal.told };
  };
  return {
    ...{ test, imageId: test.imageId, containerId: id, orlop },
    json: async (line) => JSON.parse((await orlop(line)).out.join("\n")),
    [Symbol.dispose]: () => test[Symbol.dispose](),
  };
}
