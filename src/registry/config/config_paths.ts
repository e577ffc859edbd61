/**
 * Where configuration is: containers-config(5), podman 6's one rule for all its
 * files. The user's files take precedence over the administrator's, these over the
 * vendor's.
 */

import type { RegistriesConf } from "../../formats/config/registries_conf.ts";

/** The environment that determines the paths of configuration files. */
export interface ConfigEnvironment {
  /**
   * Values of {@linkcode ENVIRONMENT_NAMES}, where they are set.
   *
   * @default {none is set}
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * The user's ID.
   *
   * @default {0}
   */
  readonly uid?: number;
  /**
   * Where the host keeps its own.
   *
   * @default {"/etc"}
   */
  readonly systemDirectory?: string;
  /**
   * Where the distribution keeps its own.
   *
   * @default {"/usr/share"}
   */
  readonly vendorDirectory?: string;
  /**
   * Where podman notes short names, for root.
   *
   * @default {"/var/cache"}
   */
  readonly cacheDirectory?: string;
  /**
   * A cache of parsed registries.conf, so that one command reads it once.
   *
   * @default {none: the files are read again}
   */
  readonly readings?: Map<string, Promise<RegistriesConf>>;
}

/** A kind of configuration file. */
export interface ConfigKind {
  /** Without extension, such as `registries`. */
  readonly name: string;
  /** Such as `.conf`; folders without a main file have none. */
  readonly extension: string;
  /** Variables that name the one file to read; the first that is set counts. */
  readonly variables: readonly string[];
}

/** registries.conf: containers-registries.conf(5). */
export const REGISTRIES_CONF: ConfigKind = {
  name: "registries",
  extension: ".conf",
  variables: ["CONTAINERS_REGISTRIES_CONF", "REGISTRIES_CONFIG_PATH"],
};

/** storage.conf: containers-storage.conf(5). */
export const STORAGE_CONF: ConfigKind = {
  name: "storage",
  extension: ".conf",
  variables: ["CONTAINERS_STORAGE_CONF"],
};

const CERTS_D: ConfigKind = { name: "certs", extension: "", variables: [] };

/** The files of one kind, in the order of their use. */
export interface ConfigPaths {
  /** Folders of certificates, without the host's name. */
  readonly certs: readonly string[];
  /** Credential files. */
  readonly auth: readonly string[];
  /** Written by podman when a short name was chosen by hand. */
  readonly aliases: string;
}

/** The variables of the environment that name directories. */
const DIRECTORY_VARIABLES: readonly string[] = [
  "HOME",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "XDG_RUNTIME_DIR",
  "DOCKER_CONFIG",
];

/** Those that name files, and programs. */
export const FILE_VARIABLES: readonly string[] = [
  "REGISTRY_AUTH_FILE",
  "CONTAINERS_REGISTRIES_CONF",
  "CONTAINERS_REGISTRIES_CONF_OVERRIDE",
  "REGISTRIES_CONFIG_PATH",
  "CONTAINERS_STORAGE_CONF",
  "CONTAINERS_STORAGE_CONF_OVERRIDE",
  "ORLOP_HELPERS",
];

/** The variables of the environment that matter here. */
export const ENVIRONMENT_NAMES: readonly string[] = [
  ...DIRECTORY_VARIABLES,
  ...FILE_VARIABLES,
];

/** Finds the paths of configuration files. */
export function configPaths(environment: ConfigEnvironment): ConfigPaths {
  const { env = {}, uid = 0, systemDirectory = "/etc" } = environment;
  const { cacheDirectory = "/var/cache" } = environment;
  const cache = homePath(env, { variable: "XDG_CACHE_HOME", folder: ".cache" });
  return {
    certs: [
      ...dropInFolders(CERTS_D, environment),
      `${systemDirectory}/docker/certs.d`,
    ],
    auth: authPaths(environment, userFolder(environment)),
    aliases: uid === 0 || cache === undefined
      ? `${cacheDirectory}/containers/short-name-aliases.conf`
      : `${cache}/short-name-aliases.conf`,
  };
}

/** Where a main file may be; the first that is there is read, and no other. */
export function mainFiles(
  { name, extension }: ConfigKind,
  environment: ConfigEnvironment,
): readonly string[] {
  return [userFolder(environment), ...systemFolders(environment)]
    .flatMap((folder) => under(folder, `${name}${extension}`));
}

/**
 * The folders of drop-ins, in order of precedence: a file name is read only from
 * the first.
 */
export function dropInFolders(
  { name, extension }: ConfigKind,
  environment: ConfigEnvironment,
): readonly string[] {
  const { uid = 0 } = environment;
  const special = uid === 0
    ? [`${name}.rootful${extension}.d`]
    : [`rootless${extension}.d/${uid}`, `rootless${extension}.d`]
      .map((end) => `${name}.${end}`);
  const all = `${name}${extension}.d`;
  return [
    ...under(userFolder(environment), all),
    ...systemFolders(environment).flatMap((folder) =>
      [...special, all].map((end) => `${folder}/${end}`)
    ),
  ];
}

/** The administrator's folder, and the vendor's. */
function systemFolders(
  { systemDirectory = "/etc", vendorDirectory = "/usr/share" }:
    ConfigEnvironment,
): readonly string[] {
  return [`${systemDirectory}/containers`, `${vendorDirectory}/containers`];
}

function userFolder({ env = {} }: ConfigEnvironment): string | undefined {
  return homePath(env, { variable: "XDG_CONFIG_HOME", folder: ".config" });
}

function authPaths(
  { env = {}, uid = 0 }: ConfigEnvironment,
  user: string | undefined,
): readonly string[] {
  const named = env["REGISTRY_AUTH_FILE"];
  if (named) return [named];
  // podman, skopeo and buildah look at no other, either.
  const docker = env["DOCKER_CONFIG"];
  if (docker) return [`${docker}/config.json`];
  const home = env["HOME"];
  const runtime = env["XDG_RUNTIME_DIR"];
  return [
    runtime === undefined
      ? `/run/containers/${uid}/auth.json`
      : `${runtime}/containers/auth.json`,
    ...under(user, "auth.json"),
    ...under(home, ".docker/config.json"),
    ...under(home, ".dockercfg"),
  ];
}

function homePath(
  env: Readonly<Record<string, string | undefined>>,
  { variable, folder }: { variable: string; folder: string },
): string | undefined {
  const base = env[variable] ??
    (env["HOME"] === undefined ? undefined : `${env["HOME"]}/${folder}`);
  return base === undefined ? undefined : `${base}/containers`;
}

function under(folder: string | undefined, name: string): readonly string[] {
  return folder === undefined ? [] : [`${folder}/${name}`];
}
