/** Network plugins that note how they are called, and answer as a test wants it. */

import { type TempDir, tempDir } from "../temp_dir.ts";

/** How a plugin was called. */
export interface PluginCallNote {
  readonly type: string;
  readonly verb: string;
  /** What it read. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Of its environment, what begins with `CNI_`. */
  readonly env: Readonly<Record<string, string>>;
}

/** A folder of plugins, and one of networks. */
export interface FakePlugins extends Disposable {
  readonly dir: TempDir;
  readonly settings: {
    readonly configDirectory: string;
    readonly pluginDirectories: readonly string[];
    readonly timeoutMs: number;
  };
  /**
   * Adds a plugin.
   *
   * @param script Runs when it has noted its call; `$1` is its input.
   */
  add(type: string, script?: string): void;
  /** Describes a network, in a file of this name. */
  describe(file: string, network: unknown): void;
  /** All calls so far. */
  listCalls(): readonly PluginCallNote[];
}

/** Makes them: `using plugins = fakePlugins();`. */
export function fakePlugins(): FakePlugins {
  // Others may change what is in /tmp, and so it would not be run.
  const dir = tempDir(Deno.uid() === 0 ? "/root" : undefined);
  const [plugins, networks] = [dir.join("bin"), dir.join("net.d")];
  const calls = dir.join("calls");
  for (const path of [plugins, networks, calls]) Deno.mkdirSync(path);
  return {
    dir,
    settings: {
      configDirectory: networks,
      pluginDirectories: [dir.join("none"), plugins],
      timeoutMs: 5_000,
    },
    add(type, script = "printf '{}'") {
      Deno.writeTextFileSync(
        `${plugins}/${type}`,
        `#!/bin/sh
note=${calls}/$(date +%s%N)
cat >"$note.in"
env | grep ^CNI_ >"$note.env"
echo ${type} >"$note.type"
set -- "$(cat "$note.in")"
${script}
`,
        { mode: 0o755 },
      );
    },
    describe(file, network) {
      const text = typeof network === "string"
        ? network
        : JSON.stringify(network);
      Deno.writeTextFileSync(`${networks}/${file}`, text);
    },
    listCalls() {
      return [...Deno.readDirSync(calls)].map(({ name }) => name)
        .filter((name) => name.endsWith(".type")).toSorted()
        .map((name) => readCall(`${calls}/${name.replace(/\.type$/, "")}`));
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

function readCall(path: string): PluginCallNote {
  const env = Object.fromEntries(
    Deno.readTextFileSync(`${path}.env`).trim().split("\n").map((line) => {
      const end = line.indexOf("=");
      return [line.slice(0, end), line.slice(end + 1)];
    }),
  );
  return {
    type: Deno.readTextFileSync(`${path}.type`).trim(),
    verb: env["CNI_COMMAND"] ?? "",
    input: JSON.parse(Deno.readTextFileSync(`${path}.in`)),
    env,
  };
}
