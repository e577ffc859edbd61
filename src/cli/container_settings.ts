/** What flags say about a container, in the terms of the runtime. */

import { isAbsolute, resolve } from "@std/path";
import type { TemplateOptions } from "../runtime/make_template.ts";
import { type FlagValues, UsageError } from "./command.ts";
import { readEnv } from "./read_env.ts";
import type { CONTAINER_FLAGS } from "./table/container_flags.ts";

/** The values of the flags. */
export type ContainerFlags = FlagValues<typeof CONTAINER_FLAGS>;

/**
 * Turns flags into settings of a template.
 *
 * @param args The container's command; the image's if empty.
 * @throws {UsageError} If a value is malformed.
 */
export function containerSettings(
  flags: ContainerFlags,
  args: readonly string[],
): TemplateOptions {
  const { entrypoint, hostname, network, user, workdir } = flags;
  return {
    args: args.length > 0 ? args : undefined,
    entrypoint: entrypoint === undefined
      ? undefined
      : readEntrypoint(entrypoint),
    env: flags.env.map(readVariable),
    workdir,
    user,
    volumes: flags.volume.map(readVolume),
    network,
    terminal: flags.tty,
    readOnlyRoot: flags["read-only"],
    annotations: Object.fromEntries(flags.annotation.map(readPair)),
    ...(hostname === undefined ? {} : { hostname }),
  };
}

/** `NAME=VALUE`, or `NAME` for the value that orlop itself has. */
function readVariable(text: string): string {
  if (text.includes("=")) return text;
  const value = readEnv(text);
  if (value !== undefined) return `${text}=${value}`;
  throw new UsageError(
    `Cannot use "--env=${text}": orlop does not have this variable; write ` +
      `NAME=VALUE`,
  );
}

/** One word, or several as a JSON array; nothing is an empty one. */
function readEntrypoint(text: string): readonly string[] {
  if (!text.startsWith("[")) return text === "" ? [] : [text];
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((w) => typeof w === "string")) {
      return words;
    }
  } catch {
    // Told below, in words that fit the flag.
  }
  throw new UsageError(
    `Cannot use "--entrypoint=${text}": expected a JSON array of texts`,
  );
}

function readVolume(text: string): NonNullable<
  TemplateOptions["volumes"]
>[number] {
  const [source = "", target = "", mode = "rw", ...rest] = text.split(":");
  const isMode = mode === "rw" || mode === "ro";
  if (source === "" || target === "" || !isMode || rest.length > 0) {
    throw new UsageError(
      `Cannot use "--volume=${text}": write SOURCE:TARGET or ` +
        `SOURCE:TARGET:ro`,
    );
  }
  if (!isAbsolute(source) && !source.startsWith(".")) {
    throw new UsageError(
      `Cannot use "--volume=${text}": orlop has no named volumes; write a ` +
        `path, such as ./${source}`,
    );
  }
  const access = mode === "ro" ? "read-only" : "read-write";
  return { source: resolve(source), target, access };
}

/** Splits `NAME=VALUE`. @throws {UsageError} If there is no `=`. */
export function readPair(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new UsageError(`Cannot use "${text}": write NAME=VALUE`);
}
