/**
 * Lists of network plugins, as `/etc/cni/net.d` has them: Container Network Interface
 * specification 1.1.0, section 1; 0.3.0 and later are read as well.
 */

import {
  asArray,
  asBoolean,
  asObject,
  asString,
  asStrings,
  type JsonObject,
  optional,
  parseJson,
  refuseCaseVariants,
} from "../json.ts";

/** A network: plugins that are run one after another. */
export interface NetworkList {
  /** Unique on the host; address leases are stored by it. */
  readonly name: string;
  /** The CNI version for all plugins. */
  readonly cniVersion: string;
  /** Whether CHECK is disabled. */
  readonly disableCheck: boolean;
  /** Whether GC is disabled. */
  readonly disableGc: boolean;
  /** In the order of ADD; one at least. */
  readonly plugins: readonly NetworkPlugin[];
}

/** A plugin with its settings. */
export interface NetworkPlugin {
  /** The name of its program. */
  readonly type: string;
  /** The capabilities for runtime data that it supports. */
  readonly capabilities: ReadonlySet<string>;
  /** Its full configuration. */
  readonly settings: JsonObject;
}

// Nobody writes as much by hand.
const MAX_SIZE = 1024 * 1024;
// The supported versions, oldest first; 0.1.0 and 0.2.0 have another result format.
const VERSIONS = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;
const LIST_KEYS = [
  ...["cniVersion", "cniVersions", "name", "plugins"],
  ...["disableCheck", "disableGC", "loadOnlyInlinedPlugins"],
];
const PLUGIN_KEYS = ["type", "capabilities", "name", "cniVersion"];
// Section 1 of the specification; and what may be the name of a directory.
const NETWORK_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
// No path: plugins are looked for in the folders that are named for them.
const PLUGIN_TYPE = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/**
 * Parses a list of plugins, or the settings of a single one (`*.conf`).
 *
 * @param what What is being read, for errors, such as the path in quotes.
 * @throws {SyntaxError} If it is malformed, or of a version that orlop does not
 *   speak.
 */
export function parseNetworkList(text: string, what: string): NetworkList {
  const value = parseJson(text, what, {
    maxSize: MAX_SIZE,
    numbers: "as-written",
  });
  const object = asObject(value, what);
  const isSingle = object["plugins"] === undefined && "type" in object;
  refuseCaseVariants(object, what, isSingle ? PLUGIN_KEYS : LIST_KEYS);
  const plugins = isSingle
    ? [parsePlugin(object, what)]
    : asArray(object["plugins"], `${what}, plugins`)
      .map((plugin, index) => parsePlugin(plugin, `${what}, plugin ${index}`));
  if (plugins.length === 0) throw unreadable(what, "it names no plugin");
  return {
    name: parseName(object["name"], what),
    cniVersion: chooseVersion(object, what),
    disableCheck: isSet(object, "disableCheck", what),
    disableGc: isSet(object, "disableGC", what),
    plugins,
  };
}

function parsePlugin(value: unknown, what: string): NetworkPlugin {
  const settings = asObject(value, what);
  refuseCaseVariants(settings, what, PLUGIN_KEYS);
  const type = asString(settings["type"], `${what}, type`);
  if (!PLUGIN_TYPE.test(type)) {
    throw unreadable(what, `"${type}" is not the name of a plugin`);
  }
  const capabilities =
    optional(settings["capabilities"], `${what}, capabilities`, asObject) ?? {};
  const wanted = Object.keys(capabilities)
    .filter((name) => isSet(capabilities, name, `${what}, capabilities`));
  return { type, capabilities: new Set(wanted), settings };
}

function parseName(value: unknown, what: string): string {
  const name = asString(value, `${what}, name`);
  if (NETWORK_NAME.test(name)) return name;
  throw unreadable(what, `"${name}" is not the name of a network`);
}

/** The newest version that both support; if omitted, 0.1.0. */
function chooseVersion(object: JsonObject, what: string): string {
  const one = optional(object["cniVersion"], `${what}, cniVersion`, asString);
  const several =
    optional(object["cniVersions"], `${what}, cniVersions`, asStrings) ?? [];
  const offered = [...several, ...one === undefined ? [] : [one]];
  const chosen = VERSIONS.findLast((version) => offered.includes(version));
  if (chosen !== undefined) return chosen;
  const got = offered.map((version) => `"${version}"`).join(", ") || "none";
  throw unreadable(
    what,
    `expected a CNI version of ${VERSIONS.join(", ")}, got ${got}`,
  );
}

function isSet(object: JsonObject, key: string, what: string): boolean {
  return optional(object[key], `${what}, ${key}`, asFlag) ?? false;
}

/** Early versions of libcni used strings for flags; some files still do. */
function asFlag(value: unknown, what: string): boolean {
  if (value === "true" || value === "false") return value === "true";
  return asBoolean(value, what);
}

function unreadable(what: string, why: string): SyntaxError {
  return new SyntaxError(`Cannot read ${what}: ${why}`);
}
