/** `orlop version`, and `orlop --version`. */

import project from "../../../deno.json" with { type: "json" };
import type { Call } from "../command.ts";
import type { GoStruct } from "../render/template/go_values.ts";
import type { Terminal } from "../render/terminal.ts";
import type { VERSION } from "../table/other_commands.ts";

interface Project {
  readonly version: string;
  /** Added by scripts/build. */
  readonly commit?: string;
}

/** Prints the version. */
export async function run(
  { flags, terminal }: Call<typeof VERSION>,
): Promise<void> {
  const { version, commit = "" }: Project = project;
  const platform = `${Deno.build.os}/${architecture()}`;
  // Absent if it is `orlop --version`, which has no flags of its own.
  if (flags.format === undefined) {
    return terminal.print(`orlop version ${version}`);
  }
  const { deno, v8 } = Deno.version;
  if (flags.format !== "text") {
    const client = describeClient({ version, commit });
    const all = { version, commit, platform, deno, v8, Client: client };
    return await showAs(flags.format, all, terminal);
  }
  terminal.print(`Version:   ${version}`);
  terminal.print(`Commit:    ${commit || "not known, this is a checkout"}`);
  terminal.print(`Platform:  ${platform}`);
  terminal.print(`Deno:      ${deno} (V8 ${v8})`);
}

async function showAs(
  format: string,
  all: GoStruct,
  terminal: Terminal,
): Promise<void> {
  // Loaded here only: starts are quick.
  const { checkFormat, showJson } = await import("../render/show_list.ts");
  const { isTemplate, readTemplate } = await import(
    "../render/template/read_format.ts"
  );
  checkFormat(format, { plain: "text" });
  return isTemplate(format)
    ? terminal.print(readTemplate(format)([all]))
    : showJson(all, terminal);
}

/** The members that scripts for podman use. */
function describeClient({ version, commit = "" }: Project) {
  const { os } = Deno.build;
  return {
    Version: version,
    APIVersion: version,
    GitCommit: commit,
    OsArch: `${os}/${architecture()}`,
    Os: os,
  };
}

/** The name that images use. */
function architecture(): string {
  const names = { "x86_64": "amd64", aarch64: "arm64" };
  return names[Deno.build.arch];
}
