/** A home and a runtime folder, in which orlop and its peers log in. */

import { toBytes } from "../../../src/formats/bytes.ts";
import { trustedDir } from "../trusted_dir.ts";
import { ORLOP, type ProgramResult } from "./orlop_program.ts";

/** A place that is removed when its scope ends. */
export interface LoginPlace extends Disposable {
  /** Names a path inside of it. */
  join(...parts: string[]): string;
  /** Where podman and orlop write if nothing else is named. */
  readonly authFile: string;
  /** What programs get for an environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a program in this environment; orlop by `"orlop"`. */
  run(
    program: string,
    args: readonly string[],
    options?: LoginRunOptions,
  ): Promise<ProgramResult>;
  /** The credential file; undefined if there is none. */
  readAuthFile(path?: string): Promise<AuthJson | undefined>;
}

/** Options of {@linkcode LoginPlace.run}. */
export interface LoginRunOptions {
  /** What it reads; nothing if left out. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The content of a credential file. */
export interface AuthJson {
  readonly auths: Readonly<
    Record<string, { readonly auth?: string; readonly identitytoken?: string }>
  >;
  readonly [key: string]: unknown;
}

/** Makes a place without any logins. */
export function loginPlace(): LoginPlace {
  const dir = trustedDir();
  Deno.mkdirSync(dir.join("home"));
  Deno.mkdirSync(dir.join("run"), { mode: 0o700 });
  const env = {
    PATH: `${dir.join("bin")}:${Deno.env.get("PATH") ?? ""}`,
    HOME: dir.join("home"),
    "XDG_RUNTIME_DIR": dir.join("run"),
    ORLOP_DENO: Deno.execPath(),
    ORLOP_ROOT: dir.join("root"),
    ORLOP_RUNROOT: dir.join("runroot"),
    NO_COLOR: "1",
  };
  const authFile = dir.join("run/containers/auth.json");
  return {
    join: dir.join,
    authFile,
    env,
    async run(program, args, options = {}) {
      const child = new Deno.Command(program === "orlop" ? ORLOP : program, {
        args: [...args],
        clearEnv: true,
        env: { ...env, ...options.env },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const input = new Blob([toBytes(options.input ?? "")]).stream();
      const fed = input.pipeTo(child.stdin).catch(() => {
        // It has ended before it has read all, and tells by its exit code.
      });
      const [{ code, stdout, stderr }] = await Promise.all([
        child.output(),
        fed,
      ]);
      return { code, out: textOf(stdout), err: textOf(stderr) };
    },
    async readAuthFile(path = authFile) {
      try {
        return JSON.parse(await Deno.readTextFile(path));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return undefined;
        throw error;
      }
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trimEnd();
}
