/** Aliases of short names: containers-registries.conf(5), `[aliases]`. */

import { stringify } from "smol-toml";
import { messageOf } from "../../errors/why.ts";
import { asStringMap, optional } from "../json.ts";
import {
  isShortName,
  parseReference,
  splitReference,
} from "../oci/reference.ts";
import { malformed, parseTomlFile } from "./toml_file.ts";

/** What a short name stands for. */
export interface Alias {
  /** A full name without tag or digest; empty if an alias was taken back. */
  readonly name: string;
  /** The file that says so. */
  readonly source: string;
}

/**
 * Reads a file of aliases alone, as podman writes it.
 *
 * @throws {SyntaxError} If it is malformed; names the file.
 */
export function parseAliases(
  text: string,
  path: string,
): ReadonlyMap<string, Alias> {
  return readAliases(parseTomlFile(text, path)["aliases"], path);
}

/** The text that {@linkcode parseAliases} reads. */
export function formatAliases(aliases: ReadonlyMap<string, Alias>): string {
  const names = [...aliases].toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([short, { name }]) => [short, name]);
  return stringify({ aliases: Object.fromEntries(names) });
}

/**
 * Reads a table of aliases.
 *
 * @throws {SyntaxError} If some are no use; tells all of them.
 */
export function readAliases(
  table: unknown,
  path: string,
): ReadonlyMap<string, Alias> {
  const what = `"${path}", aliases`;
  const entries = Object.entries(optional(table, what, asStringMap) ?? {});
  const problems = entries.flatMap(([short, name]) =>
    findProblem(short, name) ?? []
  );
  if (problems.length > 0) throw malformed(what, problems.join("; "));
  return new Map(
    entries.map(([short, name]) => [short, { name, source: path }]),
  );
}

/** One that names no registry would stand for whatever docker.io has. */
function findProblem(short: string, name: string): string | undefined {
  const hasVersion = [short, name].map(splitReference)
    .some(({ tag, digest }) => (tag ?? digest) !== undefined);
  if (hasVersion) {
    return `"${short}" and "${name}" must have no tag or digest`;
  }
  if (!isShortName(short)) {
    return `"${short}" is no short name: it names a registry`;
  }
  if (name !== "" && isShortName(name)) {
    return `"${short}" stands for "${name}", which names no registry`;
  }
  const problem = findSyntaxProblem(short);
  return problem ?? (name === "" ? undefined : findSyntaxProblem(name));
}

function findSyntaxProblem(text: string): string | undefined {
  try {
    parseReference(text);
    return undefined;
  } catch (error) {
    return messageOf(error).replace(/^Cannot parse reference /, "");
  }
}
